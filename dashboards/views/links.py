"""Links to what strangers named: their names go into paths whole, and come out of them the same."""

from typing import Any
from urllib.parse import quote

from driftgate.dashboards.site import BASE

LONGEST = 500  # characters of a name that a path takes; browsers and servers bound addresses
_DOTS = frozenset({"", ".", ".."})  # browsers resolve these, however they are written


def session_path(session: str, call_id: Any) -> str:
    """The page of a session. call_id: one of its calls, which names it where its own name cannot."""
    if session in _DOTS or len(session) > LONGEST:
        return f"{BASE}/sessions/-?call={call_id}"
    return f"{BASE}/sessions/{_part(session)}"


def contract_path(name: str) -> str:
    """The page of a contract."""
    return f"{BASE}/contracts/{_part(name)}"


def query(**values: str | None) -> str:
    """`?name=value&...` of what is given; empty where nothing is."""
    told = [f"{name}={_part(value)}" for name, value in values.items() if value]
    return "?" + "&".join(told) if told else ""


def _part(name: str) -> str:
    """Text as one part of an address; what is no Unicode in it is no name of anything."""
    return quote(name, safe="", errors="replace")
