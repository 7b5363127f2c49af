"""An answer's finish, usage and text in each dialect's own terms."""

from typing import Any

import regex

from driftgate.proxy.dialects.lenient import mapping, number, parse
from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage

PIECE = 200  # characters, as a person counts them, in one delta

_LENGTH = frozenset({"length", "max_output_tokens", "max_tokens", "incomplete"})
_GRAPHEMES = regex.compile(rf"\X{{1,{PIECE}}}+")


def finish(answer: Answer) -> str:
    """The neutral word: stop, length, tool_calls or content_filter. What is unknown is a stop."""
    reason = answer.finish_reason
    if reason in _LENGTH:
        return "length"
    if reason == "content_filter":
        return reason
    return "tool_calls" if answer.tool_calls else "stop"


def pieces(text: str) -> list[str]:
    """The text in deltas; what a person sees as one character stays in one."""
    return _GRAPHEMES.findall(text)


def call_ids(answer: Answer, answer_id: str) -> list[tuple[str, ToolCall]]:
    """Each tool call with its id, or one made for it: clients send results by it."""
    stem = answer_id.rpartition("_")[2].rpartition("-")[2]
    calls = enumerate(answer.tool_calls)
    return [(call.call_id or f"call_{stem}_{number}", call) for number, call in calls]


def responses_usage(usage: Usage) -> dict[str, Any] | None:
    """As Responses writes it; its type wants every member, so an unknown one is 0."""
    if usage == Usage():
        return None
    taken, given = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": taken,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "output_tokens": given,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": taken + given,
    }


def chat_usage(usage: Usage) -> dict[str, Any] | None:
    """As Chat Completions writes it; details only where they are known."""
    if usage == Usage():
        return None
    taken, given = usage.input_tokens or 0, usage.output_tokens or 0
    told: dict[str, Any] = {
        "prompt_tokens": taken,
        "completion_tokens": given,
        "total_tokens": taken + given,
    }
    if usage.cached_tokens is not None:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if usage.reasoning_tokens is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return told


def llama_timings(answer: Answer) -> dict[str, Any]:
    """`{"timings": ...}` where the backend gave llama.cpp's; Ollama's have their own place."""
    timings = mapping(parse((answer.timings or "").encode("utf-8", "replace")))
    return {"timings": timings} if timings and not _is_ollamas(timings) else {}


def ollama_counts(answer: Answer) -> dict[str, int]:
    """Ollama's durations (nanoseconds; llama.cpp's milliseconds are converted) and counts."""
    timings = mapping(parse((answer.timings or "").encode("utf-8", "replace")))
    told = timings if _is_ollamas(timings) else _converted(timings)
    counts = {
        "prompt_eval_count": answer.usage.input_tokens,
        "eval_count": answer.usage.output_tokens,
    }
    return {**told, **{key: count for key, count in counts.items() if count is not None}}


def arguments_object(call: ToolCall) -> dict[str, Any]:
    """Arguments as Ollama's clients need them; text that is no object stands under `input`."""
    value = parse(call.arguments.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return value
    return {"input": call.arguments} if call.arguments.strip() else {}


def _is_ollamas(timings: dict[str, Any]) -> bool:
    return any(key.endswith(("_duration", "_eval_count")) for key in timings)


def _converted(timings: dict[str, Any]) -> dict[str, int]:
    prompt_ms, predicted_ms = number(timings.get("prompt_ms")), number(timings.get("predicted_ms"))
    if prompt_ms is None or predicted_ms is None:
        return {}
    prompt, predicted = int(prompt_ms * 1e6), int(predicted_ms * 1e6)
    durations = {"prompt_eval_duration": prompt, "eval_duration": predicted}
    return {"total_duration": prompt + predicted, "load_duration": 0, **durations}
