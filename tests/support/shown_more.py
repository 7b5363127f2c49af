"""The calls of `shown` that are unlike others: encoded, repeated, continued, copied, no generation."""

import gzip
import json
from typing import Any
from unittest import mock

from driftgate.proxy import shadow as shadows
from driftgate.proxy.settings.shadow import Shadow as Settings
from driftgate.proxy.shadow import Shadow
from tests.support.scripted import always, sized
from tests.support.shown_calls import MODEL, Ids, said, user
from tests.support.shown_stage import Stage, id_of
from tests.support.waiting import wait_until_async

_JSON = b"Content-Type: application/json"
COPIES = 3


async def more(stage: Stage) -> Ids:
    """All but the copied ones."""
    stage.script("local", [_answer("Hello.")])
    ids = {"encoded": await _raw(stage, "POST /v1/chat/completions", gzip.compress(_hi()), "gzip")}
    models = {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
    stage.servers["local"].answer = always(sized(json.dumps(models).encode(), _JSON))
    ids["models"] = await _raw(stage, "GET /v1/models", b"")
    vector = {"object": "list", "model": "embed", "data": [{"index": 0, "embedding": [0.1, 0.2]}]}
    stage.servers["local"].answer = always(sized(json.dumps(vector).encode(), _JSON))
    asked = json.dumps({"model": "embed", "input": ["one", "two"]}).encode()
    ids["embeddings"] = await _raw(stage, "POST /v1/embeddings", asked)
    stage.servers["local"].answer = always(sized(b"<h1>It works</h1>", b"Content-Type: text/html"))
    ids["unknown"] = await _raw(stage, "GET /favicon.ico", b"")
    return ids | await _continued(stage) | await _repeated(stage)


def _hi() -> bytes:
    return json.dumps(user("Hi, in few bytes.")).encode()


async def _raw(stage: Stage, line: str, body: bytes, coding: str = "") -> str:
    head = f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    head += f"Content-Encoding: {coding}\r\n" if coding else ""
    raw = head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    return id_of(await stage.gate.fetch(raw))


async def _continued(stage: Stage) -> Ids:
    first = said("Once upon a time.", response_id="resp_story")
    asked: dict[str, Any] = {"model": MODEL, "input": "Tell me a story."}
    ids = {"story": await stage.ask("responses", asked, first)}
    asked = {"model": MODEL, "input": "Go on.", "previous_response_id": "resp_story"}
    ids["continued"] = await stage.ask("responses", asked, said("There was a river."))
    return ids


async def _repeated(stage: Stage) -> Ids:
    """A client that repeats by itself what a busy server did not answer."""
    asked, busy = user("Are you there?"), sized(b'{"error":"busy"}', _JSON, status=b"503 Busy")
    ids = {"first_try": await stage.ask("chat", asked, busy, "x-stainless-retry-count: 0")}
    ids["client_retry"] = await stage.ask("chat", asked, said("Yes."), "x-stainless-retry-count: 1")
    return ids


async def copied(stage: Stage) -> Ids:
    """Live calls whose copies went to a candidate, which answers otherwise."""
    gateway, settings = stage.gate.gateway, stage.gate.settings
    told = settings.model_copy(update={"shadow": Settings(upstream="candidate", share=1.0)})
    stage.script("candidate", [_answer("Bern, I think.")])
    ids = {}
    with mock.patch.object(shadows, "LATE_S", 60.0):  # a busy machine is no reason here
        gateway.shadow = shadow = Shadow(told, stage.gate.recorder)
        for number in range(COPIES):
            asked = user(f"What is capital number {number}?", stream=False)
            ids[f"shadowed_{number}"] = await stage.ask("chat", asked, said("Paris."))
        await wait_until_async(lambda: shadow.status()["sent"] == COPIES)
        await wait_until_async(lambda: not shadow.status()["running"])
    gateway.shadow = None
    shadow.stop()
    await shadow.ended()
    return ids


def _answer(text: str) -> list[bytes]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    told = {"id": "c", "object": "chat.completion", "model": "gemma4:27b", "choices": [choice]}
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    return [sized(json.dumps({**told, "usage": usage}).encode(), _JSON)]
