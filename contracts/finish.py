"""Why an answer ended, in one set of words for all dialects."""

from driftgate.contracts.exchange import Answer

STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER = "stop", "length", "tool_calls", "content_filter"

# The dialects' words (Chat, Responses, Ollama, llama.cpp, vLLM). All others stay as they are.
_NEUTRAL = {
    "completed": STOP,
    "done": STOP,
    "end_turn": STOP,
    "eos": STOP,
    "stop_sequence": STOP,
    "success": STOP,
    "incomplete": LENGTH,
    "max_output_tokens": LENGTH,
    "max_tokens": LENGTH,
    "limit": LENGTH,
    "function_call": TOOL_CALLS,
}


def finish_of(answer: Answer) -> str | None:
    """stop, length, tool_calls or content_filter, or the backend's own word; None: not said.

    An answer that ended well and calls tools is `tool_calls`, as Chat says it and the others do not.
    """
    word = answer.finish_reason
    if word is None:
        return None
    word = _NEUTRAL.get(word, word)
    return TOOL_CALLS if word == STOP and answer.tool_calls else word


def was_cut(answer: Answer) -> bool:
    """Whether the answer ended before the model was done: at a limit, or because it broke off."""
    return not answer.complete or finish_of(answer) == LENGTH
