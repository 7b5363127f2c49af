"""A call's spans: names, times, attributes, events; and no content unless it is asked for."""

import dataclasses
import json
import re
from typing import Any

import pytest
from opentelemetry.semconv._incubating.attributes import (
    gen_ai_attributes,
    openai_attributes,
    process_attributes,
)
from opentelemetry.semconv.attributes import (
    client_attributes,
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
    user_agent_attributes,
)

from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.telemetry.attempts import attempts_of
from driftgate.proxy.telemetry.calls import spans_of
from driftgate.proxy.telemetry.context import Context
from driftgate.proxy.telemetry.places import Places
from driftgate.proxy.telemetry.span import Kind, Span
from tests.support.kept_calls import (
    ANSWERED,
    ASKED,
    CALL_ID,
    FIRST_SPAN,
    MS,
    PROMPT,
    SECOND_SPAN,
    SERVER_SPAN,
    STARTED_NS,
    attempt,
    chunks,
    kept_call,
    recorded,
)
from tests.support.processes import ROOT

TRACE = "0af7651916cd43dd8448eb211c80319c"
CODEX = {"kind": "codex", "codex": {"model": "m"}, "url": "codex://helper"}
PLACES = Places({
    "local": Upstream(url="http://127.0.0.1:8080/base"),
    "tls": Upstream(url="https://models.example"),
    "helper": Upstream.model_validate(CODEX),
})  # fmt: skip
OPENING = {"contract": "strict", "verdict": "fail", "contract_id": None, "judged_us": 1}
WRONG = {
    "source": "contract",
    "keyword": "enum",
    "path": "text/unit",
    "reason": f"'{PROMPT}' is none of 3",
    "severity": "error",
}


def spans(call: Recorded, *, content: bool = False, **columns: Any) -> list[Span]:
    made = kept_call(call, **columns)
    row = made.kept
    found = spans_of(
        made,
        row,
        attempts_of(made, row, PLACES),
        Context(TRACE, "00f067aa0ba902b7"),
        content=content,
    )
    told = repr([dataclasses.asdict(span) for span in found])
    assert content or PROMPT not in told
    return found


def test_a_plain_call_is_a_server_span_with_a_client_span_below() -> None:
    server, client = spans(recorded())
    assert (server.name, server.kind) == ("POST /v1/chat/completions", Kind.SERVER)
    assert (server.trace_id, server.parent_id, server.remote) == (TRACE, "00f067aa0ba902b7", True)
    assert (server.start_ns, server.end_ns) == (STARTED_NS, STARTED_NS + 30 * MS)
    assert (client.name, client.kind) == ("chat gemma4", Kind.CLIENT)
    assert (client.trace_id, client.parent_id) == (TRACE, server.span_id)
    assert (server.span_id, client.span_id) == (SERVER_SPAN, FIRST_SPAN)
    assert (client.start_ns, client.end_ns) == (STARTED_NS + 1 * MS, STARTED_NS + 30 * MS)
    assert (server.error, client.error) == (None, None)


def test_the_proxy_s_own_span_tells_of_http_and_of_the_history() -> None:
    server = spans(recorded(), fingerprint_id="ab" * 16, retry_of="cd" * 16)[0]
    told = server.attributes
    assert {name: told[name] for name in told if not name.startswith("driftgate")} == {
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "http.response.status_code": 200,
        "http.request.body.size": len(json.dumps(ASKED)),
        "http.response.body.size": len(json.dumps(ANSWERED)),
        "url.path": "/v1/chat/completions",
        "url.scheme": "http",
        "client.address": "127.0.0.1",
        "client.port": 5000,
        "user_agent.original": "test/1",
        "gen_ai.conversation.id": "s1",
    }
    assert told["driftgate.call.id"] == "0190a0a0-aaaa-7000-b000-000000000001"
    assert told["driftgate.fingerprint.id"] == "abababab-abab-abab-abab-abababababab"
    assert told["driftgate.retry_of"] == "cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd"
    assert (told["driftgate.session"], told["driftgate.outcome"]) == ("s1", "completed")
    assert (told["driftgate.contract"], told["driftgate.verdict"]) == ("builtin", "pass")


