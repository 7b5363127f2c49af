"""A reply as tokens: limits, stop sequences, finish reason, usage and timings."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from driftgate.sim.ask import Ask, Call, Json, Reply, SimError
from driftgate.sim.faults import Fault
from driftgate.sim.prompt import render
from driftgate.sim.slots import Slots, cached_tokens
from driftgate.sim.tokens import count, pieces
from driftgate.sim.versions import Version

SYSTEM_FINGERPRINT = "driftgate-sim"


@dataclass(slots=True)
class Generation:
    """What one request generates, token by token.

    calls: each call with its arguments' tokens. finish: stop, length or tool_calls.
    usage_known: False where a fault hides the usage.
    """

    version: Version
    request_id: str
    reasoning: list[str]
    text: list[str]
    calls: list[tuple[Call, list[str]]]
    finish: str
    prompt_tokens: int
    cached_tokens: int
    usage_known: bool = True
    reported: tuple[int, int] | None = None  # input and output tokens that a fault reports
    created: int = field(default_factory=lambda: int(time.time()))
    clock: Callable[[], int] = time.perf_counter_ns
    prefill_ns: int = 0
    started_ns: int = 0
    first_ns: int = 0  # the first token's time

    def __post_init__(self) -> None:
        """Start the clock; the first token comes when the prompt is read."""
        self.started_ns = self.clock()
        self.first_ns = self.started_ns + self.prefill_ns

    @property
    def output_tokens(self) -> int:
        """Tokens of reasoning, text and arguments together: as many as a stream has deltas."""
        return len(self.reasoning) + len(self.text) + sum(len(p) for _, p in self.calls)

    @property
    def usage(self) -> tuple[int, int]:
        """Input and output tokens as reported."""
        return self.reported or (self.prompt_tokens, self.output_tokens)

    def durations(self) -> tuple[int, int]:
        """Nanoseconds for the prompt and for the tokens, so far."""
        now = self.clock()
        return max(1, self.first_ns - self.started_ns), max(1, now - self.first_ns)

    def timings(self) -> Json:
        """llama-server's `timings` object; milliseconds."""
        prompt_ms, predicted_ms = (ns / 1e6 for ns in self.durations())
        prompt, predicted = self.prompt_tokens - self.cached_tokens, self.output_tokens
        return {
            "cache_n": self.cached_tokens,
            "prompt_n": prompt,
            "prompt_ms": prompt_ms,
            "prompt_per_token_ms": prompt_ms / max(1, prompt),
            "prompt_per_second": 1e3 * prompt / prompt_ms,
            "predicted_n": predicted,
            "predicted_ms": predicted_ms,
            "predicted_per_token_ms": predicted_ms / max(1, predicted),
            "predicted_per_second": 1e3 * predicted / predicted_ms,
        }


def fitted(ask: Ask, context: int, fault: Fault | None) -> tuple[Ask, str, int]:
    """The request, its prompt and the prompt's tokens, within the context.

    Raises:
        SimError: 400 `exceed_context_size_error`, as llama-server; not with silent_context_cut.
    """
    prompt = render(ask)
    tokens = count(prompt)
    if tokens < context:
        return ask, prompt, tokens
    if fault is None or fault.name != "silent_context_cut":
        raise SimError(
            400,
            f"request ({tokens} tokens) exceeds the available context size ({context} tokens), "
            "try increasing it",
            "exceed_context_size_error",
            n_prompt_tokens=tokens,
            n_ctx=context,
        )
    while tokens >= context and len(ask.messages) > 1:
        ask = replace(ask, messages=ask.messages[1:])
        tokens = count(render(ask))
    return ask, render(ask), min(tokens, context - 1)


def generate(
    ask: Ask,
    reply: Reply,
    version: Version,
    slots: Slots,
    *,
    prompt: str,
    prompt_tokens: int,
    context: int,
    request_id: str,
    prefill_s: float = 0.0,
    fault: Fault | None = None,
) -> Generation:
    """Cut the reply to what the limits allow, and count."""
    room = context - prompt_tokens
    limit = room if ask.max_tokens is None or ask.max_tokens < 0 else min(room, ask.max_tokens)
    slot, shared = slots.take(version.name, prompt)
    made = _limited(reply, _stopped(reply.text, ask.stop), limit, fault)
    reasoning, text, calls, cut = made
    slots.keep(
        slot, version.name, prompt + "".join(text), prompt_tokens + len(reasoning) + len(text)
    )
    return Generation(
        version,
        request_id,
        reasoning,
        text,
        calls,
        "length" if cut else "tool_calls" if calls else "stop",
        prompt_tokens,
        cached_tokens(prompt, shared, prompt_tokens),
        prefill_ns=int(prefill_s * 1e9),
        usage_known=fault is None or fault.name != "usage_missing",
        reported=_WRONG_USAGE if fault and fault.name == "usage_wrong" else None,
    )


def _stopped(text: str, stops: tuple[str, ...]) -> str:
    """The text before the first stop sequence."""
    found = [text.find(stop) for stop in stops if stop and stop in text]
    return text[: min(found)] if found else text


def _limited(
    reply: Reply, text: str, limit: int, fault: Fault | None
) -> tuple[list[str], list[str], list[tuple[Call, list[str]]], bool]:
    reasoning, words = pieces(reply.reasoning), pieces(text)
    if fault and fault.name == "one_token":
        reasoning, words, reply = [], words[:1], replace(reply, calls=())
    kept_reasoning = reasoning[:limit]
    left = limit - len(kept_reasoning)
    kept_words = words[:left]
    left -= len(kept_words)
    cut = len(kept_reasoning) + len(kept_words) < len(reasoning) + len(words)
    calls: list[tuple[Call, list[str]]] = []
    for call in reply.calls:
        parts = pieces(call.arguments)
        if left <= 0:
            cut = True
            break
        calls.append((replace(call, arguments="".join(parts[:left])), parts[:left]))
        cut = cut or len(parts) > left
        left -= len(parts)
    return kept_reasoning, kept_words, calls, cut


_WRONG_USAGE = (1234, 56)
