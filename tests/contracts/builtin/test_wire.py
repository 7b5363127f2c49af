"""Findings about events and token counts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.wire import wire_findings
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.verdict import Severity
from driftgate.proxy.dialects.describe import dialect_of
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage
from driftgate.proxy.record import Chunk, Outcome, Recorded
from tests.support.backends import Backend
from tests.support.broken_answers import exchange_of, fetch

ERROR, WARNING = Severity.ERROR, Severity.WARNING
# Captures of exchanges that are meant to go wrong, with what is wrong.
BAD = {
    "clean_eof_before_completed.01": {"missing_terminal"},
    "malformed_sse_json.01": {"invalid_json"},
    "no_usage.01": {"usage_missing"},
    "dropped_stream_twice_then_ok.01": {"missing_terminal"},
    "dropped_stream_twice_then_ok.02": {"missing_terminal"},
    "stream_idle_timeout.02": {"missing_terminal"},
}


def told(
    dialect: str = "chat",
    *,
    streamed: bool = False,
    cut: bool = False,
    status: int = 200,
    body: bytes = b"{}",
    prompt: tuple[Item, ...] = (Item(0, 1, "message", "user", "Hello"),),
    **answer: Any,
) -> list[tuple[str, Severity]]:
    given = {
        "text": "Hi",
        "complete": True,
        "finish_reason": "stop",
        "usage": Usage(3, 1),
        **answer,
    }
    asked = Asked(dialect, "/", Parameters(), prompt, body=body)
    found = wire_findings(asked, Answered(status, Answer(**given), streamed=streamed, cut=cut))
    return [(violation.keyword, violation.severity) for violation in found]


def test_an_answer_without_fault_has_no_finding() -> None:
    assert told() == told(streamed=True) == []


@pytest.mark.parametrize(
    ("keyword", "severity"),
    [
        ("invalid_json", ERROR),
        ("duplicate_terminal", ERROR),
        ("event_after_terminal", ERROR),
        ("malformed_sse", ERROR),
        ("unfinished_item", ERROR),
        ("event_order", WARNING),
        ("usage_implausible", WARNING),
    ],
)
def test_a_fact_becomes_a_finding(keyword: str, severity: Severity) -> None:
    assert told(streamed=True, wire=((keyword, "event 3: no"),)) == [(keyword, severity)]


def test_the_event_stands_in_the_path() -> None:
    answer = Answer(complete=True, usage=Usage(1, 0), wire=(("invalid_json", "event 3: no JSON"),))
    (found,) = wire_findings(Asked("chat", "/", Parameters()), Answered(200, answer, streamed=True))
    assert (found.path, found.reason) == ("events/3", "no JSON")


@pytest.mark.parametrize("dialect", ["responses", "chat", "ollama_chat", "unheard-of"])
def test_a_stream_without_its_end_is_an_error(dialect: str) -> None:
    assert told(dialect, streamed=True, complete=False) == [("missing_terminal", ERROR)]


def test_a_body_that_nobody_can_read_is_an_error() -> None:
    assert told(text=None, complete=False, usage=Usage()) == [("invalid_json", ERROR)]


def test_an_error_event_ends_a_stream() -> None:
    assert told(streamed=True, complete=False, error="overloaded") == []


@pytest.mark.parametrize("options", [{"cut": True}, {"status": 500}])
def test_of_half_an_answer_or_an_error_nothing_is_said(options: dict[str, Any]) -> None:
    assert told(streamed=True, complete=False, wire=(("invalid_json", "x"),), **options) == []


@pytest.mark.parametrize(
    ("dialect", "streamed", "body", "is_missing"),
    [
        ("responses", True, b"{}", True),
        ("responses", False, b"{}", True),
        ("chat", False, b"{}", True),
        ("ollama_chat", True, b"{}", True),
        ("chat", True, b"{}", False),
        ("chat", True, b'{"stream_options": {"include_usage": true}}', True),
        ("chat", True, b'{"stream_options": {"include_usage": false}}', False),
    ],
)
def test_usage_is_missing_where_it_is_due(
    dialect: str, streamed: bool, body: bytes, is_missing: bool
) -> None:
    expected = [("usage_missing", WARNING)] if is_missing else []
    assert told(dialect, streamed=streamed, body=body, usage=Usage()) == expected
    fact = (("usage_missing", "not said"),)
    assert told(dialect, streamed=streamed, body=body, wire=fact) == expected


def test_loading_a_model_takes_no_tokens() -> None:
    assert told("ollama_chat", text="", usage=Usage(), finish_reason="load") == []


@pytest.mark.parametrize(
    ("answer", "is_implausible"),
    [
        ({"text": "Hi", "usage": Usage(3, 0)}, True),
        ({"text": "Hi", "usage": Usage(3, 24)}, False),
        ({"text": "Hi", "usage": Usage(3, 25)}, True),
        ({"text": "Hi", "usage": Usage(3, 900, reasoning_tokens=890)}, False),
        ({"text": "Hi", "reasoning": "Hm. " * 300, "usage": Usage(3, 900)}, False),
        ({"text": None, "tool_calls": (ToolCall("f", "{}"),), "usage": Usage(3, 30)}, False),
        ({"text": "word " * 200, "usage": Usage(3, 5)}, True),
        ({"text": "word " * 200, "usage": Usage(3, 200)}, False),
        ({"text": "x" + "\n" * 4000, "usage": Usage(3, 9)}, False),
        ({"text": "", "usage": Usage(3, 0)}, False),
        ({"text": "Hi", "usage": Usage(5000, 1)}, True),
        ({"text": "Hi", "usage": Usage(900, 1)}, False),
        ({"text": "Hi", "usage": Usage(None, 1)}, False),
        ({"text": "Hi", "usage": Usage(3, None)}, False),
    ],
)
def test_counts_that_cannot_be_are_a_warning(answer: dict[str, Any], is_implausible: bool) -> None:
    expected = [("usage_implausible", WARNING)] if is_implausible else []
    assert told(**answer) == expected


def test_where_nothing_was_asked_input_is_not_counted() -> None:
    assert told(usage=Usage(5000, 1), prompt=()) == []


@pytest.mark.parametrize(
    "part", [b'"previous_response_id":"r"', b'"type":"input_image"', b'"context":[1]']
)
def test_a_prompt_that_is_not_in_the_request_is_not_counted(part: bytes) -> None:
    assert told(usage=Usage(5000, 1), body=b"{" + part + b"}") == []


@given(
    st.builds(Usage, *[st.none() | st.integers(-5, 10**12)] * 4),
    st.none() | st.text(max_size=300),
    st.lists(st.tuples(st.text(max_size=9), st.text(max_size=40)), max_size=4),
)
def test_no_answer_raises(usage: Usage, text: str | None, wire: list[tuple[str, str]]) -> None:
    told(usage=usage, text=text, wire=tuple(wire), streamed=True)


def captured(path: Path) -> Recorded | None:
    exchange = json.loads(path.read_text())
    asked, answered = exchange["request"], exchange["response"]
    if answered is None or dialect_of(asked["path"]) != "responses" or "headers" not in answered:
        return None
    events = answered.get("sse_events") or []
    raw = [e["_raw"] if "_raw" in e else f"data: {json.dumps(e)}\n\n" for e in events]
    data = "".join(raw) if events else answered.get("body") or ""
    body = data if isinstance(data, str) else json.dumps(data)
    sent = asked["body"]
    return Recorded(
        b"0" * 16, 0, "w", "POST", asked["path"],
        request_body=(sent if isinstance(sent, str) else json.dumps(sent)).encode(),
        status=answered["status"],
        response_headers=list(answered["headers"].items()),
        chunks=[Chunk(1, body.encode())],
        outcome=Outcome.COMPLETED,
    )  # fmt: skip


def test_captured_exchanges_of_codex_have_the_findings_they_were_made_for(shared: Path) -> None:
    found: dict[str, set[str]] = {}
    judged = 0
    for path in sorted((shared / "captures" / "codex-0.169").glob("*.[0-9]*.json")):
        call = captured(path)
        if call is not None and call.status == 200:
            judged += 1
            keywords = {v.keyword for v in wire_findings(*exchange_of(call))}
            if keywords:
                found[path.stem] = keywords
    assert judged > 20
    assert found == BAD


CHAT = {"messages": [{"role": "user", "content": "Hello, how are you?"}], "max_tokens": 48}
USAGE = {"stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/chat/completions", {**CHAT, "stream": True}),
        ("/v1/chat/completions", {**CHAT, "stream": True, **USAGE}),
        ("/v1/responses", {"input": "Hello, how are you?", "max_output_tokens": 48}),
        (
            "/v1/responses",
            {"input": "Hello, how are you?", "max_output_tokens": 48, "stream": True},
        ),
        ("/v1/completions", {"prompt": "Hello", "max_tokens": 32, "stream": True}),
    ],
)
def test_a_real_llama_server_gives_no_finding(
    llama_server: Backend, path: str, body: dict[str, Any]
) -> None:
    call = fetch(llama_server.url, path, {"model": llama_server.model, "seed": 1, **body})
    asked, answered = exchange_of(call)
    assert answered.answer.complete
    assert wire_findings(asked, answered) == []


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/completions", {"prompt": "Hello"}),
        ("/v1/responses", {"input": "Hello"}),
        ("/api/chat", CHAT),
        ("/api/generate", {"prompt": "Hello"}),
    ],
)
def test_the_simulated_server_gives_no_finding_in_any_dialect(
    sim: Backend, path: str, body: dict[str, Any], stream: bool
) -> None:
    asked, answered = exchange_of(
        fetch(sim.url, path, {"model": "gemma4", **body, "stream": stream})
    )
    assert answered.answer.complete
    assert answered.streamed is stream
    assert wire_findings(asked, answered) == []


def test_the_counts_of_a_whole_turn_need_not_fit_what_a_client_sees_of_it() -> None:
    counted = Usage(50_000, 5_000)
    assert told(usage=counted) == [("usage_implausible", WARNING)]
    assert told(usage=counted, wire=(("usage_summed", "of 3 model calls"),)) == []
