"""What the overview shows of its rows: tiles, charts, tables. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from driftgate.dashboards.chart import Chart, Mark, Number, Series, seconds
from driftgate.dashboards.render import count, line, percent, span
from driftgate.dashboards.views.counts import Counts, Row, added

SHOWN = 6  # lines of a chart of models or contracts
BUILTIN = "builtin"
_FACTS = ("version", "digest", "quantization", "n_ctx")
_NAME = 40  # characters of a name in a legend
_DIGEST = 12  # characters of a digest that tell it from others
_ALL, _UPSTREAM, _MODEL, _CONTRACT = 7, 3, 1, 6  # of the statement speeds: what a row is not about


@dataclass(frozen=True, slots=True)
class Speeds:
    """Percentiles of times in ms (50, 95), and the median output speed in tokens/s."""

    total: Sequence[Number] = (None, None)
    first: Sequence[Number] = (None, None)
    speed: Number = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The speeds of all, of each upstream, upstream and model, and contract; now and before."""

    now: Speeds = Speeds()
    before: Speeds = Speeds()
    upstreams: dict[Any, Speeds] = field(default_factory=dict)
    models: dict[Any, Speeds] = field(default_factory=dict)
    contracts: dict[Any, Speeds] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that stands out. before: the same for the period before; why: what it is."""

    name: str
    value: str
    before: str
    why: str


def measured(rows: Sequence[Row]) -> Measured:
    """Rows of the statement `speeds`."""
    made: dict[tuple[bool, int, Any], Speeds] = {}
    for row in rows:
        keys = {_UPSTREAM: row["upstream"], _CONTRACT: row["contract"]}
        key = (row["upstream"], row["model"]) if row["part"] == _MODEL else keys.get(row["part"])
        none = (None, None)
        made[row["now"], row["part"], key] = Speeds(
            row["total"] or none, row["first_token"] or none, row["speed"]
        )

    def part(number: int) -> dict[Any, Speeds]:
        return {key: each for (now, of, key), each in made.items() if now and of == number}

    return Measured(
        made.get((True, _ALL, None), Speeds()),
        made.get((False, _ALL, None), Speeds()),
        part(_UPSTREAM),
        part(_MODEL),
        part(_CONTRACT),
    )


def tiles(now: Counts, was: Counts | None, speeds: Measured) -> list[Tile]:
    """The numbers at the top; was: None where there is no period before."""
    fast, slow = speeds.now, speeds.before

    def tile(
        name: str,
        told: Callable[[Any], str],
        value: Any,
        before: Any,
        why: str,
    ) -> Tile:
        return Tile(name, told(value), "" if was is None else told(before), why)

    def per_second(value: Number) -> str:
        return count(value, 1)

    old = was or Counts()
    return [
        tile("Calls", count, now.calls, old.calls, "live calls, failed ones too"),
        tile(
            "Errors",
            _errors,
            now,
            old,
            "calls that did not complete, or with a status of 400 and more",
        ),
        tile("Pass rate", percent, now.pass_rate, old.pass_rate, "answers that kept their contract, of those judged"),
        tile("First token, median", span, fast.first[0], slow.first[0], "half of the calls were faster"),
        tile("First token, p95", span, fast.first[1], slow.first[1], "95 of 100 calls were faster"),
        tile("Whole call, median", span, fast.total[0], slow.total[0], "half of the calls were faster"),
        tile("Whole call, p95", span, fast.total[1], slow.total[1], "95 of 100 calls were faster"),
        tile("Tokens/s, median", per_second, fast.speed, slow.speed, "output speed of a call"),
        tile("Tokens in", short, now.input_tokens, old.input_tokens, "as the backends count them"),
        tile("Tokens out", short, now.output_tokens, old.output_tokens, "as the backends count them"),
        tile("Overhead, mean", overhead, now.overhead, old.overhead, "driftgate's own part of the time"),
    ]  # fmt: skip


def _errors(counts: Counts) -> str:
    rate = counts.error_rate
    return count(counts.errors) + ("" if rate is None else f" ({percent(rate)})")


def overhead(value: Number) -> str:
    """Milliseconds below one, exactly enough."""
    return span(None) if value is None else f"{value:.2f}ms" if value < 10 else span(value)  # noqa: PLR2004 - two digits say enough


def short(number: Number) -> str:
    """A big number in few characters: 1.2 M."""
    if number is None:
        return count(None)
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            amount = number / (1e3 if unit == "k" else limit)
            return f"{amount:,.1f} {unit}"
    return count(number)


class Timed:
    """Cells and percentiles along a time axis."""

    def __init__(
        self,
        axis: Sequence[datetime],
        cells: Sequence[Row],
        series: Sequence[Row],
        marks: Sequence[Mark],
    ) -> None:
        self._axis, self._cells, self._marks = axis, cells, marks
        self._x = [seconds(each) or 0.0 for each in axis]
        self._series = {row["bucket"]: row for row in series}

    def charts(self) -> list[Chart]:
        """All charts, in the order in which they are shown."""
        return [
            self._traffic(),
            self._tokens(),
            self._latency("Whole call: p50, p95, p99", "total"),
            self._latency("First token: p50, p95, p99", "first_token"),
            self._speed(),
            *self._rates("model", "Errors by model", "Violations by model"),
            *self._rates("contract", "Errors by contract", "Violations by contract"),
        ]

    def _traffic(self) -> Chart:
        by = added(self._cells, lambda row: row["bucket"])
        lines: dict[str, Callable[[Counts], int]] = {
            "answered": lambda each: each.good,
            "broke its contract": lambda each: each.broke,
            "ended by the client": lambda each: each.client_errors,
            "error": lambda each: each.errors - each.client_errors,
        }
        series = [
            Series(name, [value(by.get(at) or Counts()) for at in self._axis])
            for name, value in lines.items()
        ]
        return self._chart("Calls", series, "", kind="bars", stacked=True)

    def _tokens(self) -> Chart:
        by = added(self._cells, lambda row: row["bucket"])
        series = [
            Series(
                name, [getattr(by.get(at) or Counts(), f"{name}put_tokens") for at in self._axis]
            )
            for name in ("in", "out")
        ]
        return self._chart("Tokens", series, "", kind="bars", stacked=True)

    def _latency(self, title: str, name: str) -> Chart:
        def values(place: int) -> list[Number]:
            return [
                ((self._series.get(at) or {}).get(name) or (None,) * 3)[place] for at in self._axis
            ]

        series = [Series(word, values(place)) for place, word in enumerate(("p50", "p95", "p99"))]
        return self._chart(title, series, "ms")

    def _speed(self) -> Chart:
        values = [(self._series.get(at) or {}).get("speed") for at in self._axis]
        return self._chart(
            "Output tokens per second of a call, median", [Series("median", values)], ""
        )

    def _rates(self, name: str, errors: str, violations: str) -> list[Chart]:
        names = list(
            added((row for row in self._cells if row[name] is not None), lambda row: row[name])
        )[:SHOWN]
        by = added(self._cells, lambda row: (row["bucket"], row[name]))

        def lines(rate: Callable[[Counts], float | None]) -> list[Series]:
            return [
                Series(
                    line(word, _NAME),
                    [_hundred(rate(by.get((at, word)) or Counts())) for at in self._axis],
                )
                for word in names
            ]

        return [
            self._chart(errors, lines(lambda each: each.error_rate), "%"),
            self._chart(violations, lines(lambda each: each.violation_rate), "%"),
        ]

    def _chart(self, title: str, series: Sequence[Series], unit: str, **more: Any) -> Chart:
        return Chart(title, self._x, series, unit, marks=self._marks, **more)


def _hundred(rate: float | None) -> float | None:
    return None if rate is None else rate * 100


def fingerprint_words(facts: str | None) -> str:
    """What a backend said it is, in a few words."""
    try:
        told: Mapping[str, Any] = json.loads(facts or "{}")
        server = [told["server"]] if isinstance(told.get("server"), str) else []
        rest = [_fact(name, told[name]) for name in _FACTS if told.get(name) not in (None, "")]
    except (ValueError, AttributeError, TypeError):
        return ""
    return " · ".join([*server, *rest])


def _fact(name: str, value: Any) -> str:
    told = str(value)
    if name == "digest":
        return told.removeprefix("sha256:")[:_DIGEST]
    return f"context {told}" if name == "n_ctx" else told
