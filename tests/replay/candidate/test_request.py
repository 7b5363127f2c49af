"""A recorded request sent again: as it was, or changed; and what cannot be sent again."""

import gzip
import json
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.record import Recorded
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.prepared import Unreplayable
from driftgate.replay.candidate.request import prepare
from tests.replay.candidate.recorded import TARGETS, answered, call, sent, sent_body
from tests.support.parts import shared_folder

TURN = {"model": "gemma4", "messages": [{"role": "user", "content": "hi"}], "stream": True}
DIALECTS = st.sampled_from(sorted(TARGETS))
SPACED = b'{ "model" : "gemma4",\n "temperature": 0.50, "messages": [] }'
VALUES: dict[str, Any] = {
    "temperature": 0.25,
    "top_p": 0.9,
    "top_k": 7,
    "min_p": 0.05,
    "seed": 42,
    "max_tokens": 99,
    "stop": ("END", "\n\n"),
    "num_ctx": 8192,
    "reasoning_effort": "low",
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "repeat_penalty": 1.1,
}
KEPT = {"responses": "input", "chat": "messages", "completions": "prompt"}


@given(
    body=st.binary(max_size=300).filter(lambda data: not data.startswith(b"redacted: ")),
    dialect=DIALECTS,
    coding=st.sampled_from(["", "gzip", "zstd", "br"]),
)
def test_without_changes_the_recorded_bytes_go_out_whatever_they_are(
    body: bytes, dialect: str, coding: str
) -> None:
    headers = [("content-encoding", coding)] if coding else []
    prepared = sent(call(body, dialect, request_headers=headers))
    assert prepared.body == body
    assert (b"content-encoding", coding.encode()) in prepared.pairs or not coding
    assert prepared.back is None


