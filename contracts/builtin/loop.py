"""Detector `repeated_tool_call`: the same tool call several times, in an answer or again each turn.

A loop over turns is counted backwards from the answer through the request's own history, until a
call that differs or a message of the user. Two or three calls that take turns are a loop too: a
model reads a file, its edit fails, and it reads the file. Tools that people poll with (their names
say so) may well be called again with the same arguments: there it is a warning.
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
_CYCLES = (2, 3)  # calls that take turns

_Call = tuple[str, str]  # name, arguments


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
        return _in_turn(asked, answer)
    times = len(calls) + _before(asked, last.name, _key(last.arguments))
    if times < IN_TURNS:
        return _in_turn(asked, answer)
    severity = Severity.WARNING if _POLLING.search(last.name) else Severity.ERROR
    reason = f"{times} times in a row with the same arguments, this answer included"
    return _violation(last.name, reason, severity)


def _in_turn(asked: Asked, answer: Answer) -> Violation | None:
    """Calls that take turns, the answer's among them, IN_TURNS times with the same arguments."""
    made = [(call.name, _key(call.arguments)) for call in answer.tool_calls]
    made = _earlier(asked, IN_TURNS * max(_CYCLES) - len(made)) + made
    for size in _CYCLES:
        cycle = made[-size:]
        if made[-size * IN_TURNS :] == cycle * IN_TURNS:
            polls = any(_POLLING.search(part) for call in cycle for part in call)
            severity = Severity.WARNING if polls else Severity.ERROR
            how = f"in turn with {size - 1} more, {IN_TURNS} times with the same arguments"
            return _violation(cycle[-1][0], f"{how}, this answer included", severity)
    return None


def _earlier(asked: Asked, wanted: int) -> list[_Call]:
    """The last calls of the history since the user spoke, in order; at most so many."""
    found: list[_Call] = []
    for item in reversed(asked.items[-_WALKED:]):
        if len(found) >= wanted or (item.role == "user" and item.kind == "message"):
            break
        if item.kind == "tool_call":
            found.append((item.tool_name or "", _key(item.text)))
    return found[::-1]


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
