"""The proxy of a replay's arm: outer calls are somebody else's record, inner ones are the arm's."""

from pathlib import Path

from driftgate.proxy.agent import mark
from driftgate.proxy.agent.origin import CALL_HEADER, REPLAYED_HEADER
from driftgate.proxy.record import Replayed
from tests.support.agents import agent_gate
from tests.support.scripted import Scripted, always, sized

MARK = Replayed(bytes(range(16)), "candidate", bytes(range(1, 17)), 3)
TOLD = b"%b: %b" % (REPLAYED_HEADER.encode(), mark.written(MARK).encode())


def post(target: str, *lines: bytes, body: bytes = b"{}") -> bytes:
    head = [b"POST %b HTTP/1.1" % target.encode(), b"Host: x", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


async def test_an_outer_call_passes_as_it_is_and_is_recorded_by_who_sends_it(
    tmp_path: Path,
) -> None:
    async with agent_gate(tmp_path, always(sized(b"ok")), replays=True) as (running, host):
        raw = post("/u/agent/v1/responses", TOLD, b"%b: sender" % CALL_HEADER.encode())
        assert (await running.fetch(raw)).endswith(b"ok")
        assert (await running.fetch(post("/u/default/v1/x", TOLD))).startswith(b"HTTP/1.1 502")
        (inner,) = await running.ended()  # the outer one came before it
    (seen,) = host.seen
    assert TOLD in seen.head
    assert b"%b: sender" % CALL_HEADER.encode() in seen.head
    assert inner.target == "/u/default/v1/x"
    assert inner.replayed == MARK


async def test_a_call_that_belongs_to_no_replay_is_not_recorded(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with (
        backend.running(),
        agent_gate(tmp_path, always(sized(b"ok")), url=backend.url, replays=True) as (running, _),
    ):
        assert (await running.fetch(post("/u/default/v1/stray"))).endswith(b"ok")
        assert (await running.fetch(post("/u/nowhere/v1/stray"))).startswith(b"HTTP/1.1 404")
        assert (await running.fetch(post("/u/default/v1/x", TOLD))).endswith(b"ok")
        (call,) = await running.ended()
    assert call.target == "/u/default/v1/x"
