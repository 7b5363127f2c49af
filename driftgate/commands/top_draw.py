"""The screen of `driftgate top`, as lines of text that fit a terminal. Pure."""

from collections.abc import Callable, Iterator, Sequence

from driftgate.commands.top_tables import (
    CALLS,
    GROUPS,
    UPSTREAMS,
    Column,
    Line,
    Row,
    percent,
    rate,
    table,
)
from driftgate.commands.top_view import View, journal
from driftgate.commands.values import counted
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_line
from driftgate.proxy.units import size, span
from driftgate.replay.report.columns import pad, shorten, width, wrapped

_UNBOUNDED = (20, 20, 10)  # rows of models, upstreams, calls where nothing limits the height
_LEAST = (2, 2, 1)  # rows that each of these tables keeps
_SPACIOUS = 18  # lines of a terminal from which on there are empty ones between tables


def draw(shown: View, room: int | None, height: int | None, foot: str | None = None) -> list[Line]:
    """The lines, not more than `height`, none wider than `room` cells; None: no limit.

    foot: a last line, at the bottom.
    """
    above = [_head(shown, room), *_alarms(shown, room), *_summary(shown)]
    below = [Line(foot, "dim")] if foot else []
    gap = height is None or height >= _SPACIOUS
    lines = [*above, *_tables(shown, room, _rows(shown, height, len(above + below), gap), gap)]
    if height is not None:
        lines = lines[: max(height - len(below), 0)]
        lines += [Line("")] * (height - len(below) - len(lines))
    return [
        line if room is None else Line(shorten(line.text, room), line.style)
        for line in [*lines, *below]
    ]


def _rows(shown: View, height: int | None, taken: int, gap: bool) -> Sequence[int]:
    if height is None:
        return _UNBOUNDED
    wanted = (len(shown.groups), len(shown.upstreams), len(shown.last))
    heads = sum(map(bool, wanted)) * (2 if gap else 1)
    return shares(height - taken - heads, wanted)


def shares(free: int, wanted: Sequence[int]) -> list[int]:
    """How many of `free` lines the tables of models, upstreams and calls get."""
    given = [min(each, least) for each, least in zip(wanted, _LEAST, strict=True)]
    rest = max(free - sum(given), 0)
    for place, most in ((0, rest // 2), (1, rest // 4), (2, rest), (0, rest), (1, rest)):
        more = max(min(wanted[place] - given[place], most, free - sum(given)), 0)
        given[place] += more
    return given


def _tables(shown: View, room: int | None, rows: Sequence[int], gap: bool) -> Iterator[Line]:
    groups, upstreams, calls = rows
    between = [Line("")] if gap else []
    if shown.groups:
        yield from between
        yield from _some(GROUPS, shown.groups, groups, room, lambda each: each.figures.failed > 0)
    if shown.upstreams:
        yield from between
        yield from _some(UPSTREAMS, shown.upstreams, upstreams, room, lambda each: each.unwell)
    if shown.last:
        yield from between
        yield from table(
            CALLS,
            shown.last[:calls],
            room,
            lambda call: call.failed or call.verdict == "fail",
        )


def _some(
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    most: int,
    room: int | None,
    bad: Callable[[Row], bool],
) -> Iterator[Line]:
    """A table of at most so many rows; the last of them says how many more there are."""
    fit = rows if len(rows) <= most else rows[: max(most - 1, 0)]
    yield from table(columns, fit, room, bad)
    if len(fit) < len(rows):
        yield Line(f"... and {len(rows) - len(fit)} more", "dim")


def _head(shown: View, room: int | None) -> Line:
    listens = sorted({str(worker.get("listen")) for worker in shown.found.workers.values()})
    where = ", ".join([*listens, counted(len(shown.found.workers), "worker")])
    left = one_line(f"driftgate top  {where if listens else shown.history.name}")
    right = local(shown.at)[11:]
    if room is None:
        return Line(f"{left}  {right}", "bold")
    left = shorten(left, max(room - width(right) - 2, 0))
    return Line(f"{pad(left, room - width(right))}{right}", "bold")


def _alarms(shown: View, room: int | None) -> Iterator[Line]:
    for alarm in shown.alarms:
        first, *more = wrapped(alarm, None if room is None else max(room - 3, 1))
        yield Line(f"!! {first}", "alarm")
        yield from (Line(f"   {each}", "alarm") for each in more)


def _summary(shown: View) -> Iterator[Line]:
    whole, over = shown.whole, span(shown.span_s * 1000)
    failed = f"{whole.failed} FAILED ({percent(whole.error_rate)})" if whole.failed else "0 failed"
    open_now = f"{shown.found.total('calls_open')} open"
    now = f"{rate(shown.per_minute_now)}/min now"
    yield _said(
        "calls",
        open_now,
        now,
        f"in {over}: {whole.calls:,} ({rate(whole.per_minute)}/min), {failed}",
    )
    yield _said(
        "latency",
        f"first token {_ms(whole.first_token.median)} median, {_ms(whole.first_token.p95)} p95",
        f"total {_ms(whole.total.median)} median, {_ms(whole.total.p95)} p95",
    )
    yield _said(
        "tokens",
        f"{rate(whole.tokens_per_second) or '-'} a second in a call (median)",
        f"{rate(whole.output_per_s)} out and {rate(whole.input_per_s)} in a second over all",
    )
    judged = [f"{whole.verdicts.get('pass', 0)} pass", _failures(whole.verdicts.get("fail", 0))]
    yield _said("judged", *judged, f"{whole.verdicts.get('unjudged', 0)} unjudged")
    kept = "" if shown.history_bytes is None else f"history {size(shown.history_bytes)}"
    yield _said("journal", journal(shown.found), kept)


def _said(what: str, *parts: str) -> Line:
    return Line(f"{what:<9}{'; '.join(part for part in parts if part)}")


def _ms(value: float | None) -> str:
    return span(value) or "-"


def _failures(number: int) -> str:
    return f"{number} FAIL" if number else "0 fail"
