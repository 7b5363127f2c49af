"""A report for a terminal or a pipe."""

from collections.abc import Iterator, Sequence

from driftgate.replay.report.columns import narrowed, pad, shorten, table, width, wrapped
from driftgate.replay.report.diff import unified
from driftgate.replay.report.pairs import Pair
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.rows import Row
from driftgate.replay.report.view import Change, View

_OTHERS = 10  # slices that moved, beyond which the rest is counted
_PAIRS = 5
_DIFF = 24  # lines of a pair's diff
_LINE = 400  # characters of a line of a diff
_VALUE = 60  # characters of a configuration's value


def text(view: View, *, room: int | None = None, bold: bool = False) -> str:
    """The page. room: the terminal's width; None: as wide as it gets. bold: whether it shows bold."""
    lines = [
        *(_bold(each, bold) for each in wrapped(f"{view.word}: {view.sentence}", room)),
        *(each for note in view.notes for each in wrapped(note, room)),
        "",
        *_facts(view.head, room),
        *_section("Health of the measurement", _health(view, room), bold),
        *_section("Metrics", _findings(view, room), bold),
        *_section("Slices that moved", _slices(view, room), bold),
        *_section("Worst pairs", _pairs(view.pairs, room), bold),
        *_section("Differences of configuration", _changes(view.changes, room), bold),
        *_section("What this can and cannot say", wrapped(view.limits, room), bold),
        *_section("To have it again", _facts(view.reproduce, room), bold),
    ]
    return "\n".join(lines) + "\n"


def _bold(line: str, bold: bool) -> str:
    return f"\x1b[1m{line}\x1b[0m" if bold else line


# columns that a narrow terminal goes without, the first ones first: the interval says most
_UNNEEDED = ("margin", "effect", "baseline", "candidate")


def _section(title: str, lines: Sequence[str], bold: bool) -> Iterator[str]:
    if lines:
        yield from ("", _bold(title, bold), *lines)


def _facts(facts: Sequence[tuple[str, str]], room: int | None) -> list[str]:
    label = max((width(name) for name, _ in facts), default=0)
    lines = []
    for name, told in facts:
        first, *rest = wrapped(told, None if room is None else max(room - label - 2, 20))
        lines.append(f"{pad(name, label)}  {first}")
        lines += [f"{' ' * label}  {each}" for each in rest]
    return lines


def _health(view: View, room: int | None) -> list[str]:
    problems = [("cannot check", each) for each in view.problems]
    return _facts([*problems, *view.health], room)


def _cells(row: Row) -> tuple[str, ...]:
    return (row.word, row.baseline, row.candidate, row.effect, row.interval, row.margin)


def _heads(view: View) -> tuple[str, ...]:
    return ("metric", "status", "baseline", "candidate", "effect", view.interval, "margin")


def _findings(view: View, room: int | None) -> list[str]:
    if not view.rows:
        return []
    cells = [(row.metric, *_cells(row)) for row in view.rows]
    lines = narrowed(_heads(view), cells, text=2, room=room, unneeded=_UNNEEDED)
    told = [row for row in view.rows if row.telling]
    lines += [""] if told else []
    for row in told:
        lines += wrapped(f"{row.metric}: {row.reason}", room)
    return lines


def _slices(view: View, room: int | None) -> list[str]:
    lines: list[str] = []
    if view.slices:
        shown = view.slices[:_OTHERS]
        cells = [(row.slice, row.metric, *_cells(row)) for row in shown]
        heads = ("slice", *_heads(view))
        lines = narrowed(heads, cells, text=3, room=room, unneeded=_UNNEEDED)
    rest = len(view.slices) - _OTHERS
    if rest > 0:
        lines.append(f"and {rest} more (--format html shows all)")
    if view.others:
        lines.append(f"{len(view.others)} other findings of slices: no change seen")
    return lines


def _pairs(pairs: Sequence[Pair], room: int | None) -> list[str]:
    lines = []
    for pair in pairs[:_PAIRS]:
        lines += [""] if pair.number > 1 else []
        where = "  ".join((f"{pair.number}. {pair.call_id}", f"distance {pair.distance}"))
        lines += wrapped("  ".join((where, *pair.slices)), room)
        lines += wrapped(f"asked: {pair.prompt}", room, "   ")[:3] if pair.prompt else []
        for reason in pair.reasons:
            lines += wrapped(reason, room, "   ")
        lines += _diff(pair, room)
    if len(pairs) > _PAIRS:
        lines += ["", f"and {len(pairs) - _PAIRS} more (--format html shows all)"]
    return lines


def _diff(pair: Pair, room: int | None) -> list[str]:
    shown = list(unified(pair.lines))
    lines = []
    for sign, told in shown[:_DIFF]:
        line = f"   {sign} {one_line(told) if sign == '@' else told[:_LINE].expandtabs(4)}"
        lines.append(line.rstrip() if room is None else shorten(line, room).rstrip())
    if len(shown) > _DIFF:
        lines.append(f"   @ {len(shown) - _DIFF} more lines (driftgate replay diff shows all)")
    return lines


def _changes(changes: Sequence[Change], room: int | None) -> list[str]:
    if not changes:
        return ["none that driftgate can see"]
    cells = [
        (
            each.place,
            each.name,
            *(one_line(x, _VALUE) or "-" for x in (each.baseline, each.candidate)),
        )
        for each in changes
    ]
    return table(("where", "what", "baseline", "candidate"), cells, text=4, room=room)
