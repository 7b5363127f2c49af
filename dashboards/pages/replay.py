"""One recorded call asked again: the form, the asking, and both answers beside each other."""

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards.site import Asked, Route

if TYPE_CHECKING:
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
    from driftgate.dashboards.again.beside import models  # noqa: PLC0415 - as above

    if not asked.htmx:  # somebody opened it, or loaded again what could not be asked
        call_id = await asked.read(lambda reader: _find(reader, asked.match["call"]), drain=False)
        return asked.redirect(f"/calls/{call_id}/replays")

    def read(reader: "Reader") -> tuple[dict[str, Any], list[str]]:
        return _named(reader, asked.match["call"]), models(reader)

    call, known = await asked.read(read, drain=False)
    return asked.fragment("replay_fields.html", **_choices(asked, call, known))


async def page(asked: Asked) -> web.StreamResponse:
    """What came of asking a call again, newest first; what is under way shows up by itself."""
    from driftgate.dashboards.again.asking import replays  # noqa: PLC0415 - as above
    from driftgate.dashboards.again.beside import Read, beside, models, read  # noqa: PLC0415 - likewise
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - likewise

    query = asked.query

    def all_of_it(reader: "Reader") -> tuple[Read, list[str]]:
        call_id = _find(reader, asked.match["call"])
        chosen = query.get("with", "")
        return read(reader, call_id, chosen), [] if asked.htmx else models(reader)

    found, known = await asked.read(all_of_it)
    whole = bool(query.get("whole"))
    values = {
        "call": found.then,
        "found": found,
        "view": await asyncio.to_thread(beside, found, whole=whole),
        "under_way": [
            each
            for each in replays(asked.site).of(found.then["call_id"])
            if each.open or each.problem
        ],
        "chosen": query.get("with", ""),
        "unified": query.get("diff") == "unified",
        "whole": whole,
        "as_unified": unified,
    }
    if asked.htmx:
        return asked.fragment("replays_found.html", **values)
    return asked.html("replays.html", **values, **_choices(asked, found.then, known))


def _choices(asked: Asked, call: Any, known: list[str]) -> dict[str, Any]:
    """What the form offers."""
    from driftgate.dashboards.again.wanted import choices  # noqa: PLC0415 - as above

    named = choices(asked.site.settings)
    fixed = [
        model
        for each in asked.site.settings.upstreams.values()
        for model in each.models
        if not set(model) & set("*?[")
    ]
    return {
        "form": {
            "id": call["call_id"],
            "upstream": call["upstream"],
            "model": call["model"],
            "upstreams": named,
            "models": list(dict.fromkeys([*fixed, *known])),
        }
    }


def _find(reader: "Reader", name: str) -> str:
    from driftgate.proxy.history.named import find  # noqa: PLC0415 - as above

    return find(reader, name)


def _named(reader: "Reader", name: str) -> dict[str, Any]:
    from driftgate.dashboards.again.beside import call_row  # noqa: PLC0415 - as above

    return dict(call_row(reader, _find(reader, name)))


ROUTES = (
    Route("POST", "/calls/{call}/replay", ask_again),
    Route("GET", "/calls/{call}/replay", fields),
    Route("GET", "/calls/{call}/replays", page),
)
