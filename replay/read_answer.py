"""From a recorded call to the answer of an arm: described, judged, in the words of comparing."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.verdict import Severity
from driftgate.proxy.dialects.describe import Described, describe, dialect_of
from driftgate.proxy.history.rows import SHORTEST_STREAM_MS
from driftgate.proxy.judging import as_judged, judge_call
from driftgate.proxy.record import Outcome, Recorded
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.compare.told import told
from driftgate.replay.logprobs import Logprobs
from driftgate.replay.read_logprobs import logprobs_of

FAILURE = 300  # characters

_SWITCHING = 101
_WHY = {
    Outcome.CLIENT_GONE: "the client left before the answer was whole",
    Outcome.UPSTREAM_REFUSED: "the upstream could not be reached",
    Outcome.UPSTREAM_RESET: "the connection broke before the answer was whole",
    Outcome.UPSTREAM_TIMEOUT: "the upstream took too long",
    Outcome.UPSTREAM_INVALID: "what the upstream sent is not HTTP",
    Outcome.CLIENT_INVALID: "the request could not be forwarded",
    Outcome.REFUSED: "driftgate refused the call",
    Outcome.INTERRUPTED: "driftgate stopped while the call ran",
    Outcome.FAILED: "driftgate failed",
}

_log = logging.getLogger(__name__)


def answer_of(
    recorded: Recorded,
    arm: Arm,
    repetition: int = 1,
    *,
    contracts: ContractSet | None,
    call_id: str | None = None,
    as_recorded: bool = False,
) -> Answer:
    """What that arm answered. Never raises: what cannot be read was not served.

    Args:
        recorded: the answer's own recording.
        arm: whose answer it is.
        repetition: from 1.
        contracts: those it is judged by; None: by the built-in checks alone.
        call_id: of the recording; None: as it says itself.
        as_recorded: take the verdict that was recorded, where there is one, and judge only else.
    """
    call_id = call_id or str(UUID(bytes=recorded.call_id))
    try:
        described = describe(recorded)
        judged = recorded.judged if as_recorded else {}
        if not judged.get("verdict"):
            judged = as_judged(judge_call(recorded, described, contracts))
        return _answer(recorded, described, judged, Answer(call_id, arm, repetition))
    except Exception as error:  # noqa: BLE001 - a stranger's bytes must not end the run
        _log.exception("the answer of call %s cannot be read", call_id)
        failure = f"the recording cannot be read: {type(error).__name__}"
        return Answer(call_id, arm, repetition, False, failure, recorded.status)


def logprobs_in(recorded: Recorded) -> Logprobs:
    """The logprobs of an answer alone, as `answer_of` has them. Never raises: else it has none."""
    try:
        return Logprobs(logprobs_of(recorded, dialect_of(recorded.target)))
    except Exception:  # noqa: BLE001 - a stranger's bytes must not end the run
        _log.exception("the logprobs of call %s cannot be read", recorded.call_id.hex())
        return Logprobs(())


def _answer(
    recorded: Recorded, described: Described, judged: Mapping[str, Any], place: Answer
) -> Answer:
    answer = described.answer
    failure = _failure(recorded, described)
    return Answer(
        call_id=place.call_id,
        arm=place.arm,
        repetition=place.repetition,
        served=failure is None,
        failure=failure,
        status=recorded.status,
        model=answer.model or described.request.parameters.model,
        text=answer.text or "",
        reasoning=answer.reasoning or "",
        tool_calls=answer.tool_calls,
        finish_reason=answer.finish_reason,
        verdict=judged["verdict"],
        contract=judged.get("contract"),
        violations=_keywords(judged),
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        first_token_ms=_ms(answer.first_token_us, 1e3),
        total_ms=_ms(recorded.ended_ns, 1e6),
        tokens_per_second=_speed(recorded, described),
        logprobs=Logprobs(logprobs_of(recorded, described.dialect)),
    )


def _failure(recorded: Recorded, described: Described) -> str | None:
    """Why no whole answer came with a status of success, in one line; None: one did."""
    status, answer = recorded.status, described.answer
    if status is None or recorded.outcome in (Outcome.CLIENT_INVALID, Outcome.REFUSED):
        return told(recorded.error or answer.error or _why(recorded), FAILURE)
    if status != _SWITCHING and not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110's successes
        why = answer.error or recorded.error
        return told(f"status {status}" + (f": {why}" if why else ""), FAILURE)
    if answer.error is not None:
        return told(f"the answer ends in an error: {answer.error}", FAILURE)
    if recorded.response_truncated:
        return "only the beginning of the answer was recorded"
    if not answer.complete:
        return told(recorded.error or _why(recorded), FAILURE)
    return None


def _why(recorded: Recorded) -> str:
    return _WHY.get(recorded.outcome, "the answer has no end that its dialect knows")


def _keywords(judged: Mapping[str, Any]) -> tuple[str, ...]:
    found = judged.get("violations") or ()
    errors = [each for each in found if each.get("severity") == Severity.ERROR.value]
    return tuple(sorted({str(each.get("keyword")) for each in errors}))


def _ms(duration: int | None, unit: float) -> float | None:
    return None if duration is None else duration / unit


def _speed(recorded: Recorded, described: Described) -> float | None:
    """As the column tokens_per_second of the history has it: the backend's own figure, else counted."""
    answer = described.answer
    tokens, first_us = answer.usage.output_tokens, answer.first_token_us
    if answer.tokens_per_second is not None:
        return answer.tokens_per_second
    if tokens is None or first_us is None or recorded.ended_ns is None:
        return None
    streamed_ms = recorded.ended_ns / 1e6 - first_us / 1e3
    return tokens / streamed_ms * 1e3 if streamed_ms >= SHORTEST_STREAM_MS else None
