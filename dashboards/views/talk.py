"""A session as it is read: turns with their calls, what repeated itself, how the context grew. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.chart import Chart, Mark, Number, Series

if TYPE_CHECKING:
    from datetime import datetime

PAGE = 100  # calls of a page
_BARS = 80  # of a chart; more cannot be told apart
POINTS = 400  # of a chart; more cannot be told apart
LOOP = "repeated_tool_call"  # the built-in check for loops
COMPACTION = "compaction"
_FAILED = 400  # and above: statuses that are no answer
_EXIT = re.compile(
    r"(?:exit code:?|exited with code|\"?exit_code\"?:)\s*(-?\d{1,9})\b", re.IGNORECASE
)

Row = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """Calls that one prompt caused, in their order.

    place: its number in the session, from 1; None: these calls belong to no turn. first: the number
    of its first call. goes_on: it began on an earlier page.
    """

    place: int | None
    first: int
    calls: list[Row] = field(default_factory=list)
    goes_on: bool = False

    @property
    def errors(self) -> int:
        """Calls that were not answered."""
        return sum(failed(call) for call in self.calls)

    @property
    def broke(self) -> int:
        """Answers that broke their contract."""
        return sum(call["verdict"] == "fail" for call in self.calls)

    @property
    def ms(self) -> float | None:
        """From the start of its first call to the end of its last."""
        ends = [call["ended_at"] for call in self.calls if call["ended_at"]]
        if not ends:
            return None
        return float((max(ends) - self.calls[0]["started_at"]).total_seconds() * 1000)

    def sum(self, name: str) -> int:
        """A figure of all its calls together."""
        return summed(self.calls, name)


def failed(call: Mapping[str, Any]) -> bool:
    """Whether it was not answered."""
    return call["outcome"] != "completed" or (call["status"] or 0) >= _FAILED


def summed(calls: Iterable[Row], name: str) -> int:
    """A figure of calls, those without it left out."""
    return sum(call[name] or 0 for call in calls)


def in_turns(calls: Sequence[Row]) -> list[Row]:
    """Calls in the order of their turns, numbered from 1; those of a turn stay together."""
    began: dict[str, tuple[datetime, str]] = {}
    for call in calls:
        if call["turn_id"] is not None:
            began.setdefault(call["turn_id"], (call["started_at"], str(call["call_id"])))

    def key(call: Row) -> tuple[Any, ...]:
        own = (call["started_at"], str(call["call_id"]))
        return (*began.get(call["turn_id"], own), *own)

    return [{**call, "number": number} for number, call in enumerate(sorted(calls, key=key), 1)]


def turns(calls: Sequence[Row], page: int) -> list[Turn]:
    """The turns of a page, from 1, of calls as in_turns() gives them."""
    made: list[Turn] = []
    start, place = (page - 1) * PAGE, 0
    for index, call in enumerate(calls):
        begins = index == 0 or call["turn_id"] != calls[index - 1]["turn_id"]
        place += begins and call["turn_id"] is not None
        if not start <= index < start + PAGE:
            continue
        if begins or not made:
            number = None if call["turn_id"] is None else place
            made.append(Turn(number, call["number"], goes_on=not begins))
        made[-1].calls.append(call)
    return made


def compactions(calls: Sequence[Row]) -> list[Row]:
    """The calls at which the context was made shorter: they did it, or begin with a new window."""
    found: list[Row] = []
    windows: dict[Any, str] = {}
    for call in calls:
        before = windows.get(call["thread_id"])
        if call["window_id"] is not None:
            windows[call["thread_id"]] = call["window_id"]
        shorter = before is not None and call["window_id"] not in (None, before)
        if call["request_kind"] == COMPACTION or (shorter and not _follows(found, call)):
            found.append(call)
    return found


def _follows(found: Sequence[Row], call: Row) -> bool:
    """Whether the compaction that made the new window has been found already."""
    return (
        bool(found)
        and found[-1]["request_kind"] == COMPACTION
        and call["number"] - found[-1]["number"] <= 1
    )


def growth(calls: Sequence[Row]) -> list[Chart]:
    """How much was sent and came back, call by call."""
    marks = [Mark(call["number"], "compaction") for call in compactions(calls)]

    def chart(title: str, names: Mapping[str, str], unit: str = "", kind: Any = "line") -> Chart:
        series = [
            Series(word, [_largest(group, name) for group in groups])
            for place, (word, name) in enumerate(names.items())
            if place == 0 or summed(calls, name)
        ]
        return Chart(title, x, series, unit, kind, time=False, marks=marks, x_label="call")

    size = -(-len(calls) // POINTS)
    groups = [calls[at : at + size] for at in range(0, len(calls), size)] if calls else []
    x = [float(group[0]["number"]) for group in groups]
    return [
        chart("Context: input tokens of each call", {"input": "input_tokens", "of them cached": "cached_tokens"}),
        chart("Messages and tool results sent by each call", {"items": "request_items"}),
        chart("Output tokens of each call", {"output": "output_tokens", "of them reasoning": "reasoning_tokens"}, kind="bars" if len(calls) <= _BARS else "line"),
    ]  # fmt: skip


def _largest(calls: Sequence[Row], name: str) -> Number:
    values = [call[name] for call in calls if call[name] is not None]
    return max(values) if values else None


def exit_code(result: str | None) -> int | None:
    """The exit code that a tool's result tells; None: it tells none."""
    found = _EXIT.search(result or "")
    return int(found[1]) if found else None


def tools(used: Sequence[Row], results: Mapping[str, str]) -> list[Row]:
    """Each tool with how often it was called, and how often its result names an exit code but 0."""
    made = []
    for row in used:
        if row["arguments"] is None:
            codes = [exit_code(results.get(each)) for each in row["ids"] or () if each]
            made.append({**row, "failures": sum(code not in (None, 0) for code in codes)})
    return made


def loops(used: Sequence[Row]) -> list[Row]:
    """The same call of a tool, made again and again in one turn."""
    return [row for row in used if row["arguments"] is not None]


def keywords(violations: Iterable[Row]) -> list[tuple[str, int]]:
    """What was violated how often, warnings left out."""
    return Counter(row["keyword"] for row in violations if row["severity"] == "error").most_common()
