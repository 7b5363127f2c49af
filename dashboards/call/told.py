"""What a backend says in its answer of the parameters that it worked with."""

from collections.abc import Mapping
from typing import Any

from driftgate.proxy.dialects.lenient import mapping, parse

TAIL = 4 << 20  # bytes of a stream's end in which its last object is looked for
WHOLE = 8 << 20  # bytes of an answer that is read for this
_NAMES = {  # ours -> the words of Responses and of llama.cpp's generation settings
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "top_k": ("top_k",),
    "min_p": ("min_p",),
    "seed": ("seed",),
    "max_tokens": ("max_output_tokens", "max_tokens", "n_predict"),
    "num_ctx": ("n_ctx",),
    "tool_choice": ("tool_choice",),
    "stop": ("stop",),
}


def told(response: bytes) -> dict[str, Any]:
    """Its parameters by our names, out of an answer's decoded bytes; those that it does not say are absent."""
    answer = _last_object(response)
    inner = mapping(answer.get("response")) or answer
    settings = mapping(inner.get("generation_settings")) or mapping(
        mapping(inner.get("__verbose")).get("generation_settings")
    )
    said: Mapping[str, Any] = {**inner, **settings} if _is_response(inner) else settings
    found = {
        name: next((said[key] for key in keys if said.get(key) is not None), None)
        for name, keys in _NAMES.items()
    }
    effort = mapping(inner.get("reasoning")).get("effort") if _is_response(inner) else None
    found["reasoning_effort"] = effort
    kind = (
        mapping(mapping(inner.get("text")).get("format")).get("type")
        if _is_response(inner)
        else None
    )
    found["response_format"] = kind
    return {name: value for name, value in found.items() if value is not None}


def _is_response(value: Mapping[str, Any]) -> bool:
    return value.get("object") == "response"


def _last_object(response: bytes) -> dict[str, Any]:
    if response[:512].lstrip()[:1] == b"{" and b"\n{" not in response[:4096]:
        return mapping(parse(response)) if len(response) <= WHOLE else {}
    lines = response[-TAIL:].replace(b"data: [DONE]", b"").rstrip().splitlines()
    last = lines[-1].removeprefix(b"data:").strip() if lines else b""
    return mapping(parse(last)) if last[:1] == b"{" else {}
