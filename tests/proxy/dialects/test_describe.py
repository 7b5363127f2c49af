"""A recorded call to its meaning: captured Codex traffic, and whatever strangers send."""

import gzip
import json
import re
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from driftgate.proxy.dialects import describe, dialect_of
from driftgate.proxy.dialects.describe import STEPS, Described
from driftgate.proxy.record import Chunk, Recorded

PATHS = ["/v1/responses", "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/api/chat",
         "/api/generate", "/api/embed", "/api/show", "/v1/models", "/other"]  # fmt: skip
WORDS = [
    "type", "model", "input", "messages", "content", "role", "text", "tool_calls", "function",
    "name", "arguments", "choices", "delta", "index", "output", "item", "output_index", "item_id",
    "response", "error", "message", "usage", "timings", "tools", "metadata", "client_metadata",
    "options", "format", "reasoning", "status", "summary", "stop", "id", "call_id", "prompt",
    "user", "assistant", "tool", "response.completed", "response.output_item.done",
    "response.output_text.delta", "response.function_call_arguments.delta", "message",
    "function_call", "custom_tool_call", "namespace", "json_schema", "schema",
    "prompt_tokens_details", "eval_count", "eval_duration", "done", "x-codex-turn-metadata",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8).map(
    lambda value: json.dumps(value).encode()
)
BODIES = OBJECTS | st.binary(max_size=200)
STREAMS = st.lists(
    BODIES.map(lambda b: b"data: " + b + b"\n\n") | BODIES.map(lambda b: b + b"\n") | BODIES,
    max_size=6,
)
CONTENT_TYPES = [[("Content-Type", kind)] for kind in ("text/event-stream", "application/x-ndjson")]
CODINGS = st.sampled_from([[], [("content-encoding", "gzip")], [("Content-Encoding", "zstd, br")]])


CALLS = st.builds(
    lambda path, body, stream, status, asked, told: Recorded(
        bytes(16),
        0,
        "w",
        target=path,
        request_body=body,
        request_headers=asked,
        status=status,
        response_headers=told,
        chunks=[Chunk(n, data) for n, data in enumerate(stream)],
    ),
    st.sampled_from(PATHS),
    BODIES,
    STREAMS,
    st.sampled_from([None, 200, 500]),
    CODINGS,
    CODINGS | st.sampled_from(CONTENT_TYPES),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(CALLS)
@example(Recorded(bytes(16), 0, "w", target="/v1/responses", request_body=b'{"input": 1}'))
def test_whatever_strangers_send_is_read_without_an_error(call: Recorded) -> None:
    found = Described(dialect_of(call.target))
    for step in STEPS:  # describe() would log what they raise, and go on
        step(call, found, 1 << 16)
    repr(found).encode()
    for item in found.request.items:
        json.loads(found.body[item.start : item.end].decode("utf-8", "replace"), strict=False)
        item.text.encode()
    (found.answer.text or "").encode()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.binary(max_size=60)), max_size=5))
def test_arbitrary_websocket_bytes_are_read_without_an_error(frames: Any) -> None:
    call = Recorded(bytes(16), 0, "w", target="/v1/responses", status=101, frames=frames)
    for step in STEPS:
        step(call, Described("responses"), 1 << 16)


def test_an_error_of_ours_is_logged_and_the_rest_is_read(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    call = make.recorded("/api/chat", {"model": "m"}, {"message": {"content": "a"}})
    call.response_headers = [("no pair",)]  # a broken record
    found = describe(call)
    assert found.request.parameters.model == "m"
    assert found.answer.text is None
    assert "_read_answer" in caplog.text


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/responses", "responses"),
        ("/u/local/v1/responses?tag=abc", "responses"),
        ("/responses/", "responses"),
        ("/v1/chat/completions", "chat"),
        ("/api/v1/chat/completions", "chat"),
        ("/v1/completions", "completions"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/models", "models"),
        ("/api/v0/models", "models"),
        ("/anything/api/chat", "ollama_chat"),
        ("/api/generate", "ollama_generate"),
        ("/api/embed", "ollama_embed"),
        ("/api/embeddings", "ollama_embed"),
        ("/api/tags", "ollama"),
        ("/api/blobs/sha256:abc", "ollama"),
        ("/api/v0/other", None),
        ("/api", None),
        ("/", None),
        ("", None),
        ("/health", None),
        ("/x?y=/v1/responses", None),
    ],
)
def test_a_path_has_its_dialect(path: str, dialect: str | None) -> None:
    assert dialect_of(path) == dialect


