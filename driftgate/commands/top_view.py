"""What `driftgate top` shows of a sample: figures, and who is well. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driftgate.commands.alarms import alarms
from driftgate.commands.top_figures import Ended, Figures, figures
from driftgate.commands.top_sample import Sample
from driftgate.commands.when import ago
from driftgate.proxy.harmless import one_line
from driftgate.proxy.reached import Reached, reached
from driftgate.proxy.running import Running
from driftgate.proxy.units import size, span

LAST = 50  # calls that a view holds
_TEXT = 200  # characters of a name or an error that are worth carrying


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one model at one upstream."""

    model: str | None
    upstream: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Upstream:
    """What is known of one upstream. health: in words, harmless."""

    name: str
    known: Reached
    health: str

    @property
    def unwell(self) -> bool:
        """Whether calls to it fail, or are kept from it."""
        return self.known.failing or _is_open(self.known)


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown.

    at: UTC, without a zone. span_s: what the figures are over. groups: most calls first. last: newest
    first. alarms: a harmless line each. problem: why the history could not be read.
    """

    at: datetime
    span_s: float
    found: Running
    whole: Figures
    groups: tuple[Group, ...]
    upstreams: tuple[Upstream, ...]
    last: tuple[Ended, ...]
    alarms: tuple[str, ...]
    history: Path
    history_bytes: int | None
    problem: str | None

    @property
    def per_minute_now(self) -> float:
        """Calls of the last minute, as the workers count them."""
        return self.found.calls_per_minute()


def view(sample: Sample) -> View:
    """What is shown of a sample."""
    return View(
        at=sample.at,
        span_s=sample.span_s,
        found=sample.found,
        whole=figures(sample.calls, sample.span_s),
        groups=_groups(sample.calls, sample.span_s),
        upstreams=_upstreams(sample),
        last=tuple(sorted(sample.calls[-LAST:], key=lambda call: call.ended_at, reverse=True)),
        alarms=tuple(_alarms(sample)),
        history=sample.history,
        history_bytes=sample.history_bytes,
        problem=sample.problem,
    )


def _groups(calls: Sequence[Ended], span_s: float) -> tuple[Group, ...]:
    found: dict[tuple[str, str | None], list[Ended]] = {}
    for call in calls:
        found.setdefault((call.upstream, call.model), []).append(call)
    made = [Group(model, name, figures(some, span_s)) for (name, model), some in found.items()]
    return tuple(
        sorted(made, key=lambda each: (-each.figures.calls, each.upstream, each.model or ""))
    )


def _upstreams(sample: Sample) -> tuple[Upstream, ...]:
    """Those that are not well come first."""
    now = sample.at.replace(tzinfo=UTC).timestamp()
    made = [
        Upstream(name, known, _health(known, now)) for name, known in reached(sample.found).items()
    ]
    return tuple(sorted(made, key=lambda each: not each.unwell))


def _alarms(sample: Sample) -> Iterator[str]:
    found = sample.found
    if not found.any:
        yield "NO PROXY RUNS on this history: start `driftgate serve`"
    elif not found.workers:
        yield "NO WORKER ANSWERS"
    yield from alarms(found)
    if found.workers and found.historian is None:
        yield "THE HISTORIAN DOES NOT ANSWER: calls stay in the journal until it is back"
    if sample.history_bytes is None:
        yield f"no history at {one_line(str(sample.history))} yet"
    if sample.problem is not None:
        yield one_line(sample.problem)
    if sample.cut:
        yield f"more calls than are kept here: the last {len(sample.calls)} of the window"
    yield from _in_the_way(found.historian or {})


def _in_the_way(historian: dict[str, Any]) -> Iterator[str]:
    holder, error = historian.get("waiting_for"), historian.get("error")
    if holder:
        yield one_line(f"calls wait in the journal: the history is held by {holder}"[:_TEXT])
    if error and not (holder and holder in error):
        yield one_line(f"calls wait in the journal: {error}"[:_TEXT])
    if damaged := historian.get("quarantined"):
        yield f"{len(damaged)} DAMAGED PARTS OF THE JOURNAL are kept for you to look at"


def _is_open(known: Reached) -> bool:
    return known.breaker not in {None, "closed"}


def _health(known: Reached, now: float) -> str:
    if known.last_error_at is not None and (known.failing or _is_open(known)):
        why = "" if known.last_error is None else f": {one_line(known.last_error[:_TEXT])}"
        return f"FAILED {ago(known.last_error_at, now)}{why}"
    return "no call yet" if known.last_ok_at is None else f"ok, {ago(known.last_ok_at, now)}"


def journal(found: Running) -> str:
    """How far the history is behind, in words."""
    historian = found.historian
    if historian is None:
        return "-"
    behind = span((historian.get("lag_s") or 0) * 1000)
    return f"{size(historian.get('backlog_bytes') or 0)} to read, {behind} behind"
