"""From steps of a turn to rows of the history's `agent_item_rows`. Pure."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from driftgate.proxy.agent import mark
from driftgate.proxy.agent.asked import Json
from driftgate.proxy.agent.cleaned import Cleaner
from driftgate.proxy.agent.steps import Began, Item

Row = dict[str, Any]

IN_PROGRESS = "in_progress"  # the status of an item that has begun
TITLE_LIMIT = 1_000  # characters
PATHS_LIMIT = 500  # files of one item
_WORD_LIMIT = 64
_ID_LIMIT = 200
_INT32, _INT64 = 31, 63


def began_row(step: Began, clean: Cleaner) -> Row:
    """The row of an item that has begun."""
    title, item_id = clean(title=step.title, item_id=step.item)
    return _filled(
        kind=step.kind.value,
        item_id=item_id[:_ID_LIMIT],
        title=title[:TITLE_LIMIT],
        status=IN_PROGRESS,
    )


def item_row(item: Item, clean: Cleaner) -> Row:
    """The row of an item that is whole."""
    changes = item.changes[:PATHS_LIMIT]
    diffs = "\n".join(diff for *_, diff in changes)
    title, item_id, status, text, cwd, paths, kinds, data = clean(
        title=item.title,
        item_id=item.item,
        status=item.status,
        text=item.text or diffs,
        cwd=item.cwd,
        paths=[path for _, path, _ in changes],
        changes=[kind[:_WORD_LIMIT] for kind, *_ in changes],
        data=item.data,
    )
    together = min(len(paths), len(kinds))
    return _filled(
        kind=item.kind.value,
        item_id=item_id[:_ID_LIMIT],
        title=title[:TITLE_LIMIT],
        status=status[:_WORD_LIMIT] or "completed",
        exit_code=_whole(item.exit_code, _INT32),
        duration_ms=_whole(item.duration_ms, _INT64),
        cwd=cwd[:TITLE_LIMIT],
        text=text,
        paths=paths[:together],
        changes=kinds[:together],
        data=json.dumps(data, ensure_ascii=False) if data else "",
    )


def prompt_text(entries: Sequence[Json]) -> str:
    """What a turn is asked, as text; what is none by its type: `[image]`."""
    return "\n\n".join(
        str(entry["text"]) if "text" in entry else f"[{entry.get('type', 'input')}]"
        for entry in entries
    )


def mark_of(replayed: str | None) -> Row:
    """The columns that say that a run asked for the turn: of REPLAYED_HEADER's value.

    Whatever it says, there is an arm: without it the turn would count as one of a live call.
    """
    if replayed is None:
        return {}
    known = mark.read(replayed)
    if known is None:
        return {"arm": "unknown"}
    run = UUID(bytes=known.run_id)
    return {"arm": known.arm, **({"run_id": str(run)} if run.int else {})}


def _filled(**columns: Any) -> Row:
    """The columns that say something."""
    return {name: value for name, value in columns.items() if value not in (None, "", [])}


def _whole(number: int | None, bits: int) -> int | None:
    fits = number is not None and -(1 << bits) <= number < 1 << bits
    return number if fits else None
