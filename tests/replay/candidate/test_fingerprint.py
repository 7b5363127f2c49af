"""What a configuration's upstream says it is, and whether it is there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from driftgate.proxy.upstream.fetch import Fetched
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.fingerprint import Fetch, probe, probed, unreachable
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned

MODELS = {"data": [{"id": "gemma4", "aliases": ["g4", 3], "meta": {"n_ctx": 4096}}, "x", {"id": 3}]}
LOCAL = Configuration(upstream="http://h/v1", verify_tls=False)


def asking(answers: dict[str, Any], asked: list[str]) -> Fetch:
    async def request(
        method: str, url: str, body: bytes | None = None, **limits: Any
    ) -> Fetched | None:
        asked.append(f"{method} {url} {body!r}")
        assert limits["verify_tls"] is False
        found = answers.get(url.removeprefix("http://h"))
        if found is None or isinstance(found, int):
            return None if found is None else Fetched(found, b"")
        return Fetched(200, json.dumps(found).encode())

    return request


@pytest.fixture
def canned() -> Iterator[Canned]:
    server = Canned()
    yield server
    server.close()


async def test_facts_and_listed_models_are_read_as_the_proxy_reads_them() -> None:
    asked: list[str] = []
    answers = {"/props": {"build_info": "b1", "chat_template": "{{x}}"}, "/v1/models": MODELS}
    told = await probed(LOCAL, "gemma4", request=asking(answers, asked))
    assert told.facts["server"] == "llama.cpp"
    assert (told.facts["version"], told.facts["n_ctx"]) == ("b1", 4096)
    assert told.models == ("gemma4", "g4")
    assert told.reason is None
    assert not any("/api/show" in each for each in asked)


async def test_a_server_that_speaks_ollama_is_asked_about_the_model() -> None:
    asked: list[str] = []
    answers = {
        "/api/version": {"version": "0.20"},
        "/api/tags": {"models": [{"name": "gemma4:latest", "digest": "d"}]},
        "/api/show": {"parameters": "temperature 1"},
    }
    told = await probed(LOCAL, "gemma4", request=asking(answers, asked))
    assert (told.facts["digest"], told.facts["parameters"]) == ("d", "temperature 1")
    assert told.models == ("gemma4:latest",)
    assert """POST http://h/api/show b'{"model": "gemma4"}'""" in asked


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, "http://h does not answer"),
        ({"/props": 404, "/v1/models": 404}, "http://h does not say what it is"),
        ({"/props": 404, "/v1/models": 401}, "http://h answers 401 to whoever asks without a key"),
    ],
)
async def test_a_server_that_tells_nothing_has_no_facts_and_a_reason(
    answers: dict[str, Any], reason: str
) -> None:
    told = await probed(LOCAL, None, request=asking(answers, []))
    assert (told.facts, told.models, told.reason) == ({}, (), reason)


async def test_without_an_upstream_nobody_is_asked() -> None:
    assert (await probed(Configuration(), None)).reason == "no upstream is named"
    assert await unreachable(Configuration()) is None


async def test_a_real_server_is_asked(canned: Canned) -> None:
    canned.answer("/v1/models", MODELS)
    assert (await probe(Configuration(upstream=canned.url), "gemma4"))["model"] == "gemma4"
    for upstream in (canned.url, f"{canned.url}/v1"):
        assert await unreachable(Configuration(upstream=upstream)) is None
    assert canned.asked[-1][1] == "/v1/models"


async def test_a_server_that_is_not_there_is_told_in_one_line() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = await unreachable(Configuration(upstream=url))
    assert told is not None
    assert url in told
    assert "is the model server running?" in told
    assert "\n" not in told


async def test_a_server_that_answers_with_an_error_is_there(canned: Canned) -> None:
    assert await unreachable(Configuration(upstream=f"{canned.url}/nothing")) is None
