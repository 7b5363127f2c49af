"""A candidate that speaks only Chat Completions, and calls of the Responses API."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import shadow_send
from driftgate.proxy.journal.reader import Tail
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings, Settings
from driftgate.proxy.shadow_choice import Copied
from driftgate.proxy.shadow_send import Job, Sender
from driftgate.proxy.tee import Recorder
from tests.support.scripted import Scripted, always, sized

JSON = b"Content-Type: application/json"
SAID = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ho"}}
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DELTAS = ('{"role":"assistant","content":"ho"}', "{}")


def stream() -> list[bytes]:
    """The answer in chunks."""
    choices = [f'{{"index":0,"delta":{delta}}}' for delta in DELTAS]
    choices[1] = choices[1][:-1] + ',"finish_reason":"stop"}'
    said = [
        f'data: {{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{each}]}}\n\n'
        for each in choices
    ]
    pieces = [text.encode() for text in (*said, "data: [DONE]\n\n")]
    return [HEAD, *[b"%x\r\n%b\r\n" % (len(each), each) for each in pieces], b"0\r\n\r\n"]


async def sent(
    root: Path,
    candidate: Scripted,
    body: dict[str, Any],
    dialect: str = "responses",
    limit: int = 1 << 20,
) -> tuple[Recorded, Sender]:
    """The record of one copy."""
    upstream = {"url": candidate.url, "adapt": "responses-to-chat"}
    given = {"upstreams": {"new": upstream}, "shadow": {"upstream": "new"}}
    settings = Settings.model_validate(given)
    journal = JournalWriter(root, "w", Rules(min_free_bytes=0))
    redactor = Redactor(b"key", RedactSettings())
    sender = Sender(settings, Recorder(journal, redactor, body_limit=limit))
    permit = sender.permit()
    assert permit is not None
    path = "/v1/responses" if dialect == "responses" else "/v1/chat/completions"
    copied = Copied(dialect, path, [(b"Accept-Encoding", b"gzip")], json.dumps(body).encode())
    assert sender.adapts(copied) is (dialect == "responses")
    await sender.send(Job(bytes(16), "new", copied), permit)
    [call] = Tail(root / "w").poll().calls
    return call, sender


def told(call: Recorded) -> bytes:
    return b"".join(chunk.data for chunk in call.chunks)


async def test_a_json_answer_comes_back_in_the_client_s_dialect(tmp_path: Path) -> None:
    async with Scripted(always(sized(SAID, JSON))).running() as candidate:
        call, sender = await sent(tmp_path, candidate, {"model": "m", "input": "hi"})
    [seen] = candidate.seen
    assert seen.target == "/v1/chat/completions"
    assert json.loads(seen.body)["messages"] == [{"role": "user", "content": "hi"}]
    answer = json.loads(told(call))
    assert answer["object"] == "response"
    assert answer["output"][0]["content"][0]["text"] == "ho"
    assert (call.target, json.loads(call.request_body)["input"]) == ("/v1/responses", "hi")
    assert (call.outcome, call.status, call.judged) == (Outcome.COMPLETED, 200, {})
    assert [attempt.target for attempt in call.attempts] == ["/v1/chat/completions"]
    assert (sender.sent, sender.failed) == (1, 0)


async def test_a_stream_comes_back_as_events_of_the_client_s_dialect(tmp_path: Path) -> None:
    async with Scripted(always(*stream())).running() as candidate:
        asked = {"model": "m", "input": "hi", "stream": True}
        call, _ = await sent(tmp_path, candidate, asked)
    assert b"event: response.completed" in told(call)
    assert ("Content-Type", "text/event-stream") in call.response_headers
    assert call.outcome is Outcome.COMPLETED


async def test_a_model_that_never_ends_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_send, "LEAST_LIMIT", 100)
    async with Scripted(always(*stream())).running() as candidate:
        asked = {"model": "m", "input": "hi", "stream": True}
        call, sender = await sent(tmp_path, candidate, asked, limit=100)
    assert (call.outcome, call.response_truncated) == (Outcome.UPSTREAM_INVALID, True)
    assert "it is longer than 100 bytes" in (sender.last_error or "")
    [tried] = call.attempts
    assert tried.outcome is Outcome.UPSTREAM_INVALID


async def test_a_dialect_that_needs_no_help_gets_none(tmp_path: Path) -> None:
    async with Scripted(always(sized(SAID, JSON))).running() as candidate:
        call, _ = await sent(tmp_path, candidate, {"model": "m", "messages": []}, "chat")
    assert told(call) == SAID
    assert call.attempts == []


async def test_an_answer_without_a_body_has_its_status(tmp_path: Path) -> None:
    async with Scripted(always(sized(b"", status=b"503 Busy"))).running() as candidate:
        call, sender = await sent(tmp_path, candidate, {"model": "m", "input": "hi"})
    assert call.status == 503
    assert (sender.failed, sender.last_error) == (1, "it answers 503")


async def test_what_has_no_counterpart_is_no_failure_of_the_candidate(tmp_path: Path) -> None:
    async with Scripted(always(sized(SAID, JSON))).running() as candidate:
        body = {"model": "m", "input": [{"type": "item_reference", "id": "i"}]}
        call, sender = await sent(tmp_path, candidate, body)
    assert candidate.seen == []
    assert call.error
    assert (sender.sent, sender.failed, call.attempts) == (1, 1, [])
    for _ in range(9):
        assert sender.permit() is not None
