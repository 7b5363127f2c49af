"""One call of a run, with all answers to it."""

import asyncio

from aiohttp import web

from driftgate.dashboards.site import Asked, Route


async def page(asked: Asked) -> web.StreamResponse:
    """The recorded call, and the answers of both arms."""
    from driftgate.dashboards.drift.pair import pair, read  # noqa: PLC0415 - what runs need is slow to load
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - likewise

    which, call, query = asked.match["run"], asked.match["call"], asked.query
    found = await asked.read(lambda reader: read(reader, which, call))
    view = await asyncio.to_thread(
        pair, found, query.get("left", ""), query.get("right", ""), whole=bool(query.get("whole"))
    )
    return asked.html(
        "pair.html",
        view=view,
        unified=query.get("diff") == "unified",
        whole=bool(query.get("whole")),
        as_unified=unified,
    )


ROUTES = (Route("GET", "/drift/{run}/calls/{call}", page),)
