"""Error answers that are known failures, in the words of several servers."""

import pytest

from driftgate.contracts.builtin.server import server_findings
from tests.contracts.exchanges import answered, told


@pytest.mark.parametrize(
    ("message", "keyword"),
    [
        ("Failed to parse input at pos 0: <|tool_call>call:", "server_parser"),
        (
            "The model produced output that does not match the expected gemma4 format",
            "server_parser",
        ),
        ("error parsing tool call: raw='{...', err=invalid character", "server_parser"),
        ("'type' of tool must be 'function'", "tool_type_refused"),
        ("Unsupported tool type: namespace", "tool_type_refused"),
        ("tools[2].type: Input should be 'function'", "tool_type_refused"),
        ("tool type 'custom' is not supported", "tool_type_refused"),
        ("Only 'function' tools are supported, got 'namespace'", "tool_type_refused"),
        (
            "request (9000 tokens) exceeds the available context size (4096 tokens)",
            "context_exceeded",
        ),
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
            "context_exceeded",
        ),
        ("the input length exceeds the context length", "context_exceeded"),
        ("The prompt is too long", "context_exceeded"),
        (
            "The decoder prompt (length 9000) is longer than the maximum model length of 4096",
            "context_exceeded",
        ),
        (
            "when context overflows. However, the model is loaded with context length of only 4096",
            "context_exceeded",
        ),
    ],
)
def test_the_words_of_a_known_failure_are_known(message: str, keyword: str) -> None:
    found = server_findings(answered(status=500, error=message))
    assert [violation.keyword for violation in found] == [keyword]
    assert "status 500" in found[0].reason


@pytest.mark.parametrize(
    "message",
    [
        None,
        "",
        "driftgate-sim: status 503 as asked",
        "model 'gemma9' not found",
        "Loading model",
        "invalid api key",
        "Internal Server Error",
        "failed to parse JSON body",
        "json: cannot unmarshal string into Go struct field ChatRequest.temperature",
        "Rate limit reached, try again in 1.5s",
    ],
)
def test_other_failures_tell_nothing_of_the_model(message: str | None) -> None:
    assert server_findings(answered(status=500, error=message)) == []


def test_the_finding_names_what_it_is_about() -> None:
    parser = server_findings(answered(status=500, error="Failed to parse input at pos 7: x"))
    assert told(parser) == [("server_parser", "text")]
    tools = server_findings(answered(status=400, error="'type' of tool must be 'function'"))
    assert told(tools) == [("tool_type_refused", "tools")]


def test_a_parser_that_fails_on_the_clients_words_is_not_the_models_fault() -> None:
    assert server_findings(answered(status=400, error="error parsing tool call: bad")) == []
