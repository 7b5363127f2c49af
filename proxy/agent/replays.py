"""The proxy of a replay's arm: whose calls pass there, and as what they are recorded.

A replay asks agents through a proxy that belongs to its arm alone. The outer calls are recorded by who
sends them, and pass here as they are. The model calls that Codex makes for them say which replay they
belong to, and are recorded as that; a call that says nothing of the kind belongs to nobody.
"""

from aiohttp import web

from driftgate.proxy.agent import mark
from driftgate.proxy.agent.origin import REPLAYED_HEADER
from driftgate.proxy.call import Call
from driftgate.proxy.journal import head
from driftgate.proxy.tee import Tee


def note_replay(call: Call, tee: Tee, request: web.BaseRequest, *, agent: bool) -> None:
    """Marks the call before it is recorded. agent: it is an outer call."""
    told = mark.read(request.headers.get(REPLAYED_HEADER, ""))
    if agent or told is None:
        tee.recording = False
    else:
        call.replayed = head.replayed(told)