@pytest.mark.parametrize(
    ("coding", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
def test_compressed_bodies_are_read_and_offsets_refer_to_the_decoded(
    make: Any, coding: str, encode: Any
) -> None:
    body = json.dumps({"model": "m", "input": [{"role": "user", "content": "hi"}]}).encode()
    answer = encode(b'{"output":[{"type":"message","content":"yo"}]}')
    call = make.recorded(
        "/v1/responses", encode(body), answer, headers=[("Content-Encoding", coding)]
    )
    call.response_headers.append(("content-encoding", coding))
    found = describe(call)
    assert (found.body, found.body_complete) == (body, True)
    assert (found.request.items[0].text, found.answer.text) == ("hi", "yo")


def test_a_body_beyond_the_limit_is_cut_and_has_no_digest(make: Any) -> None:
    call = make.recorded("/v1/responses", gzip.compress(b'{"input":"' + b"x" * 9999 + b'"}'),
                         headers=[("content-encoding", "gzip")])  # fmt: skip
    found = describe(call, decode_limit=100)
    assert (len(found.body), found.body_complete, found.request.digest) == (100, False, None)


def test_an_unknown_path_has_an_identity_and_its_error(make: Any) -> None:
    found = make.call("/other", {"model": "m"}, b"no", status=404, headers=[("User-Agent", "x")])
    assert (found.dialect, found.request.parameters.model) == (None, None)
    assert (found.identity.user_agent, found.answer.error) == ("x", "no")


def test_a_call_without_an_answer_has_no_meaningful_one(make: Any) -> None:
    assert make.call("/v1/responses", {"model": "m"}).answer.complete is False


def test_every_captured_request_is_read(codex: Any) -> None:
    seen = 0
    for name in codex.names():
        call = codex.recorded(name)
        if not call.target.endswith("/responses") or call.method == "GET" or not call.request_body:
            continue
        found = describe(call)
        if "zstd" in name or call.status == 426:
            continue
        seen += 1
        body = json.loads(call.request_body)
        assert found.request.parameters.model == body["model"], name
        if isinstance(body["input"], list):
            cut = [json.loads(found.body[i.start : i.end]) for i in found.request.items]
            assert cut == body["input"], name
            assert found.identity.thread_id == body["client_metadata"]["thread_id"], name
            assert found.identity.turn_id == body["client_metadata"]["turn_id"], name
            assert found.identity.request_kind == "turn", name
        assert found.answer.text or found.answer.tool_calls or found.answer.error, name
    assert seen > 40


def test_captured_retries_have_one_digest_and_new_requests_another(codex: Any) -> None:
    groups: dict[str, set[str | None]] = {}
    for name in codex.names():
        scenario = re.sub(r"\.\d+$", "", name)
        if "websocket" in name or "oss" in name or "chatgpt" in name:
            continue
        groups.setdefault(scenario, set()).add(describe(codex.recorded(name)).request.digest)
    assert len(groups["retry_503_twice_then_ok"]) == 1
    assert len(groups["dropped_stream_twice_then_ok"]) == 1
    assert len(groups["tool_loop_full_access"]) == 4


def test_captured_streams_of_every_kind_give_their_text(codex: Any) -> None:
    def text(name: str) -> str | None:
        return describe(codex.recorded(name)).answer.text

    assert text("no_deltas_only_item_done.01") == "This answer is cut off in the middle, sorry."
    assert text("sse_data_lines_only.01") == "No event: lines."
    assert (text("sse_crlf_37byte_chunks.01") or "").startswith("Split across chunks")
    assert (text("clean_eof_before_completed.01") or "").startswith("This answer is")
    assert describe(codex.recorded("reasoning_item.01")).answer.reasoning
    failed = describe(codex.recorded("response_failed_rate_limit.01")).answer
    assert (failed.finish_reason, "try again" in (failed.error or "")) == ("failed", True)


def test_a_captured_request_is_a_prefix_of_the_next_one_at_a_boundary(codex: Any) -> None:
    first = describe(codex.recorded("tool_loop_full_access.01"))
    second = describe(codex.recorded("tool_loop_full_access.02"))
    last = first.request.items[-1].end
    assert last in second.request.boundaries
    assert first.body[:last] == second.body[:last]
