"""driftgate's own errors in each dialect's shape."""

import json

import pytest

from driftgate.proxy.dialects import error_body
from driftgate.proxy.errors import CallError, ClientError, UpstreamError


def made(kind: type[CallError]) -> CallError:
    return kind("it is so", code="upstream_refused", status=502, codex_status=400, outcome="x")


@pytest.mark.parametrize("dialect", ["responses", "chat", "models", None])
def test_openai_shape_names_call_upstream_and_fault(dialect: str | None) -> None:
    body = error_body(dialect, made(UpstreamError), call_id="c", upstream="local")
    assert json.loads(body) == {
        "error": {
            "message": "it is so",
            "type": "server_error",
            "param": None,
            "code": "upstream_refused",
            "driftgate": {"call_id": "c", "upstream": "local", "fault": "upstream"},
        }
    }


def test_the_clients_fault_is_an_invalid_request() -> None:
    body = error_body("chat", made(ClientError), call_id="c", upstream="local")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("dialect", ["ollama", "ollama_chat", "ollama_embed"])
def test_ollama_gets_a_string_and_extra_keys(dialect: str) -> None:
    body = json.loads(error_body(dialect, made(UpstreamError), call_id="c", upstream="local"))
    assert body["error"] == "it is so"
    assert body["driftgate"]["call_id"] == "c"


@pytest.mark.parametrize("dialect", ["chat", "ollama_chat"])
def test_violations_stand_under_driftgate(dialect: str) -> None:
    error = made(UpstreamError)
    error.details = [{"path": "text/a", "keyword": "type"}]
    body = json.loads(error_body(dialect, error, call_id="c", upstream="u"))
    ours = body["driftgate"] if dialect.startswith("ollama") else body["error"]["driftgate"]
    assert ours["violations"] == error.details
