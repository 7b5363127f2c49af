"""The list of sessions: conversations of one client, newest activity first."""

import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards.site import BASE, Asked, Route
from driftgate.dashboards.statements import ask, load, statement
from driftgate.dashboards.views.links import query, session_path
from driftgate.dashboards.views.period import RANGES, Period, period
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.filters import Filters

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

DEFAULT = "30d"
ROWS = 50  # sessions of a page
_PLACE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


async def page(asked: Asked) -> web.StreamResponse:
    """The list; its lower part where htmx asks."""
    filters = {name: asked.query.get(name) or None for name in ("text", "model")}
    when = period(asked.query.get("since") or DEFAULT)
    after = place(asked.query.get("after"))
    view = await asked.read(lambda reader: look(reader, when, filters, after))
    if asked.htmx:
        return asked.fragment("sessions.html", view=view)
    return asked.html("sessions.html", view=view)


def place(text: str | None) -> str | None:
    """Behind which session a page begins: the id of its last call.

    Raises:
        UsageError: it is no such place.
    """
    if text and not _PLACE.fullmatch(text):
        raise UsageError("after: no place in the list of sessions; begin with its first page")
    return text or None


def look(
    reader: "Reader",
    when: Period,
    filters: dict[str, str | None],
    after: str | None = None,
) -> dict[str, Any]:
    """What the page shows."""
    statements = load("sessions")
    condition, values = Filters(**filters, prefix="").named()
    keys = statement(statements["keys"].sql.replace("true /* filters */", condition))
    found = ask(reader, keys, since=when.since, after=after, rows=ROWS + 1, **values)
    shown = found[:ROWS]
    facts = _facts(reader, [row["session_id"] for row in shown])
    chosen = {"since": when.name, **filters}
    following = str(shown[-1]["last_call"]) if len(found) > ROWS else None
    return {
        "chosen": chosen,
        "period": when,
        "ranges": {name: words for name, (words, _) in RANGES.items()},
        "models": _models(reader, when, filters["model"]),
        "sessions": [_row(row, facts[row["session_id"]]) for row in shown],
        "later": after is not None,
        "first": f"{BASE}/sessions{query(**chosen)}",
        "next": f"{BASE}/sessions{query(**chosen, after=following)}" if following else None,
        "everywhere": f"{BASE}/sessions{query(**{**chosen, 'since': 'all'})}",
    }


def _facts(reader: "Reader", sessions: list[str]) -> dict[str, dict[str, Any]]:
    rows = ask(reader, load("sessions")["facts"], sessions=sessions) if sessions else []
    return {row["session_id"]: row for row in rows}


def _models(reader: "Reader", when: Period, chosen: str | None) -> list[str]:
    found = [row["model"] for row in ask(reader, load("sessions")["models"], since=when.since)]
    return sorted({*found, *([chosen] if chosen else [])})


def _row(key: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    return {**key, **facts, "link": session_path(key["session_id"], key["last_call"])}


ROUTES = (Route("GET", "/sessions", page),)
