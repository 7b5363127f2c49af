"""The runs of the history: gates, shadow traffic, rounds of a watch; newest first."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from driftgate.dashboards.site import Asked, Route

if TYPE_CHECKING:
    from driftgate.dashboards.drift.listed import Wanted


async def page(asked: Asked) -> web.StreamResponse:
    """The list."""
    from driftgate.dashboards.drift import listed  # noqa: PLC0415 - what runs need is slow to load
    from driftgate.dashboards.drift.state import UNDECIDED, VERDICTS  # noqa: PLC0415 - likewise

    wanted, history = listed.Wanted.of(asked.query), asked.site.history
    found = await asked.read(lambda reader: listed.found(reader, wanted, history))
    values = {
        "found": found,
        "wanted": wanted,
        "verdicts": [*VERDICTS, UNDECIDED],
        "running": any(each.state.running for each in found.lines),
        "same": _query(wanted),
        "older": _query(replace(wanted, page=wanted.page + 1)) if found.more else "",
        "newer": _query(replace(wanted, page=wanted.page - 1)) if wanted.page > 1 else "",
    }
    if asked.htmx:
        return asked.fragment("drift_found.html", **values)
    return asked.html("drift.html", **values)


def _query(wanted: "Wanted") -> str:
    """The address that asks for it."""
    told = {**asdict(wanted), "q": wanted.text}
    kept = {name: told[name] for name in ("kind", "verdict", "q", "page") if told[name]}
    return f"/drift?{urlencode(kept)}"


ROUTES = (Route("GET", "/drift", page),)
