"""The server's probes, controls, pace, and what strangers may send it."""

import asyncio
import gzip
import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.sim.background import RunningSim, running
from driftgate.sim.engine import SimSettings
from driftgate.sim.server import listening
from driftgate.sim.wire import Pace


def ask(
    sim: RunningSim,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    where = urlsplit(sim.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=10)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def get(sim: RunningSim, path: str) -> Any:
    answer, data = ask(sim, "GET", path)
    assert answer.status == 200
    return json.loads(data)


def test_it_says_that_it_is_a_simulation(sim: RunningSim) -> None:
    answer, data = ask(sim, "GET", "/props")
    assert (answer.headers["Server"] or "").startswith("driftgate-sim/")
    assert json.loads(data)["build_info"].startswith("driftgate-sim")


def test_llama_servers_probes_answer(sim: RunningSim) -> None:
    assert get(sim, "/health") == {"status": "ok"}
    assert get(sim, "/props")["default_generation_settings"]["n_ctx"] == 8192
    assert get(sim, "/v1/models") == get(sim, "/models")
    assert len(get(sim, "/slots")) == 4


def test_the_ollama_version_is_new_enough_for_codex(sim: RunningSim) -> None:
    version = get(sim, "/api/version")["version"]
    assert tuple(map(int, version.split("."))) >= (0, 13, 4)


def test_the_loaded_model_changes_at_run_time(sim: RunningSim) -> None:
    before = get(sim, "/props"), get(sim, "/api/ps"), get(sim, "/api/tags")
    answer, _ = ask(sim, "PUT", "/sim/model", b"gemma4-sim:v2")
    assert answer.status == 200
    after = get(sim, "/props"), get(sim, "/api/ps"), get(sim, "/api/tags")
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert ask(sim, "PUT", "/sim/model", b"nobody")[0].status == 400


def test_a_fault_is_set_and_ended_at_run_time(sim: RunningSim) -> None:
    body = json.dumps({"input": "hello"}).encode()
    assert ask(sim, "PUT", "/sim/fault", b"fault=status; status=502")[0].status == 200
    assert ask(sim, "POST", "/v1/responses", body)[0].status == 502
    assert get(sim, "/sim/calls")["fault"] == "fault=status; status=502"
    assert ask(sim, "DELETE", "/sim/fault")[0].status == 200
    assert ask(sim, "POST", "/v1/responses", body)[0].status == 200
    refused, told = ask(sim, "PUT", "/sim/fault", b"fault=sloth")
    assert refused.status == 400
    assert b"no fault named" in told


def test_tokens_come_at_the_pace_asked_for() -> None:
    pace = Pace(tokens_per_second=50, prefill_s=0.1)
    with running(SimSettings(pace=pace)) as sim:
        for stream in (True, False):
            body = json.dumps({"prompt": "count to 10", "stream": stream}).encode()
            began = time.monotonic()
            ask(sim, "POST", "/v1/completions", body)
            assert 0.29 <= time.monotonic() - began < 3


def test_a_client_that_leaves_is_noticed_at_once(sim: RunningSim) -> None:
    where = urlsplit(sim.url)
    body = b'{"input":"hello"}'
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(
            b"POST /v1/responses HTTP/1.1\r\nHost: s\r\nx-driftgate-sim: fault=stall; seconds=60\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        _until(lambda: sim.engine.tally.open == 1)
    _until(lambda: sim.engine.tally.client_gone == 1)
    assert sim.engine.tally.open == 0


def _until(met: Any) -> None:
    limit = time.monotonic() + 5
    while not met():
        assert time.monotonic() < limit
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
def test_compressed_requests_are_read(sim: RunningSim, coding: str, pack: Any) -> None:
    body = pack(json.dumps({"input": "echo: packed"}).encode())
    headers = {"Content-Encoding": coding}
    answer, data = ask(sim, "POST", "/v1/responses", body, headers)
    assert answer.status == 200
    assert b'"packed"' in data
    assert ask(sim, "POST", "/v1/responses", b"broken", headers)[0].status == 400
    assert ask(sim, "POST", "/v1/responses", b"x", {"Content-Encoding": "br"})[0].status == 415


def test_a_large_request_is_read() -> None:
    with running(SimSettings(context=10_000_000)) as sim:
        body = json.dumps({"input": "echo: " + "word " * 600_000}).encode()
        answer, data = ask(sim, "POST", "/v1/responses", body)
    assert answer.status == 200
    assert json.loads(data)["usage"]["input_tokens"] > 600_000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nope", 404), ("GET", "/v1/responses", 405), ("POST", "/props", 405)],
)
def test_what_is_not_there_is_refused_in_the_dialects_shape(
    sim: RunningSim, method: str, path: str, status: int
) -> None:
    answer, data = ask(sim, method, path, b"{}")
    assert answer.status == status
    assert json.loads(data)["error"]["code"] == status


def test_head_has_no_body(sim: RunningSim) -> None:
    answer, data = ask(sim, "HEAD", "/health")
    assert (answer.status, data) == (200, b"")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 2) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("type", "role", "content", "text", "name")), inner)
    ),
    max_leaves=8,
)
_MEMBERS = st.sampled_from(
    [
        "model",
        "input",
        "messages",
        "prompt",
        "tools",
        "tool_choice",
        "response_format",
        "text",
        "format",
        "options",
        "stop",
        "seed",
        "max_tokens",
        "max_output_tokens",
        "temperature",
        "reasoning",
        "stream_options",
        "logprobs",
        "metadata",
    ]
)
_PATHS = (
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/show",
    "/api/pull",
)


