"""Detector `repeated_tool_call`: the same tool call several times, in an answer or again each turn.

A loop over turns is counted backwards from the answer through the request's own history, until a
call that differs or a message of the user. Tools that people poll with (their names say so) may
well be called again with the same arguments: there it is a warning.
"""

import re
from collections import Counter

from driftgate.contracts.exchange import Answer, Asked
from driftgate.contracts.verdict import Severity, Source, Violation

KEYWORD = "repeated_tool_call"
IN_ANSWER = 3  # equal calls in one answer
IN_TURNS = 4  # equal calls one after the other, those of the answer included
_POLLING = re.compile(r"stdin|wait|poll|status|sleep|progress|health|tail", re.IGNORECASE)
_WALKED = 2_000  # items of the history that are looked at


def repeated_calls(asked: Asked, answer: Answer) -> Violation | None:
    """The call that is made over and over; None where none is."""
    calls = answer.tool_calls
    if not calls:
        return None
    if len(calls) >= IN_ANSWER:
        counted = Counter([(call.name, call.arguments) for call in calls])
        (name, _), times = counted.most_common(1)[0]
        if times >= IN_ANSWER:
            return _violation(name, f"{times} times with the same arguments in one answer")
    last = calls[-1]
    if any(call.name != last.name or call.arguments != last.arguments for call in calls):
        return None
    times = len(calls) + _before(asked, last.name, _key(last.arguments))
    if times < IN_TURNS:
        return None
    severity = Severity.WARNING if _POLLING.search(last.name) else Severity.ERROR
    reason = f"{times} times in a row with the same arguments, this answer included"
    return _violation(last.name, reason, severity)


def _before(asked: Asked, name: str, arguments: str) -> int:
    """How many equal calls end the history."""
    times = 0
    for item in reversed(asked.items[-_WALKED:]):
        if item.kind == "tool_call":
            if item.tool_name != name or _key(item.text) != arguments:
                break
            times += 1
        elif item.role == "user" and item.kind == "message":
            break
    return times


def _key(arguments: str) -> str:
    """Equal for arguments that differ in white space alone; clients write them anew."""
    return arguments.replace(" ", "").strip()


def _violation(name: str, how: str, severity: Severity = Severity.ERROR) -> Violation:
    reason = f"the tool {name!r} is called {how}"
    return Violation(Source.MODEL, KEYWORD, "tool_calls", reason, severity)
