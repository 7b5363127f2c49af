"""Calls as they come: a page, and the events that keep it up to date."""

import asyncio
import contextlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards import calls
from driftgate.dashboards.app import HEADERS
from driftgate.dashboards.calls import RECORDED, Span
from driftgate.dashboards.choice import Choice
from driftgate.dashboards.events import CONTENT_TYPE, again_after, event
from driftgate.dashboards.feed import ROWS, Watch, feed
from driftgate.dashboards.filtering import form, known, read_chosen
from driftgate.dashboards.site import Asked, Route
from driftgate.proxy.errors import QuerySlowError, UsageError
from driftgate.proxy.history.follow import state

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

FIRST = 50  # calls that the page begins with
BEAT_S = 10.0  # between two signs of life
AGAIN_MS = 1000
WRITE_S = 30.0  # for a browser that takes nothing
_MARK = re.compile(r"(\d{1,20})-(-1|\d{1,18})")
NO_NUMBERS: dict[str, Any] = {
    "calls": 0,
    "errors": 0,
    "passed": 0,
    "failed": 0,
    "first_token_ms": None,
    "per_minute": 0,
}


async def start(asked: Asked) -> web.StreamResponse:
    """The first page."""
    return asked.redirect("/live")


async def page(asked: Asked) -> web.StreamResponse:
    """The last calls; its script adds those that come."""
    choice = Choice.of(asked.query)
    choice.named()  # says what is wrong with it before anything is read
    unasked = choice.typed and asked.foreign
    if unasked:
        view: dict[str, Any] = {"rows": [], "known": None, "last": -1, "limited": 0}
        view |= {"numbers": NO_NUMBERS}
    else:
        view = await _read(asked, choice)
    view |= {
        "form": form(choice, known(asked.site, view["known"]) or calls.UNKNOWN),
        "unasked": unasked,
        "events": choice.link("/live/events", after=mark(asked, view["last"])),
        "most": ROWS,
        "open_calls": feed(asked.site).open_calls,
    }
    return asked.html("live.html", view=view)


async def _read(asked: Asked, choice: Choice) -> dict[str, Any]:
    try:
        return await read_chosen(asked, choice, partial(_view, choice, known(asked.site) is None))
    except QuerySlowError as slow:
        raise UsageError(f"these filters take too long for a live view: {slow}") from None


def _view(choice: Choice, names: bool, reader: "Reader") -> dict[str, Any]:
    choice.check(reader)
    last = calls.newest(reader)
    floor = calls.floor(choice, last, everything=False)
    limit = calls.TYPED_S if choice.typed else None
    found = calls.listed(reader, choice, Span(FIRST, order=RECORDED, floor=floor), limit)
    return {
        "rows": calls.views(found),
        "known": calls.known(reader) if names else None,
        "last": last,
        "limited": calls.SEARCHED if floor >= 0 else 0,
        "numbers": calls.lately(reader, choice, last, limit),
    }


def mark(asked: Asked, rowid: int) -> str:
    """A place in this history, as browsers give it back."""
    return f"{_identity(asked)}-{rowid}"


def place(asked: Asked, text: str, newest: int) -> int | None:
    """The row that a mark names; None: it is none of this history."""
    found = _MARK.fullmatch(text)
    if found is None or int(found[1]) != _identity(asked) or int(found[2]) > newest:
        return None
    return int(found[2])


def _identity(asked: Asked) -> int:
    stamp = state(asked.site.history)[0]
    return stamp[0] if stamp else 0


async def events(asked: Asked) -> web.StreamResponse:
    """Rows, numbers and troubles, as they come, until the browser goes."""
    choice = Choice.of(asked.query)
    choice.named()
    if asked.foreign:  # no script of ours asks so
        return asked.redirect(choice.link("/live"))
    newest = await read_chosen(asked, choice, partial(_check, choice))
    text = asked.request.headers.get("last-event-id") or asked.query.get("after", "")
    begin = place(asked, text, newest)
    answer = web.StreamResponse(
        headers={
            **HEADERS,
            "content-type": CONTENT_TYPE,
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
    )
    async with feed(asked.site).watch(choice, newest if begin is None else begin) as watch:
        await answer.prepare(asked.request)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await _write(answer, again_after(AGAIN_MS))
            if begin is None and text:  # another history lies there now
                await _write(answer, event("anew", ""))
            await _tell_on(asked, answer, watch)
    return answer


def _check(choice: Choice, reader: "Reader") -> int:
    choice.check(reader)
    return calls.newest(reader)


async def _tell_on(asked: Asked, answer: web.StreamResponse, watch: Watch) -> None:
    told = ""
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watch.changed.wait(), BEAT_S)
        news = watch.news()
        if news.rows or news.missed:
            rows = asked.rendered("call_rows.html", rows=news.rows[::-1], fresh=True)
            name = "missed" if news.missed else "rows"
            await _write(answer, event(name, rows, mark(asked, news.place)))
        numbers = _numbers(asked, watch)
        if numbers and numbers != told:
            await _write(answer, event("numbers", numbers))
            told = numbers
        name, words = ("busy", watch.group.problem) if watch.group.problem else ("beat", "")
        await _write(answer, event(name, words, mark(asked, news.place)))


def _numbers(asked: Asked, watch: Watch) -> str:
    numbers = watch.group.numbers  # none yet: the page shows its own
    if numbers is None:
        return ""
    return asked.rendered("live_tiles.html", numbers=numbers, open_calls=watch.open_calls)


async def _write(answer: web.StreamResponse, data: bytes) -> None:
    await asyncio.wait_for(answer.write(data), WRITE_S)


ROUTES = (
    Route("GET", "/", start),
    Route("GET", "/live", page),
    Route("GET", "/live/events", events),
)