@pytest.mark.parametrize("path", _PATHS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.dictionaries(_MEMBERS, _VALUES))
def test_whatever_is_sent_is_answered_or_refused_never_a_fault_of_ours(
    sim: RunningSim, path: str, body: dict[str, Any]
) -> None:
    answer, _ = ask(sim, "POST", path, json.dumps(body).encode())
    assert answer.status in (200, 400, 404)


@pytest.mark.parametrize("body", [b"{bad", b"[]", b"", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(sim: RunningSim, body: bytes) -> None:
    answer, data = ask(sim, "POST", "/v1/chat/completions", body)
    assert answer.status == 400
    assert json.loads(data)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("listen", ["", "8080", "host:", ":80", "127.0.0.1:99999", "no.such.:1"])
def test_a_bad_address_is_told_in_one_line(listen: str) -> None:
    with pytest.raises(UsageError, match="--listen"):
        listening(listen)


def test_a_port_in_use_is_told(sim: RunningSim) -> None:
    with pytest.raises(UsageError, match="in use"):
        listening(sim.url.removeprefix("http://"))


async def test_many_streams_at_once_are_all_whole(sim: RunningSim) -> None:
    body = json.dumps({"input": "count to 50", "stream": True}).encode()
    where = urlsplit(sim.url)

    async def one() -> bytes:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        head = f"POST /v1/responses HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        data = await reader.read()
        writer.close()
        return data

    answers = await asyncio.gather(*(one() for _ in range(50)))
    assert all(b"response.completed" in data for data in answers)


@pytest.mark.parametrize("stream", [True, False])
def test_timings_tell_the_pace(stream: bool) -> None:
    pace = Pace(tokens_per_second=100, prefill_s=0.1)
    with running(SimSettings(pace=pace)) as sim:
        body = json.dumps({"model": "x", "prompt": "count to 20", "stream": stream}).encode()
        _, data = ask(sim, "POST", "/api/generate", body)
    last = json.loads(data.splitlines()[-1])
    assert last["prompt_eval_duration"] == pytest.approx(0.1e9, rel=0.5)
    assert last["eval_duration"] == pytest.approx(0.2e9, rel=0.5)


def _post(sim: RunningSim, path: str, **body: Any) -> tuple[int, Any]:
    answer, data = ask(sim, "POST", path, json.dumps(body).encode())
    return answer.status, json.loads(data)


def test_a_chat_only_server_has_no_responses() -> None:
    with running(SimSettings(chat_only=True)) as sim:
        status, told = _post(sim, "/v1/responses", input="hello")
        assert (status, told["error"]["message"]) == (404, "File Not Found")
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
        assert ask(sim, "GET", "/v1/responses", headers=upgrade)[0].status == 404
        talk = [{"role": "user", "content": "hello"}]
        assert _post(sim, "/v1/chat/completions", messages=talk)[0] == 200


def test_a_server_of_plain_tools_refuses_all_others() -> None:
    plain = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    with running(SimSettings(strict_tools=True)) as sim:
        for kind in ("custom", "namespace", "web_search"):
            tools = [plain, {"type": kind, "name": "x"}]
            status, told = _post(sim, "/v1/responses", input="hello", tools=tools)
            assert (status, told["error"]["message"]) == (400, "'type' of tool must be 'function'")
        assert _post(sim, "/v1/responses", input="hello", tools=[plain])[0] == 200


def test_tools_that_are_dropped_are_accepted_and_not_counted() -> None:
    plain = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    space = {"type": "namespace", "name": "n", "tools": [{**plain, "name": "inner"}]}
    custom = {"type": "custom", "name": "c", "description": "Writes a patch."}

    def tokens(sim: RunningSim, *tools: Any) -> int:
        status, told = _post(sim, "/v1/responses", input="hello", tools=list(tools))
        assert status == 200
        return int(told["usage"]["input_tokens"])

    with running(SimSettings(drop_tools=True)) as sim:
        assert tokens(sim, space) == tokens(sim, custom, {"type": "web_search"}) == tokens(sim)
        assert tokens(sim, plain) > tokens(sim)
    with running() as sim:
        assert min(tokens(sim, space), tokens(sim, custom)) > tokens(sim)


def test_a_format_is_dropped_on_responses_where_so_configured() -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    text = {"format": {"type": "json_schema", "name": "a", "schema": schema}}
    said = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}

    def answer(sim: RunningSim, **body: Any) -> str:
        _, got = _post(sim, "/v1/responses", input="hello", **body)
        return str(got["output"][-1]["content"][0]["text"])

    with running(SimSettings(responses_format="drop")) as sim:
        assert answer(sim, text=text).startswith("H")
        assert isinstance(json.loads(answer(sim, text=text, response_format=said)), list)
    with running() as sim:
        assert isinstance(json.loads(answer(sim, text=text)), list)
