"""What a request asks of the server, and whether the server did it: limits, stops, tools, seed.

Each that was not honoured, with status 200 and without a word, is `constraint_dropped`. The format
is looked at in asked_format.
"""

from collections import OrderedDict
from hashlib import blake2b

from driftgate.contracts.builtin.asked_format import format_findings
from driftgate.contracts.choices import choices
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.finish import LENGTH, finish_of, was_cut
from driftgate.contracts.verdict import Severity, Source, Violation

DROPPED = "constraint_dropped"
UNJUDGED = "unjudged_choices"
SEEDS = 4_096  # answers remembered
_MUST = frozenset(["required", "any"])  # llama.cpp, OpenAI; vLLM and Mistral
_GOOD = 200
_KEEPS_STOP = b"include_stop_str_in_output"  # vLLM: the stop sequence is wanted in the text


def constraint_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """What the request asked for and did not get."""
    found = format_findings(asked, answered)
    parameters = asked.parameters
    if parameters.max_tokens is not None:
        found += _over_limit(parameters.max_tokens, answered)
    if parameters.stop:
        found += _after_stop(asked, answered, parameters.stop)
    if parameters.tool_choice is not None:
        found += _wrong_choice(asked, answered, parameters.tool_choice)
    return found + _unjudged(choices(asked))


def _unjudged(number: int) -> list[Violation]:
    """That the verdict is on one choice of several."""
    if number == 1:
        return []
    reason = f"{number} choices were asked for, and only the first is judged"
    return [Violation(Source.REQUEST, UNJUDGED, "parameters/n", reason, Severity.WARNING)]


def _dropped(name: str, reason: str) -> list[Violation]:
    return [Violation(Source.REQUEST, DROPPED, f"parameters/{name}", reason)]


def _over_limit(limit: int, answered: Answered) -> list[Violation]:
    """Zero and below mean no limit at some servers."""
    made = answered.answer.usage.output_tokens
    if limit <= 0 or made is None or made <= limit:
        return []
    return _dropped("max_tokens", f"at most {limit} tokens were asked for, and {made} came")


def _after_stop(asked: Asked, answered: Answered, stops: tuple[str, ...]) -> list[Violation]:
    text = answered.answer.text or ""
    for stop in stops:
        if stop and stop in text:
            if _KEEPS_STOP in asked.body:
                return []
            reason = f"the text must end before {stop[:60]!r}, and holds it"
            return _dropped("stop", reason)
    return []


def _wrong_choice(asked: Asked, answered: Answered, choice: str) -> list[Violation]:
    calls = answered.answer.tool_calls
    came = f"calls '{calls[0].name[:80]}'" if calls else "calls no tool"
    if choice == "none":
        wanted = "no tool call was allowed" if calls else ""
    elif was_cut(answered.answer):
        wanted = ""
    elif choice in _MUST:
        wanted = "" if calls else "a tool call was required"
    elif choice in (asked.parameters.tool_names or ()):
        named = any(choice in (call.name, f"{call.namespace}.{call.name}") for call in calls)
        wanted = "" if named else f"a call of '{choice[:80]}' was required"
    else:
        wanted = ""  # "auto", or a word that is no tool's name
    return _dropped("tool_choice", f"{wanted}, and the answer {came}") if wanted else []


def is_comparable(answered: Answered) -> bool:
    """Whether an answer may be held against others of the same seed: whole, and not a failure."""
    answer = answered.answer
    whole = answer.complete and answer.error is None and not answered.cut
    return whole and answered.status == _GOOD and finish_of(answer) != LENGTH


class SeedMemory:
    """What the same request with the same seed has answered before. Bounded; the oldest goes.

    Only hashes are kept. Which answers are comparable: `is_comparable`.
    """

    def __init__(self, limit: int = SEEDS) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, bytes] = OrderedDict()

    def note(self, key: str, text: str) -> Violation | None:
        """One answer; a warning where it differs from the first of its key.

        Args:
            key: the request's digest (which covers model, seed and sampling), and the upstream.
            text: the answer's text.
        """
        made = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        before = self._seen.setdefault(key, made)
        self._seen.move_to_end(key)
        if len(self._seen) > self._limit:
            self._seen.popitem(last=False)
        if before == made:
            return None
        reason = "the same request with the same seed was answered otherwise before"
        return Violation(Source.REQUEST, DROPPED, "parameters/seed", reason, Severity.WARNING)