@given(
    body=st.dictionaries(
        st.sampled_from(["model", "input", "messages", "prompt", "stream", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    ),
    dialect=DIALECTS,
)
def test_a_configuration_that_says_what_was_recorded_sends_the_recorded_bytes(
    body: dict[str, Any], dialect: str
) -> None:
    data = json.dumps({**body, "model": "m"}, indent=1).encode()
    recorded = call(data, dialect)
    assert sent(recorded, model="m", unset=["tfs_z"], patch=[]).body == data


@pytest.mark.parametrize("dialect", TARGETS)
@pytest.mark.parametrize("name", VALUES)
def test_a_parameter_that_is_set_is_read_back_and_one_that_is_unset_is_gone(
    dialect: str, name: str
) -> None:
    recorded = call({"model": "gemma4", KEPT.get(dialect, "prompt"): "hi"}, dialect)
    prepared = sent(recorded, set={name: VALUES[name]})
    again = call(prepared.body, dialect)
    read = describe(again).request.parameters
    if name == "num_ctx" and not dialect.startswith("ollama"):
        assert prepared.body == recorded.request_body
    elif hasattr(read, name):
        assert getattr(read, name) == VALUES[name]
    else:
        assert VALUES[name] in [*json.loads(again.request_body).values()] or (
            json.loads(again.request_body)["options"][name] == VALUES[name]
        )
    undone = json.loads(sent(again, unset=[name]).body)
    left = {key: value for key, value in undone.items() if value != {}}
    assert left == json.loads(recorded.request_body)


def test_the_content_coding_is_taken_off_where_something_changes() -> None:
    data = json.dumps(TURN).encode()
    for coding, coded in (("gzip", gzip.compress(data)), ("zstd", zstandard.compress(data))):
        headers = [("Content-Encoding", coding), ("content-type", "application/json")]
        prepared = sent(call(coded, request_headers=headers), model="new")
        assert json.loads(prepared.body) == {**TURN, "model": "new"}
        assert b"content-encoding" not in [name.lower() for name, _ in prepared.pairs]
        assert (b"content-type", b"application/json") in prepared.pairs


def test_what_does_not_change_a_request_leaves_its_bytes_and_coding() -> None:
    assert sent(call(SPACED), set={"temperature": 0.5}).body == SPACED
    coded = gzip.compress(SPACED)
    headers = [("content-encoding", "gzip")]
    prepared = sent(call(coded, request_headers=headers), model="gemma4")
    assert prepared.body == coded
    assert (b"content-encoding", b"gzip") in prepared.pairs


def test_everything_is_applied_in_its_order() -> None:
    body = {
        "model": "old",
        "input": [{"role": "developer", "content": "Old."}, {"role": "user", "content": "hi"}],
        "temperature": 1,
        "seed": 3,
        "tools": [{"type": "function", "name": "a"}, {"type": "web_search"}],
    }
    got = sent_body(
        body,
        "responses",
        model="new",
        set={"temperature": 0.5},
        unset=["seed"],
        patch=[
            {"op": "test", "path": "/model", "value": "new"},
            {"op": "add", "path": "/input/0/content", "value": "Patched."},
        ],
        system="{recorded} And more.",
        tools={"drop": ["web_search"]},
    )
    assert got == {
        "model": "new",
        "input": [
            {"role": "developer", "content": "Patched. And more."},
            {"role": "user", "content": "hi"},
        ],
        "temperature": 0.5,
        "tools": [{"type": "function", "name": "a"}],
    }


def test_the_stream_flag_goes_as_recorded() -> None:
    assert sent_body(TURN, model="new")["stream"] is True
    assert "stream" not in sent_body({"model": "m", "messages": []}, model="new")


def test_calls_that_no_model_answers_go_as_they_are() -> None:
    said = {"model": "new", "set": {"seed": 1}, "system": "x", "fresh": ["ids"]}
    listing = call(b"", method="GET", target="/v1/models")
    assert (sent(listing, **said).body, sent(listing, **said).dialect) == (b"", "models")
    assert sent(listing, patch=[{"op": "add", "path": "/x", "value": 1}]).body == b""
    show = call({"model": "old"}, target="/api/show")
    assert json.loads(sent(show, **said).body) == {"model": "old"}
    embed = call({"model": "old", "input": "x"}, target="/v1/embeddings")
    assert json.loads(sent(embed, **said).body) == {"model": "new", "input": "x"}


@pytest.mark.parametrize(
    ("recorded", "said", "why"),
    [
        (call(frames=[(0, True, b"x")]), {}, "websocket"),
        (call(status=101), {}, "websocket"),
        (call(request_headers=[("Upgrade", "WebSocket")]), {}, "websocket"),
        (call(request_truncated=True, request_size=2000), {}, "in part: 2 of 2,000 bytes"),
        (
            call(b"redacted: body in a coding that cannot be read"),
            {},
            "redaction could not read its coding",
        ),
        (call(b"x", request_headers=[("content-encoding", "br")]), {"model": "m"}, r"\(br\)"),
        (call(b"x", request_headers=[("content-encoding", "gzip")]), {"model": "m"}, r"\(gzip\)"),
        (call(b"hello"), {"model": "m"}, "no JSON object"),
        (call(b"[1]"), {"model": "m"}, "no JSON object"),
        (call(b""), {"set": {"seed": 1}}, "no JSON object"),
        (call(b"[" * 100_000), {"model": "m"}, "no JSON object"),
        (
            call(TURN),
            {"patch": [{"op": "add", "path": "/a", "value": 1}, {"op": "remove", "path": "/b"}]},
            r"patch\[1\] \(remove /b\) does not apply: ",
        ),
        (
            call(TURN),
            {"patch": [{"op": "replace", "path": "", "value": 3}]},
            "no JSON object of it",
        ),
        (
            call({"input": "x", "background": True}, "responses"),
            {"adapt": "responses-to-chat"},
            "background: this upstream speaks chat completions only",
        ),
    ],
)
def test_what_cannot_be_sent_again_is_told_in_one_line(
    recorded: Recorded, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(Unreplayable, match=why) as caught:
        sent(recorded, **said)
    assert "\n" not in str(caught.value)


def test_a_patch_is_the_same_for_each_call() -> None:
    patch = [
        {"op": "add", "path": "/metadata", "value": {}},
        {"op": "add", "path": "/metadata/x", "value": 1},
    ]
    configuration = Configuration.model_validate({"patch": patch})
    for _ in range(2):
        got = prepare(call(TURN), configuration, earlier=lambda _: None, environ={})
        assert json.loads(got.body)["metadata"] == {"x": 1}
    assert configuration.patch[0]["value"] == {}


def test_a_request_that_builds_on_an_earlier_one_is_sent_whole() -> None:
    first = answered({"input": "one", "model": "m"}, {"output": [{"type": "message", "id": "a"}]})
    body = {"previous_response_id": "r1", "input": [{"role": "user", "content": "two"}]}
    for data in (json.dumps(body), json.dumps(body).replace("_", "\\u005f", 1)):
        recorded = call(data.encode(), "responses")
        got = prepare(recorded, Configuration(), earlier={"r1": first}.get, environ={})
        assert [item.get("content") for item in json.loads(got.body)["input"]] == [
            "one",
            None,
            "two",
        ]
        assert "previous_response_id" not in json.loads(got.body)


def test_no_earlier_response_changes_nothing() -> None:
    data = b'{"input": "x",  "previous_response_id": null}'
    assert sent(call(data, "responses")).body == data


@pytest.mark.parametrize(
    ("upstream", "target", "goes_to"),
    [
        (None, "/v1/chat/completions", "/v1/chat/completions"),
        ("http://h", "/v1/chat/completions?a=1", "/v1/chat/completions?a=1"),
        ("http://h/v1", "/v1/chat/completions?a=1", "/chat/completions?a=1"),
        ("http://h/up/v1/", "/v1/chat/completions", "/chat/completions"),
        ("http://h/v1", "/chat/completions", "/chat/completions"),
        ("http://h/v1", "/v10/chat/completions", "/v10/chat/completions"),
        (None, "/v1/x?key=redacted:0123456789abcdef", "/v1/x"),
        (None, "/v1/x?a=1&key=redacted:0123456789abcdef&b=2", "/v1/x?a=1&b=2"),
        (None, "/v1/x?a=1&key=redacted:0123456789abcdef", "/v1/x?a=1"),
    ],
)
def test_the_path_is_that_of_the_upstream(upstream: str | None, target: str, goes_to: str) -> None:
    assert sent(call(target=target), upstream=upstream).target == goes_to


def test_a_real_codex_request_goes_out_whole_with_a_new_model_and_nothing_else_changed() -> None:
    captures = shared_folder() / "captures" / "codex-0.169"
    for name in ("appserver_tool_loop.02.json", "output_schema.01.json", "reasoning_item.01.json"):
        request = json.loads((captures / name).read_text(encoding="utf-8"))["request"]
        body = request["body"] if isinstance(request["body"], dict) else json.loads(request["body"])
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = [(str(key), str(value)) for key, value in request["headers"]]
        recorded = call(data, "responses", request_headers=headers)
        assert sent(recorded).body == data
        got = sent(recorded, model="gemma4:new", system="{recorded}")
        assert json.loads(got.body) == {**body, "model": "gemma4:new"}
        assert dict(got.pairs)[b"x-codex-window-id"] == dict(headers)["x-codex-window-id"].encode()
