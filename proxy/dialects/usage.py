"""Token counts and speeds as backends report them. Nothing is estimated."""

from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.lenient import compact, integer, mapping, number
from driftgate.proxy.dialects.meaning import Usage

NOTHING = Usage()


def openai_usage(value: Any, timings: Any = None) -> Usage:
    """Usage in the words of Responses or of Chat Completions.

    Where `usage` is absent (a llama.cpp stream without `include_usage`), llama.cpp's own
    `timings` stand in: cache_n + prompt_n tokens in, predicted_n out.
    """
    if not isinstance(value, dict):
        return _timed_usage(timings) if isinstance(timings, dict) else NOTHING
    get = value.get
    read = mapping(get("prompt_tokens_details") or get("input_tokens_details"))
    made = mapping(get("completion_tokens_details") or get("output_tokens_details"))
    cached = integer(read.get("cached_tokens"))
    if cached is None:
        cached = integer(get("prompt_cache_hit_tokens"))
    if cached is None and isinstance(timings, dict):
        cached = integer(timings.get("cache_n"))
    return Usage(
        input_tokens=integer(get("prompt_tokens", get("input_tokens"))),
        output_tokens=integer(get("completion_tokens", get("output_tokens"))),
        cached_tokens=cached,
        reasoning_tokens=integer(made.get("reasoning_tokens")),
    )


def _timed_usage(timings: dict[str, Any]) -> Usage:
    cached, prompt = integer(timings.get("cache_n")), integer(timings.get("prompt_n"))
    read = None if prompt is None else prompt + (cached or 0)
    return Usage(read, integer(timings.get("predicted_n")), cached)


@dataclass(slots=True)
class Speed:
    """The backend's timings as JSON, and the speeds they state (tokens per second)."""

    timings: str | None = None
    prompt: float | None = None
    predicted: float | None = None


NO_SPEED = Speed()


def llama_speed(timings: Any) -> Speed:
    """llama.cpp's `timings` object (tools/server/README.md of llama.cpp)."""
    if not isinstance(timings, dict):
        return NO_SPEED
    return Speed(
        compact(timings),
        number(timings.get("prompt_per_second")),
        number(timings.get("predicted_per_second")),
    )


def ollama_usage(last: dict[str, Any]) -> Usage:
    """The counts of Ollama's last object."""
    return Usage(integer(last.get("prompt_eval_count")), integer(last.get("eval_count")))


def ollama_speed(last: dict[str, Any]) -> Speed:
    """Ollama's durations (nanoseconds) and counts, as in its docs/api.md."""
    stated = {
        key: value
        for key, value in last.items()
        if key.endswith(("_duration", "_count")) and integer(value) is not None
    }
    if not stated:
        return NO_SPEED
    return Speed(
        compact(stated),
        _per_second(stated, "prompt_eval_count", "prompt_eval_duration"),
        _per_second(stated, "eval_count", "eval_duration"),
    )


def _per_second(stated: dict[str, Any], count: str, duration: str) -> float | None:
    tokens, nanoseconds = stated.get(count), stated.get(duration)
    if tokens is None or nanoseconds is None or nanoseconds <= 0:
        return None
    return float(tokens / nanoseconds * 1e9)
