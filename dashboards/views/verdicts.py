"""What contracts found, as pages show it: rates over time, versions, examples. Pure."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftgate.dashboards.chart import Chart, Mark, Series, seconds
from driftgate.dashboards.render import line
from driftgate.dashboards.views.counts import share

SHOWN = 6  # lines of a chart
EXCERPT = 400  # characters of the text that broke a contract
_NOT_ANSWERED = ("input", "body", "events")  # beginnings of paths into what is no text of an answer
_NAME = 40  # characters of a name in a legend

Row = Mapping[str, Any]


@dataclass(slots=True)
class Judged:
    """What was found of calls that a contract is about.

    repaired: driftgate mended the answer. fallbacks: another upstream or model answered.
    """

    calls: int = 0
    passed: int = 0
    failed: int = 0
    repaired: int = 0
    fallbacks: int = 0

    @property
    def judged(self) -> int:
        """Answers with a verdict of pass or fail."""
        return self.passed + self.failed

    @property
    def unjudged(self) -> int:
        """Calls without an answer, or not all of it."""
        return self.calls - self.judged

    @property
    def pass_rate(self) -> float | None:
        """Passed over judged; None: none was."""
        return share(self.passed, self.judged)

    def add(self, row: Row) -> None:
        """Adds a row of counts."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + row[name])


def judged(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, Judged]:
    """The counts added up by a key, most calls first."""
    made: dict[Any, Judged] = {}
    for row in rows:
        made.setdefault(key(row), Judged()).add(row)
    return dict(sorted(made.items(), key=lambda pair: -pair[1].calls))


def rate_chart(
    title: str, rows: Sequence[Row], name: str, axis: Sequence[datetime], marks: Sequence[Mark] = ()
) -> Chart:
    """Pass rates over time, a line for each of the most called names."""
    by = judged(rows, lambda row: (row["bucket"], row[name]))
    names = list(judged(rows, lambda row: row[name]))[:SHOWN]

    def value(at: datetime, each: Any) -> float | None:
        rate = by[at, each].pass_rate if (at, each) in by else None
        return None if rate is None else rate * 100

    series = [Series(line(each, _NAME), [value(at, each) for at in axis]) for each in names]
    return Chart(title, [seconds(at) or 0.0 for at in axis], series, "%", marks=marks)


def count_chart(title: str, rows: Sequence[Row], axis: Sequence[datetime]) -> Chart:
    """How many answers passed, failed, or were not judged."""
    by = judged(rows, lambda row: row["bucket"])
    series = [
        Series(name, [getattr(by.get(at) or Judged(), name) for at in axis])
        for name in ("passed", "failed", "unjudged")
    ]
    x = [seconds(at) or 0.0 for at in axis]
    return Chart(title, x, series, kind="bars", stacked=True)


def applies(content: str | None) -> str:
    """What a contract applies to, in a few words; empty: its text cannot be read."""
    try:
        conditions = json.loads(content or "").get("applies")
    except (ValueError, AttributeError, RecursionError):
        return ""
    if not isinstance(conditions, dict):
        return "calls that name it"
    told = [_condition(name, value) for name, value in conditions.items() if name != "everything"]
    return "; ".join(told) or "everything"


def _condition(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{tag}={text}" for tag, text in value.items())
    words = ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return f"prompt ~ {words}" if name == "prompt" else f"{name} {words}"


def excerpt(answer: str | None, path: str) -> str:
    """The part of an answer that a violation is about: the value at its path, else the beginning.

    path: as violations have it, `text/items/0/price`.
    """
    if not answer:
        return ""
    told = answer
    with suppress(ValueError, KeyError, IndexError, TypeError, RecursionError):
        value = json.loads(answer)
        for step in path.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value[name]
        told = json.dumps(value, ensure_ascii=False, indent=2)
    return told if len(told) <= EXCERPT else told[:EXCERPT] + "…"


def broken(
    example: Row, answers: Mapping[tuple[Any, int], str], arguments: Mapping[tuple[Any, int], str]
) -> str:
    """The text that a violation is about; empty where it is about none of the answer."""
    call, path = example["call_id"], example["path"]
    if path.startswith("tool_calls/"):
        _, number, *rest = path.split("/")
        told = arguments.get((call, int(number))) if number.isdecimal() else None
        return excerpt(told, "/".join(rest))
    if path.startswith(_NOT_ANSWERED):
        return ""
    answer = answers.get((call, example["attempt"])) or answers.get((call, 0))
    return excerpt(answer, path if path.startswith("text") else "text")
