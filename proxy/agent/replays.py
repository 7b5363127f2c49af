"""The proxy of a replay's arm: whose calls pass there, and as what they are recorded.

A replay asks agents through a proxy that belongs to its arm alone. The outer calls are recorded by who
sends them, and pass here as they are. The model calls that Codex makes for them say which replay they
belong to, and are recorded as that; a call that says nothing of the kind belongs to nobody. Contracts
judge here and are not enforced, as everywhere in a replay: another try, or another server's answer,
would hide what the arm's model does.
"""

from aiohttp import web

from driftgate.proxy.agent import mark
from driftgate.proxy.agent.origin import REPLAYED_HEADER
from driftgate.proxy.call import Call
from driftgate.proxy.journal import head
from driftgate.proxy.tee import Tee


def note_replay(call: Call, tee: Tee, request: web.BaseRequest) -> None:
    """Marks the call before anything is recorded of it."""
    told = mark.read(request.headers.get(REPLAYED_HEADER, ""))
    if told is None:
        tee.recording = False
    else:
        call.replayed = head.replayed(told)
