"""One recorded call asked again: the form, the asking, and both answers beside each other."""

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from driftgate.dashboards.site import Asked, Route

if TYPE_CHECKING:
    from driftgate.dashboards.again.beside import Row
    from driftgate.proxy.history.reader import Reader


async def ask_again(asked: Asked) -> web.StreamResponse:
    """Asks the call again, in the background, and leads to where the answer will be."""
    from driftgate.dashboards.again.asking import replays  # noqa: PLC0415 - brings what runs need
    from driftgate.dashboards.again.wanted import wanted  # noqa: PLC0415 - likewise

    given = wanted(await asked.form(), asked.site.settings)
    call_id = await asked.read(lambda reader: _find(reader, asked.match["call"]))
    replays(asked.site).start(call_id, given)
    return asked.redirect(f"/calls/{call_id}/replays")


async def fields(asked: Asked) -> web.StreamResponse:
    """The form with what there is to choose from; the page of a call fetches it when it is seen."""
    from driftgate.dashboards.again.beside import call_row, models  # noqa: PLC0415 - as above
    from driftgate.dashboards.again.form import form, then  # noqa: PLC0415 - likewise

    if not asked.htmx:  # somebody opened it, or loaded again what could not be asked
        call_id = await asked.read(lambda reader: _find(reader, asked.match["call"]), drain=False)
        return asked.redirect(f"/calls/{call_id}/replays")

    settings = asked.site.settings

    def read(reader: "Reader") -> "tuple[Row, dict[str, str], list[str]]":
        call = call_row(reader, _find(reader, asked.match["call"]))
        return call, then(reader, call, settings), models(reader)

    call, recorded, known = await asked.read(read, drain=False)
    return asked.fragment("replay_fields.html", form=form(call, recorded, known, settings))


async def page(asked: Asked) -> web.StreamResponse:
    """What came of asking a call again, newest first; what is under way shows up by itself."""
    from driftgate.dashboards.again.asking import replays  # noqa: PLC0415 - as above
    from driftgate.dashboards.again.beside import Read, beside, read  # noqa: PLC0415 - likewise
    from driftgate.dashboards.drift.listed import KINDS  # noqa: PLC0415 - likewise
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - likewise

    query, chosen = asked.query, asked.query.get("with", "")

    def all_of_it(reader: "Reader") -> Read:
        return read(reader, _find(reader, asked.match["call"]), chosen)

    found = await asked.read(all_of_it)
    whole = bool(query.get("whole"))
    known = replays(asked.site).of(found.then["call_id"])
    values = {
        "call": found.then,
        "found": found,
        "view": await asyncio.to_thread(beside, found, whole=whole),
        "kinds": KINDS,
        "under_way": [each for each in known if each.open or each.problem],
        "chosen": chosen,
        "unified": query.get("diff") == "unified",
        "whole": whole,
        "as_unified": unified,
    }
    return (
        asked.fragment("replays_found.html", **values)
        if asked.htmx
        else asked.html("replays.html", **values)
    )


def _find(reader: "Reader", name: str) -> str:
    from driftgate.proxy.history.named import find  # noqa: PLC0415 - as above

    return find(reader, name)


ROUTES = (
    Route("POST", "/calls/{call}/replay", ask_again),
    Route("GET", "/calls/{call}/replay", fields),
    Route("GET", "/calls/{call}/replays", page),
)
