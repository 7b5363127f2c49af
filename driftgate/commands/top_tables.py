"""The tables of `driftgate top`: models, upstreams, last calls. Pure."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Generic, TypeVar

from driftgate.commands.rows import SHORT_ID
from driftgate.commands.table import fit, line
from driftgate.commands.top_figures import Ended
from driftgate.commands.top_view import Group, Upstream
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_cell
from driftgate.proxy.units import span
from driftgate.replay.report.columns import LEAST, shorten, width

_NAME = 60  # cells of a name from outside that are worth showing
_SMALL, _USUAL, _WIDE, _WIDER = 70, 80, 100, 120  # cells of a terminal

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """least: cells of a terminal from which on it is shown. narrow: may be cut to fit.

    telling: shown only where its rows differ, since a problem's words need the room.
    """

    head: str
    cell: Callable[[Row], str]
    right: bool = False
    narrow: bool = False
    least: int = 0
    telling: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen. style: "", bold, dim, alarm or bad; the text says the same without it."""

    text: str
    style: str = ""


def name(text: str | None) -> str:
    """A name from outside: harmless, on one line, not endless."""
    return "-" if text is None else shorten(one_cell(text[: 4 * _NAME]), _NAME)


def percent(part: float | None) -> str:
    """A part of one, in percent; empty where there is none."""
    if part is None:
        return ""
    return f"{part:.0%}" if part in {0, 1} else f"{part:.1%}"


def rate(value: float | None) -> str:
    """A rate: small ones with a decimal, zero plain."""
    if value is None:
        return ""
    return f"{value:,.1f}" if 0 < value < 9.95 else f"{value:,.0f}"  # noqa: PLR2004 - 10, rounded


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _fails(each: Group) -> str:
    number = each.figures.verdicts.get("fail", 0)
    return f"{number}!" if number else "0"


def _status(call: Ended) -> str:
    mark = "" if call.outcome == "completed" else "!"
    return f"{'-' if call.status is None else call.status}{mark}"


def _problem(call: Ended) -> str:
    if call.problem is not None:
        return f"! {one_cell(call.problem)}"
    if call.fallback is not None:
        return f"answered by {name(call.fallback)}"
    return f"! {call.outcome}" if call.failed else ""


def _breaker(each: Upstream) -> str:
    state = each.known.breaker
    return state.upper().replace("_", "-") if state not in {None, "closed"} else state or "-"


GROUPS: tuple[Column[Group], ...] = (
    Column("model", lambda each: name(each.model), narrow=True),
    Column("upstream", lambda each: name(each.upstream), narrow=True, least=_SMALL),
    Column("/min", lambda each: rate(each.figures.per_minute), right=True),
    Column("calls", lambda each: str(each.figures.calls), right=True, least=_WIDE),
    Column("failed", lambda each: percent(each.figures.error_rate), right=True),
    Column("1st tok", lambda each: span(each.figures.first_token.median), right=True, least=_SMALL),
    Column("p95", lambda each: span(each.figures.first_token.p95), right=True, least=_USUAL),
    Column("total", lambda each: span(each.figures.total.median), right=True),
    Column("p95", lambda each: span(each.figures.total.p95), right=True, least=_SMALL),
    Column("tok/s", lambda each: rate(each.figures.tokens_per_second), right=True, least=_USUAL),
    Column("out/s", lambda each: rate(each.figures.output_per_s), right=True, least=_WIDER),
    Column("pass", lambda each: str(each.figures.verdicts.get("pass", 0)), right=True, least=_WIDE),
    Column("FAIL", _fails, right=True),
    Column(
        "unjudged",
        lambda each: str(each.figures.verdicts.get("unjudged", 0)),
        right=True,
        least=_WIDER,
    ),
)
UPSTREAMS: tuple[Column[Upstream], ...] = (
    Column("upstream", lambda each: name(each.name), narrow=True),
    Column("address", lambda each: name(each.known.url), narrow=True, least=_WIDE),
    Column("breaker", _breaker),
    Column("calls", lambda each: str(each.known.calls), right=True, least=_SMALL),
    Column("errors", lambda each: str(each.known.errors), right=True, least=_SMALL),
    Column("last news", lambda each: each.health, narrow=True),
)
CALLS: tuple[Column[Ended], ...] = (
    Column("ended", lambda call: local(call.ended_at.replace(tzinfo=UTC))[11:]),
    Column("id", lambda call: call.call_id[:SHORT_ID], least=_SMALL),
    Column("model", lambda call: name(call.model), narrow=True),
    Column("upstream", lambda call: name(call.upstream), narrow=True, least=_WIDE, telling=True),
    Column("status", _status),
    Column("judged", lambda call: "FAIL" if call.verdict == "fail" else call.verdict or "-"),
    Column("tries", lambda call: str(call.attempts), right=True, least=_WIDER, telling=True),
    Column("in", lambda call: _count(call.input_tokens), right=True, least=_WIDE),
    Column("out", lambda call: _count(call.output_tokens), right=True, least=_WIDE),
    Column("1st tok", lambda call: span(call.first_token_ms), right=True, least=_WIDE),
    Column("total", lambda call: span(call.total_ms), right=True),
    Column("tok/s", lambda call: rate(call.tokens_per_second), right=True, least=_WIDER),
    Column("problem", _problem, narrow=True, least=_SMALL),
)


def _tells(column: Column[Row], rows: Sequence[Row]) -> bool:
    return not column.telling or len({column.cell(row) for row in rows}) > 1


def table(
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    room: int | None,
    bad: Callable[[Row], bool],
) -> list[Line]:
    """The lines of a table as wide as `room`, its heads first. bad: which rows stand out."""
    wide = sys.maxsize if room is None else room
    shown = [column for column in columns if column.least <= wide and _tells(column, rows)]
    cells = [[column.cell(row) for column in shown] for row in rows]
    heads = [column.head for column in shown]
    widths = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    if room is not None:
        narrow = [column.narrow for column in shown]
        least = [
            min(each, LEAST) if yes else each for each, yes in zip(widths, narrow, strict=True)
        ]
        widths = fit(widths, narrow, room) or least  # as much of it as there is room for
    right = [column.right for column in shown]
    lines = [Line(shorten(line(heads, widths, right), wide), "bold")]
    for row, texts in zip(rows, cells, strict=True):
        lines.append(Line(shorten(line(texts, widths, right), wide), "bad" if bad(row) else ""))
    return lines
