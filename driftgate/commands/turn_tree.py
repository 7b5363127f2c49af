"""A turn of an agent as a tree of lines: its model calls, and below each what the agent did then."""

from collections.abc import Iterator, Sequence
from typing import Any

from driftgate.commands.values import counted
from driftgate.proxy.agent.dialects.lines import DONE, GIVEN
from driftgate.proxy.agent.item_rows import IN_PROGRESS
from driftgate.proxy.agent.steps import Kind
from driftgate.proxy.harmless import harmless, one_line
from driftgate.proxy.history.agent_turns import Row, Turn, placed
from driftgate.proxy.units import span
from driftgate.replay.report.columns import shorten

SHOWN = 200  # model calls, and items of one, that are shown unless all are asked for
_TITLE = 160  # characters of what an item is about
_BRANCH, _LAST, _STEM, _GAP = "├─ ", "└─ ", "│  ", "   "
_INDENT = "    "
_FAILED = 400  # and above: statuses that are no answer


def turn_lines(
    turns: Sequence[Turn], *, full: bool = False, room: int | None = None
) -> Iterator[str]:
    """The lines of all turns of a call; harmless.

    Args:
        turns: the call's.
        full: all that was done, with its texts.
        room: the terminal's width, at which branches are cut unless all is to be shown; None: never.
    """
    for turn in turns:
        yield from ("", f"== {_title(turn, several=len(turns) > 1)}")
        yield from (_INDENT + line for line in _facts(turn))
        for line in _tree(turn, full=full):
            yield line if full or room is None else shorten(line, room)


def _title(turn: Turn, *, several: bool) -> str:
    if turn.row is None:
        return f"part of this call: {counted(len(turn.calls), 'call')}"
    row = turn.row
    which = f"turn of {row['agent']}" + (f", attempt {row['attempt']}" if several else "")
    if row["status"] is None:
        return one_line(f"{which}: no end recorded, it was killed or still runs")
    took = (row["ended_at"] - row["started_at"]).total_seconds() * 1000
    return one_line(f"{which}: {row['status']} in {span(took)}")


def _facts(turn: Turn) -> Iterator[str]:
    row = turn.row
    if row is None:
        return
    yield _joined(
        f"Codex {row['codex_version'] or 'of unknown version'}, isolation {row['isolation']}",
        f"{row['model']} at {row['model_upstream']}",
        f"sandbox {row['sandbox']}",
        f"directory {row['workspace']}",
    )
    yield _joined(
        counted(max(row["model_calls"] or 0, _answered(turn.calls)), "model call"),
        *_tokens(row),
        f"thread {row['thread_id']}" if row["thread_id"] else "",
    )
    if row["error"]:
        yield one_line(f"{row['error_code']}, {row['fault']}: {row['error']}")


def _answered(calls: Sequence[Row]) -> int:
    """How many were answered: a `codex exec` tells of all its model calls as of one."""
    return sum(
        call["outcome"] == "completed" and (call["status"] or _FAILED) < _FAILED for call in calls
    )


def _joined(*parts: str) -> str:
    """The parts that say something, each harmless."""
    return "  ".join(said for part in parts if (said := one_line(part)))


def _tokens(row: Row) -> list[str]:
    names = {"in": "input", "cached": "cached", "out": "output", "reasoning": "reasoning"}
    told = [(word, row[f"{name}_tokens"]) for word, name in names.items()]
    return [f"{word} {count}" for word, count in told if count]


def _tree(turn: Turn, *, full: bool) -> Iterator[str]:
    """What came before the first model call stands at the root."""
    before, below = placed(turn)
    heads: list[tuple[str, list[Row]]] = [(_item(each), [each]) for each in before]
    heads += [(_call(call), items) for call, items in zip(turn.calls, below, strict=True)]
    shown = heads if full else heads[:SHOWN]
    for number, (head, items) in enumerate(shown):
        last = number == len(heads) - 1
        yield (_LAST if last else _BRANCH) + head
        stem = _GAP if last else _STEM
        if number < len(before):
            yield from _text(items[0], stem, full=full)
        else:
            yield from _items(items, stem, full=full)
    if len(heads) > len(shown):
        yield f"{_LAST}[... {len(heads) - len(shown)} more; --full shows all]"


def _items(items: list[Row], stem: str, *, full: bool) -> Iterator[str]:
    shown = items if full else items[:SHOWN]
    for number, item in enumerate(shown):
        last = number == len(items) - 1
        yield stem + (_LAST if last else _BRANCH) + _item(item)
        yield from _text(item, stem + (_GAP if last else _STEM), full=full)
    if len(items) > len(shown):
        yield f"{stem}{_LAST}[... {len(items) - len(shown)} more; --full shows all]"


def _call(call: Row) -> str:
    status = call["status"] if call["outcome"] == "completed" else call["outcome"]
    kind = "compaction" if call["request_kind"] == "compaction" else ""
    again = f"{call['attempts']} attempts" if (call["attempts"] or 0) > 1 else ""
    problem = call["error"] or call["answer_error"] or ""
    return _joined(
        str(call["call_id"]),
        kind,
        f"{call['model']} at {call['upstream']}",
        str(status),
        call["verdict"] or "",
        *_tokens(call),
        again,
        span(call["total_ms"]),
        f"! {problem[:_TITLE]}" if problem else "",
    )


def _item(item: Row) -> str:
    ended = "" if item["exit_code"] is None else f"exit {item['exit_code']}"
    return _joined(_told(item), _state(item), ended, span(item["duration_ms"]))


def _told(item: Row) -> str:
    kind, title, text = item["kind"], item["title"], item["text"]
    if kind == Kind.COMMAND:
        return f"$ {_short(title)}"
    if kind == Kind.FILE_CHANGE:
        pairs = zip(item["paths"] or (), item["changes"] or (), strict=False)
        return f"files: {_short(', '.join(f'{path} ({how})' for path, how in pairs) or title)}"
    if kind == Kind.APPROVAL:
        return f"approval {_decision(item['status'])}: {_short(title)}"
    said = kind in {Kind.MESSAGE, Kind.REASONING}  # their titles are their own beginning
    return f"{kind}: {_short((text or title) if said else (title or text))}"


def _decision(status: Any) -> str:
    return GIVEN if status == DONE else str(status)


def _state(item: Row) -> str:
    """How it went, where that is not what one expects and nothing else says it."""
    if item["status"] == IN_PROGRESS:
        return "not ended"
    told = item["kind"] in {Kind.APPROVAL, Kind.IGNORED} or item["exit_code"]
    return "" if told or item["status"] == DONE else str(item["status"])


def _short(text: Any) -> str:
    text = one_line((text or "")[: _TITLE * 2])
    return text if len(text) <= _TITLE else f"{text[:_TITLE]}..."


def _text(item: Row, stem: str, *, full: bool) -> Iterator[str]:
    """The item's text below it, where all is to be shown and there is more of it."""
    text = (item["text"] or "").rstrip("\r\n")
    if full and text and text != item["title"]:
        yield from (f"{stem}{_INDENT}{line}".rstrip() for line in harmless(text).split("\n"))
