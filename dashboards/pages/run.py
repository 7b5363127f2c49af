"""One run: its verdict and what that rests on; while it goes on, how far it is."""

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from driftgate.dashboards.site import Asked, Route
from driftgate.dashboards.views.numbered import page_number
from driftgate.proxy.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from driftgate.dashboards.drift.evidence import Evidence
    from driftgate.dashboards.drift.shown import Shown

FORMATS = {  # name -> ending, content type
    "html": ("html", "text/html"),
    "markdown": ("md", "text/markdown"),
    "json": ("json", "application/json"),
    "junit": ("xml", "application/xml"),
    "text": ("txt", "text/plain"),
}
_SHORT = 13  # characters of an id that hold its time


async def page(asked: Asked) -> web.StreamResponse:
    """All of it; to htmx, which asks again while the run goes on, without the frame."""
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - what runs need is slow to load

    shown = await _shown(asked)
    values = {
        "part": asked.htmx,
        "shown": shown,
        "unified": asked.query.get("diff") == "unified",
        "as_unified": unified,
        "formats": FORMATS,
        "evidence": await _evidence(asked, shown) if shown.read.state.open else None,
    }
    if asked.htmx:
        return asked.fragment("run_body.html", **values)
    return asked.html("run.html", **values)


async def _evidence(asked: Asked, shown: "Shown") -> "Evidence | None":
    from driftgate.dashboards.drift.evidence import evidence  # noqa: PLC0415 - as above

    return await evidence(asked, shown.run)


async def _shown(asked: Asked) -> "Shown":
    from driftgate.dashboards.drift.shown import read, shown  # noqa: PLC0415 - as above

    which, history = asked.match["run"], asked.site.history
    at = page_number(asked.query.get("calls"), "calls")
    found = await asked.read(lambda reader: read(reader, which, history, at))
    return await asyncio.to_thread(shown, found)


async def report(asked: Asked) -> web.StreamResponse:
    """The report as `driftgate replay report --format` writes it, as a download."""
    from driftgate.dashboards.drift.shown import report as read  # noqa: PLC0415 - as above
    from driftgate.replay.report.report import Format, render  # noqa: PLC0415 - likewise

    wanted = asked.query.get("format", "html")
    if wanted not in FORMATS:
        raise UsageError(f"format: one of {', '.join(FORMATS)}")
    run, found = await asked.read(lambda reader: read(reader, asked.match["run"]))
    if found is None:
        raise NotFoundError(f"run {run.run_id} has decided nothing, so there is no report of it")
    text = await asyncio.to_thread(render, found, Format(wanted))
    ending, kind = FORMATS[wanted]
    return asked.file(text.encode(), f"driftgate-{run.run_id[:_SHORT]}.{ending}", kind)


ROUTES = (
    Route("GET", "/drift/{run}", page),
    Route("GET", "/drift/{run}/report", report),
)
