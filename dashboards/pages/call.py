"""One call: what happened, what was said, what took effect; its bytes and images."""

from typing import TYPE_CHECKING

from aiohttp import web

from driftgate.dashboards.address import proxy_address
from driftgate.dashboards.site import Asked, Route
from driftgate.proxy.errors import UsageError

if TYPE_CHECKING:
    from driftgate.dashboards.call.view import View
    from driftgate.proxy.history.reader import Reader
    from driftgate.proxy.history.whole import Call


async def page(asked: Asked) -> web.StreamResponse:
    """All of it on one page."""
    every = asked.query.get("items") == "all"
    address = asked.proxy or proxy_address(asked.site.settings)
    view = await asked.read(lambda reader: _view(reader, asked.match["call"], address, every))
    return asked.html("call.html", view=view)


def _view(reader: "Reader", name: str, address: str, every: bool) -> "View":
    from driftgate.dashboards.call.gathered import gather  # noqa: PLC0415 - only this page needs them
    from driftgate.dashboards.call.view import view  # noqa: PLC0415

    return view(gather(reader, _load(reader, name)), address, all_items=every)


def _load(reader: "Reader", name: str) -> "Call":
    from driftgate.proxy.history.named import find  # noqa: PLC0415 - likewise
    from driftgate.proxy.history.whole import load  # noqa: PLC0415

    return load(reader, find(reader, name))


async def raw(asked: Asked) -> web.StreamResponse:
    """The exact bytes of a side, of the call or of one attempt, as a download."""
    side, attempt = asked.match["side"], asked.query.get("attempt")
    if attempt is not None and not (attempt.isdecimal() and len(attempt) <= 6):  # noqa: PLR2004 - no such many
        raise UsageError("attempt: a number from 1")
    number = None if attempt is None else int(attempt)
    name, data = await asked.read(lambda reader: _raw(reader, asked.match["call"], side, number))
    of = "" if number is None else f"-attempt-{number}"
    return asked.file(data, f"{name}{of}-{side}.bin")


def _raw(reader: "Reader", name: str, side: str, attempt: int | None) -> tuple[str, bytes]:
    from driftgate.proxy.history.named import find  # noqa: PLC0415 - as above

    found = find(reader, name)
    if attempt is None:
        read = reader.request_bytes if side == "request" else reader.response_bytes
        return found, read(found)
    asked = side == "request"
    tried = reader.attempt_request_bytes if asked else reader.attempt_response_bytes
    return found, tried(found, attempt)


async def image(asked: Asked) -> web.StreamResponse:
    """An image of the request, if its bytes are those of one."""
    number = int(asked.match["number"])
    data, kind = await asked.read(
        lambda reader: _image(reader, asked.match["call"], number), drain=False
    )
    return web.Response(body=data, content_type=kind, headers={"content-disposition": "inline"})


def _image(reader: "Reader", name: str, number: int) -> tuple[bytes, str]:
    from dataclasses import replace  # noqa: PLC0415 - as above

    from driftgate.dashboards.call.images import find  # noqa: PLC0415
    from driftgate.proxy.dialects.describe import describe  # noqa: PLC0415

    return find(describe(replace(reader.recorded(name), chunks=[])), number)


ROUTES = (
    Route("GET", "/calls/{call}", page),
    Route("GET", "/calls/{call}/raw/{side:request|response}", raw),
    Route("GET", "/calls/{call}/images/{number:[0-9]{1,9}}", image),
)