def test_the_attempt_s_span_tells_of_the_model_by_the_conventions() -> None:
    client = spans(recorded())[1]
    told = {n: v for n, v in client.attributes.items() if not n.startswith("driftgate")}
    assert told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gemma4",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_k": 40.0,
        "gen_ai.request.seed": 7,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.conversation.id": "s1",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gemma4:12b",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.reasoning.output_tokens": 1,
        "openai.api.type": "chat_completions",
        "openai.response.system_fingerprint": "fp",
        "server.address": "127.0.0.1",
        "server.port": 8080,
        "http.response.status_code": 200,
    }


def test_all_names_are_the_conventions_own() -> None:
    modules = [gen_ai_attributes, openai_attributes, process_attributes, client_attributes]
    modules += [error_attributes, http_attributes, server_attributes, url_attributes]
    known = {
        value
        for module in (*modules, user_agent_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    } | {
        "http.request.body.size",
        "http.response.body.size",
        "gen_ai.usage.reasoning.output_tokens",
    }
    stream = {**ASKED, "stream": True, "response_format": {"type": "json_object"}}
    told = {
        name
        for call in (recorded(), recorded(stream), recorded(method="BREW", status=500))
        for span in spans(call, content=True)
        for name in (*span.attributes, *(n for event in span.events for n in event.attributes))
    }
    assert {name for name in told if not name.startswith("driftgate.")} <= known
    assert len(told) > 40


@pytest.mark.parametrize(
    ("target", "dialect_name", "operation", "provider"),
    [
        ("/u/x/v1/responses", "responses", "chat", "openai"),
        ("/api/chat", "ollama_chat", "chat", "ollama"),
        ("/v1/completions", "completions", "text_completion", "openai"),
        ("/api/generate", "ollama_generate", "text_completion", "ollama"),
        ("/v1/embeddings", "embeddings", "embeddings", "openai"),
        ("/api/embed", "ollama_embed", "embeddings", "ollama"),
    ],
)
def test_each_dialect_is_an_operation(
    target: str, dialect_name: str, operation: str, provider: str
) -> None:
    asked = {"model": "m", "input": "x", "prompt": "x", "messages": []}
    server, client = spans(recorded(asked, target=target))
    assert server.name == f"POST {target}"
    assert client.name == f"{operation} m"
    assert client.attributes["gen_ai.operation.name"] == operation
    assert client.attributes["gen_ai.provider.name"] == provider


def test_what_asks_no_model_is_plain_http() -> None:
    call = recorded(method="GET", target="/health", request_body=b"", chunks=chunks(b"ok"))
    server, client = spans(call)
    assert (server.name, client.name) == ("GET", "GET")  # an unknown path is no route
    assert "http.route" not in server.attributes
    assert client.attributes["http.request.method"] == "GET"
    assert (
        "http.request.method" not in spans(recorded())[1].attributes
    )  # of a model's it is GenAI's
    assert not [name for name in client.attributes if name.startswith("gen_ai.")]
    assert client.events == ()


def test_a_method_of_a_stranger_s_is_no_name() -> None:
    for span in spans(recorded(method="B" * 500, target="/x")):
        assert span.name == "HTTP"
        assert span.attributes["http.request.method"] == "_OTHER"
        assert span.attributes["http.request.method_original"] == "B" * 500


def test_a_stream_tells_when_its_first_bytes_came() -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    headers = [("content-type", "text/event-stream")]
    pieces = [Chunk(21 * MS, event), Chunk(25 * MS, b"data: [DONE]\n\n")]
    call = recorded(
        {**ASKED, "stream": True}, chunks=pieces, response_headers=headers, first_byte_ns=21 * MS
    )
    told = spans(call)[1].attributes
    assert told["gen_ai.request.stream"] is True
    assert told["gen_ai.response.time_to_first_chunk"] == pytest.approx(0.020)
    assert "gen_ai.response.time_to_first_chunk" not in spans(recorded())[1].attributes


def test_an_upstream_s_error_is_the_attempt_s_and_with_5xx_the_call_s() -> None:
    server, client = spans(recorded(status=404, chunks=chunks({"error": {"message": PROMPT}})))
    assert (client.error, client.attributes["error.type"]) == ("", "404")
    assert (server.error, "error.type" in server.attributes) == (None, False)
    server, client = spans(recorded(status=503))
    assert server.attributes["error.type"] == client.attributes["error.type"] == "503"
    assert server.error == ""


def test_an_upstream_that_cannot_be_reached_was_tried_and_says_why() -> None:
    call = recorded(
        outcome=Outcome.UPSTREAM_REFUSED,
        error="driftgate cannot reach upstream 'local'",
        status=502,
        chunks=[],
        forwarded_ns=None,
        first_byte_ns=None,
    )
    server, client = spans(call)
    assert client.attributes["error.type"] == "upstream_refused"
    assert client.error == server.error == "driftgate cannot reach upstream 'local'"
    assert client.start_ns == STARTED_NS


def test_words_that_may_quote_are_told_with_content_alone() -> None:
    call = recorded(
        outcome=Outcome.UPSTREAM_INVALID, error=f"it begins with '{PROMPT}'", status=502
    )
    assert [span.error for span in spans(call)] == ["", ""]
    assert spans(call, content=True)[1].error == f"it begins with '{PROMPT}'"


def test_what_was_refused_was_asked_of_nobody() -> None:
    refused = recorded(outcome=Outcome.REFUSED, status=503, forwarded_ns=None, chunks=[])
    (server,) = spans(refused)
    assert server.attributes["error.type"] == "refused"
    (server,) = spans(
        recorded(outcome=Outcome.CLIENT_INVALID, status=400, forwarded_ns=None, chunks=[])
    )
    assert server.error is None  # it is the client's


def test_a_client_that_leaves_is_no_error() -> None:
    server, client = spans(recorded(outcome=Outcome.CLIENT_GONE, status=200, chunks=[]))
    assert (server.error, client.error) == (None, None)
    assert server.attributes["driftgate.outcome"] == "client_gone"


def test_a_call_that_was_cut_off_ends_with_what_is_known_of_it() -> None:
    call = recorded(outcome=Outcome.INTERRUPTED, ended_ns=None, forwarded_ns=None)
    server, client = spans(call)
    assert (server.end_ns, client.end_ns) == (STARTED_NS + 20 * MS, STARTED_NS + 20 * MS)
    assert server.attributes["error.type"] == "interrupted"
    (server,) = spans(
        recorded(
            outcome=Outcome.INTERRUPTED,
            ended_ns=None,
            forwarded_ns=None,
            first_byte_ns=None,
            status=None,
            chunks=[],
        )
    )
    assert server.end_ns == server.start_ns


def test_each_attempt_has_a_span_with_its_own_answer_and_verdict() -> None:
    wrong = {**ANSWERED, "id": "first", "usage": {"prompt_tokens": 5, "completion_tokens": 50}}
    changed = json.dumps({**ASKED, "temperature": 0.0}).encode()
    tries = [
        attempt(1, "first", chunks=chunks(wrong), judged={**OPENING, "violations": [WRONG]}),
        attempt(
            2, "reask", upstream="tls", request_body=changed, judged={**OPENING, "verdict": "pass"}
        ),
    ]
    judged = {**OPENING, "verdict": "pass"}
    server, first, second = spans(recorded(attempts=tries, judged=judged))
    assert (first.span_id, second.span_id) == (FIRST_SPAN, SECOND_SPAN)
    assert first.parent_id == second.parent_id == server.span_id
    floor_ns = STARTED_NS // 1000 * 1000  # the history keeps microseconds of an attempt's start
    assert (first.start_ns, first.end_ns) == (floor_ns + 5 * MS, floor_ns + 15 * MS)
    assert (second.start_ns, second.end_ns) == (floor_ns + 17 * MS, floor_ns + 27 * MS)
    one, two = first.attributes, second.attributes
    assert (one["gen_ai.response.id"], two["gen_ai.response.id"]) == ("first", "chatcmpl-1")
    assert (one["gen_ai.usage.output_tokens"], two["gen_ai.usage.output_tokens"]) == (50, 3)
    assert (one["gen_ai.request.temperature"], two["gen_ai.request.temperature"]) == (0.5, 0.0)
    assert (one["driftgate.attempt.reason"], two["driftgate.attempt.reason"]) == ("first", "reask")
    assert (two["server.address"], two["server.port"]) == ("models.example", 443)
    assert server.attributes["driftgate.attempts"] == 2
    assert [event.attributes["gen_ai.evaluation.score.label"] for event in first.events] == [
        "fail",
        "fail",
    ]
    assert [event.attributes["gen_ai.evaluation.name"] for event in first.events] == [
        "strict",
        "strict/enum",
    ]
    assert [event.attributes["gen_ai.evaluation.score.label"] for event in second.events] == [
        "pass"
    ]
    assert first.events[0].name == "gen_ai.evaluation.result"
    assert first.events[0].at_ns == first.end_ns


def test_reasons_quote_the_answer_and_are_told_with_content_alone() -> None:
    tries = [attempt(1, "first", judged={**OPENING, "violations": [WRONG]})]
    call = recorded(attempts=tries, judged=OPENING)
    explained = [e.attributes["gen_ai.evaluation.explanation"] for e in spans(call)[1].events]
    assert explained == ["enum", "enum (contract)"]
    told = spans(call, content=True)[1].events[1].attributes
    assert told["gen_ai.evaluation.explanation"] == f"text/unit: '{PROMPT}' is none of 3"


def test_a_request_that_breaks_its_contract_is_judged_on_the_call_itself() -> None:
    judged = {**OPENING, "violations": [WRONG]}
    call = recorded(
        outcome=Outcome.REFUSED, status=400, forwarded_ns=None, judged=judged, chunks=[]
    )
    (server,) = spans(call)
    assert [event.attributes["gen_ai.evaluation.name"] for event in server.events] == [
        "strict",
        "strict/enum",
    ]


def test_an_agent_is_invoked() -> None:
    client = spans(recorded({**ASKED, "model": "any"}, upstream="helper"))[1]
    assert client.name == "invoke_agent helper"
    assert client.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert client.attributes["gen_ai.agent.name"] == "helper"
    assert client.attributes["gen_ai.provider.name"] == "driftgate"
    assert "server.address" not in client.attributes


def test_content_comes_when_asked_for() -> None:
    client = spans(recorded(), content=True)[1]
    asked = json.loads(str(client.attributes["gen_ai.input.messages"]))
    assert asked[-1] == {"role": "user", "parts": [{"type": "text", "content": PROMPT}]}
    answered = json.loads(str(client.attributes["gen_ai.output.messages"]))
    assert answered[0]["parts"] == [{"type": "text", "content": "an answer"}]


def test_an_upstream_that_the_settings_do_not_name_any_more_has_no_address() -> None:
    client = spans(recorded(upstream="gone"))[1]
    assert "server.address" not in client.attributes
    assert client.attributes["driftgate.upstream"] == "gone"


def test_long_texts_of_strangers_are_bounded() -> None:
    call = recorded({**ASKED, "model": "m" * 100_000, "stop": ["s" * 10_000] * 50})
    client = spans(call)[1]
    assert len(client.name) <= 300
    assert len(str(client.attributes["gen_ai.request.model"])) == 4096
    stops = client.attributes["gen_ai.request.stop_sequences"]
    assert isinstance(stops, list)
    assert (len(stops), len(stops[0])) == (16, 200)


def test_ids_are_those_of_the_call() -> None:
    made = kept_call()
    assert made.kept["call_id"] == CALL_ID.hex()


def test_the_page_names_every_attribute_and_no_other() -> None:
    text = (ROOT / "docs" / "traces.md").read_text(encoding="utf-8")
    part = text.split("### Attributes")[1].split("## Your own traces")[0]
    named = set(
        re.findall(
            r"`((?:gen_ai|driftgate|http|url|server|client|openai|user_agent|error|process)\.[a-z_.]+)`",
            part,
        )
    )
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "proxy" / "telemetry").glob("*.py")
        if path.name not in ("measures.py", "sender.py")
    )  # fmt: skip
    made = set(
        re.findall(
            r'"((?:gen_ai|driftgate|http|url|server|client|openai|user_agent|error|process)\.[a-z_.]+)"',
            source,
        )
    )
    assert named - {"gen_ai.evaluation.result"} == made - {"gen_ai.evaluation.result"}
