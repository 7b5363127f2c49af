"""Token counts and errors of a chat server in the words of the Responses dialect."""

import re
from typing import Any

from driftgate.proxy.dialects.faults import error_message, error_page
from driftgate.proxy.dialects.lenient import filled, mapping, parse
from driftgate.proxy.dialects.usage import openai_usage

Json = dict[str, Any]
_CONTEXT = re.compile(r"exceed\w*_context|context_length_exceeded", re.ASCII)
_TOO_MANY = 429
_SERVER = 500
_KEPT = ("code", "message", "type", "param")


def responses_usage(usage: Any, timings: Any) -> Json | None:
    """The usage object; None where the server counted nothing."""
    counted = openai_usage(usage, timings)
    taken, given = counted.input_tokens, counted.output_tokens
    if taken is None and given is None:
        return None
    return {
        "input_tokens": taken or 0,
        "input_tokens_details": {"cached_tokens": counted.cached_tokens or 0},
        "output_tokens": given or 0,
        "output_tokens_details": {"reasoning_tokens": counted.reasoning_tokens or 0},
        "total_tokens": (taken or 0) + (given or 0),
    }


def error_object(status: int, data: bytes) -> Json:
    """The error of any server's body in OpenAI's shape; what else it says is kept.

    A prompt that does not fit gets the code that clients know, `context_length_exceeded`.
    """
    value = parse(data)
    said = mapping(mapping(value).get("error"))
    message = error_message(value) or error_page(data) or f"the upstream answered {status}"
    kind = "server_error" if status >= _SERVER else "invalid_request_error"
    code = said.get("code")
    told = {
        "message": message,
        "type": filled(said.get("type")) or kind,
        "param": filled(said.get("param")),
        "code": code if isinstance(code, str) else None,
        **{key: value for key, value in said.items() if key not in _KEPT},
    }
    if _CONTEXT.search(f"{told['type']} {told['code']}"):
        told["code"] = "context_length_exceeded"
    elif told["code"] is None and status == _TOO_MANY:
        told["code"] = "rate_limit_exceeded"
    return told


def code_of(error: Json) -> str:
    """The code of a `response.failed`, one of those that Codex tells apart."""
    if error["code"]:
        return str(error["code"])
    return "rate_limit_exceeded" if "rate_limit" in str(error["type"]) else "server_error"
