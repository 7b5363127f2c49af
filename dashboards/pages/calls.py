"""The calls of the history: newest first, filtered, page by page."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aiohttp import web

from driftgate.dashboards import calls
from driftgate.dashboards.calls import NEWEST, OLDEST, Span
from driftgate.dashboards.choice import Choice
from driftgate.dashboards.filtering import form, known, read_chosen
from driftgate.dashboards.site import Asked, Route
from driftgate.proxy.errors import QuerySlowError, UsageError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

PATH = "/calls"
COUNT = 50  # calls a page
_BEFORE, _AFTER = "before", "after"
# written so that DuckDB passes by what lies on the wrong side of the time
_PLACES = {
    _BEFORE: "started_at <= $at AND (started_at < $at OR call_id < $id::UUID)",
    _AFTER: "started_at >= $at AND (started_at > $at OR call_id > $id::UUID)",
}


async def page(asked: Asked) -> web.StreamResponse:
    """The list."""
    choice = Choice.of(asked.query)
    choice.named()  # says what is wrong with it before anything is read
    everything = bool(asked.query.get("all"))
    if choice.typed and asked.foreign:
        view = _unasked()
    else:
        span = _span(asked.query)
        try:
            wanted = _Wanted(
                choice,
                span,
                everything=everything,
                known=not asked.htmx and known(asked.site) is None,
            )
            view = await read_chosen(asked, choice, partial(_view, wanted))
        except QuerySlowError as slow:
            raise UsageError(f"these filters take too long here ({slow}): add since") from None
    names = known(asked.site, view["known"]) or calls.UNKNOWN
    view |= {"form": form(choice, names), "everything": everything, "path": PATH}
    if asked.htmx:
        return asked.fragment("calls_found.html", view=view)
    return asked.html("calls.html", view=view)


def _unasked() -> dict[str, Any]:
    """What a link of another site shows: the filter, which does not run by itself."""
    return {
        "rows": [],
        "known": None,
        "older": "",
        "newer": "",
        "limited": 0,
        "unasked": True,
    }


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one page is made of. known: the form's names too."""

    choice: Choice
    span: Span
    everything: bool
    known: bool


def _view(wanted: _Wanted, reader: "Reader") -> dict[str, Any]:
    choice, span = wanted.choice, wanted.span
    choice.check(reader)
    last = calls.newest(reader)
    floor = calls.floor(choice, last, everything=wanted.everything)
    limit = calls.TYPED_S if choice.typed else None
    found = calls.listed(reader, choice, replace(span, count=span.count + 1, floor=floor), limit)
    more = len(found) > span.count
    rows = found[: span.count]
    if span.order == OLDEST:
        rows.reverse()
    return {
        "rows": calls.views(rows),
        "known": calls.known(reader) if wanted.known else None,
        **_links(rows, span, more=more),
        "limited": calls.SEARCHED if floor >= 0 else 0,
        "unasked": False,
    }


def _links(rows: list[dict[str, Any]], span: Span, *, more: bool) -> dict[str, str]:
    """Where the pages beside this one begin; empty: there is none."""
    if not rows:
        return {"older": "", "newer": ""}
    to_newer = span.order == OLDEST
    return {
        "older": _mark(rows[-1]) if more or to_newer else "",
        "newer": _mark(rows[0]) if (more if to_newer else span.values) else "",
    }


def _mark(row: dict[str, Any]) -> str:
    return f"{row['started_at'].isoformat()}~{row['call_id']}"


def _span(query: dict[str, str]) -> Span:
    """The part of the list that an address asks for."""
    for name, order in ((_BEFORE, NEWEST), (_AFTER, OLDEST)):
        if mark := query.get(name):
            return Span(COUNT, _PLACES[name], _place(name, mark), order)
    return Span(COUNT)


def _place(name: str, mark: str) -> dict[str, Any]:
    at, _, call = mark.partition("~")
    try:
        return {"at": datetime.fromisoformat(at).replace(tzinfo=None), "id": str(UUID(call))}
    except ValueError:
        raise UsageError(f"{name} '{mark}' is no place in the list; begin again") from None


ROUTES = (Route("GET", PATH, page),)
