"""Sending one call: tries, what is recorded of them, and what the server is told."""

import asyncio
import json
from pathlib import Path

import pytest

from driftgate.proxy.call import text_id
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run import send
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question, Tried, as_recorded
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.targets import side
from tests.replay.run.made import BUSY, JSON, NOT_FOUND, answered, asked, says
from tests.replay.run.rig import RUN, Rig, rig
from tests.support.scripted import Exchange, always, sized

pytestmark = pytest.mark.usefixtures("_at_once")

RESPONSES = b'{"model":"m","input":[{"role":"user","content":"hi"}],"instructions":"be brief"}'


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not wait."""
    monkeypatch.setattr(send, "BACKOFF_S", 0.0)


async def sent(it: Rig, call_id: str, **more: object) -> tuple[Question, Tried]:
    """The call sent to the candidate once."""
    job = Job(call_id, Arm.CANDIDATE, 1)
    question = Reading(it.made.path, it.sides(**{"retries": 0, **more})).questions([job])[0]
    async with asyncio.timeout(20), it.recording.running():
        return question, await it.senders()[Arm.CANDIDATE].answer(question)


async def test_a_failed_call_is_sent_again_and_each_try_is_recorded(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:
        answers = iter([BUSY, says("at last")])

        async def answer(exchange: Exchange) -> None:
            await exchange.send(next(answers))

        it.candidate.answer = answer
        _, tried = await sent(it, it.ids[0], retries=1)
        assert (tried.status, tried.failure) == (200, None)
        found = it.replays("status, output_text, repetition, arm")
        assert found == [(200, "at last", 1, "candidate"), (503, None, 1, "candidate")]


@pytest.mark.parametrize(("raw", "tries"), [(BUSY, 3), (NOT_FOUND, 1)], ids=["busy", "refused"])
async def test_only_what_may_pass_is_tried_again(tmp_path: Path, raw: bytes, tries: int) -> None:
    async with rig(tmp_path, 1) as it:
        it.candidate.answer = always(raw)
        _, tried = await sent(it, it.ids[0], retries=2)
        assert tried.failure == f"status {tried.status}"
        assert len(it.candidate.seen) == tries


async def test_a_server_that_breaks_off_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:

        async def half(exchange: Exchange) -> None:
            await exchange.send(says("never whole")[:-10])
            exchange.reset()

        it.candidate.answer = half
        _, tried = await sent(it, it.ids[0])
        assert tried.outcome is Outcome.UPSTREAM_RESET
        assert tried.failure is not None
        assert "in the middle of its answer" in tried.failure
        assert it.replays("outcome, error") == [("upstream_reset", tried.failure)]


@pytest.mark.parametrize("adapt", [None, "responses-to-chat"])
async def test_an_answer_that_comes_a_little_at_a_time_for_ever_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapt: str | None
) -> None:
    async with rig(tmp_path, 0) as it:
        it.ids = [it.made.call(RESPONSES, target="/v1/responses")]
        it.made.drain()

        async def trickles(exchange: Exchange) -> None:
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\na")
            await exchange.reader.read()

        it.candidate.answer = trickles
        monkeypatch.setattr(send, "LONGEST_S", 0.05)
        more = {} if adapt is None else {"adapt": adapt}
        _, tried = await sent(it, it.ids[0], retries=2, **more)
        assert tried.outcome is Outcome.UPSTREAM_INVALID
        assert "it had no end within 0.05 s" in (tried.failure or "")
        assert it.replays("outcome") == [("upstream_invalid",)]


async def test_an_answer_without_an_end_is_cut_off(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:

        async def flood(exchange: Exchange) -> None:
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n")
            while not exchange.writer.is_closing():
                await exchange.send(b"x" * 1000)

        it.candidate.answer = flood
        it.recording.of("candidate").body_limit = 5000
        _, tried = await sent(it, it.ids[0])
        assert tried.failure is not None
        assert "longer than 5000 bytes" in tried.failure


async def test_a_key_of_the_environment_is_sent_and_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "very-secret-key")
    async with rig(tmp_path, 1) as it:
        await sent(it, it.ids[0], api_key_env="A_KEY")
        assert b"Authorization: Bearer very-secret-key" in it.candidate.seen[0].head
        headers = it.replays(
            "(SELECT request_headers FROM all_calls a WHERE a.call_id = replays.call_id)"
        )
        assert "redacted:" in headers[0][0]
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"very-secret-key" in each for each in written)


async def test_a_header_of_the_environment_is_sent_and_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "very-secret-key")
    async with rig(tmp_path, 1) as it:
        call_id = it.made.call(RESPONSES, target="/v1/responses")
        it.made.drain()
        for each, more in ((it.ids[0], {}), (call_id, {"adapt": "responses-to-chat"})):
            await sent(it, each, headers_env={"X-Organisation": "A_KEY"}, **more)
            assert b"X-Organisation: very-secret-key" in it.candidate.seen[-1].head
        it.made.drain()
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"very-secret-key" in each for each in written)


async def test_what_is_redacted_in_bodies_never_reaches_the_disk(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:
        from driftgate.proxy.redact.redactor import Redactor  # noqa: PLC0415 - only here
        from driftgate.proxy.settings.model import RedactSettings  # noqa: PLC0415 - only here

        rules = RedactSettings(patterns=["se[c]ret-[0-9]+"])
        it.recording.of("candidate").redactor = Redactor(b"key", rules)
        it.candidate.answer = always(says("the code is secret-12345"))
        await sent(it, it.ids[0])
        assert "secret-12345" not in it.replays("output_text")[0][0]
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"secret-12345" in each for each in written)


async def test_an_adapted_call_is_recorded_as_asked_and_its_attempt_as_sent(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        call_id = it.made.call(RESPONSES, target="/v1/responses")
        it.made.drain()
        more = {"adapt": "responses-to-chat", "set": {"temperature": 0.25}}
        question, tried = await sent(it, call_id, **more)
        assert it.candidate.seen[0].target == "/v1/chat/completions"
        assert json.loads(it.candidate.seen[0].body)["messages"][-1]["content"] == "hi"
        assert json.loads(tried.chunks[0].data)["object"] == "response"
        assert as_recorded(question, tried).target == "/v1/responses"
        found = it.replays("dialect, output_text, verdict, finish_reason, input_tokens")
        assert found == [("responses", "hum", "pass", "completed", 7)]
        assert it.made.ask("SELECT temperature FROM all_calls WHERE arm IS NOT NULL") == [(0.25,)]
        tries = it.made.ask(
            "SELECT dialect, output_text, verdict FROM all_attempts WHERE call_id IN (SELECT call_id FROM replays)"
        )
        assert tries == [("chat", "hum", "pass")]


async def test_an_adapted_answer_that_is_no_answer_is_a_failure(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        call_id = it.made.call(RESPONSES, target="/v1/responses")
        it.made.drain()
        it.candidate.answer = always(sized(b'{"error":{"message":"no"}}', status=b"400 Bad"))
        _, tried = await sent(it, call_id, adapt="responses-to-chat")
        assert tried.failure == "status 400: no"
        assert it.replays(
            "status, (SELECT answer_error FROM all_calls a WHERE a.call_id = replays.call_id)"
        ) == [(400, "no")]


async def test_what_the_client_told_driftgate_is_recorded_and_not_sent(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        pairs = [*JSON, (b"x-driftgate-session", b"s7")]
        call_id = it.made.call(asked(1), answered("ho"), pairs=pairs)
        it.made.drain()
        await sent(it, call_id)
        assert b"x-driftgate" not in it.candidate.seen[0].head
        it.made.drain()
        assert it.made.ask("SELECT DISTINCT session_id FROM all_calls") == [("s7",)]


async def test_an_agent_is_told_which_call_it_answers_and_of_which_run(tmp_path: Path) -> None:
    codex = Codex(model="m", model_upstream="a")
    agent = Upstream(kind="codex", url="codex://default", codex=codex)
    async with rig(tmp_path, 1) as it:
        given, proxy = Configuration(retries=0), it.candidate.url
        sides = {Arm.CANDIDATE: side(Arm.CANDIDATE, given, {"default": agent}, {}, proxy=proxy)}
        question = Reading(it.made.path, sides).questions([Job(it.ids[0], Arm.CANDIDATE, 2)])[0]
        async with asyncio.timeout(20), it.recording.running():
            tried = await it.senders()[Arm.CANDIDATE].answer(question)
        seen = it.candidate.seen[0].head.decode()
        assert seen.startswith("POST /u/default/v1/chat/completions ")
        assert f"x-driftgate-call-id: {text_id(tried.call_id)}" in seen
        assert f"x-driftgate-replayed: {RUN}/candidate/{it.ids[0]}/2" in seen
        assert it.replays("repetition, arm") == [(2, "candidate")]
        told = it.replays(
            "(SELECT request_headers FROM all_calls a WHERE a.call_id = replays.call_id)"
        )
        assert "x-driftgate" not in told[0][0]
