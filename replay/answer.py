"""One answer of one arm, as all that comes behind the driver sees it. A pure value."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.arm import Arm


@dataclass(frozen=True, slots=True)
class Answer:
    """What one arm answered to one recorded call.

    call_id: of this answer's own recording; of the record, the recorded call's.
    repetition: from 1; of the record 1.
    served: a whole answer came, with a status of success. failure: why not, one line; None: it was.
    text, reasoning: as the model wrote them; "" where there is none.
    finish_reason: in the backend's words; see `driftgate.contracts.finish`.
    verdict: pass, fail or unjudged. contract: that judged it. violations: keywords of the errors,
        sorted, each once.
    first_token_ms, total_ms: milliseconds since the request. tokens_per_second: output speed.
    logprobs: (token, its natural logarithm of probability) in order; empty where none were given.
    """

    call_id: str
    arm: Arm
    repetition: int = 1
    served: bool = True
    failure: str | None = None
    status: int | None = 200
    model: str | None = None
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    verdict: str | None = None
    contract: str | None = None
    violations: tuple[str, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None
    tokens_per_second: float | None = None
    logprobs: Sequence[tuple[str, float]] = ()
