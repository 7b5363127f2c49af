"""Whether the measurement can be trusted, as lines for people."""

from collections.abc import Iterator

from driftgate.replay.decide.decision import Health
from driftgate.replay.report.numbers import value
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.words import nouns
from driftgate.replay.run.kept import Run

_LINE = 500  # characters
_ERRORS = 5  # of each arm


def lines(run: Run, health: Health) -> list[tuple[str, str]]:
    """(label, text) of each fact."""
    answers = nouns(run.kind).answers
    return [
        (
            "coverage",
            f"{value(health.coverage, 'share')} of {health.cases:,} cases have all {answers}",
        ),
        *_served(health, answers),
        *_errors(health),
        ("noise floor", _agreement(health.noise_floor, "the re-run baseline agrees with itself")),
        (
            "against the record",
            _agreement(
                health.record_agreement, "the re-run baseline agrees with what it answered then"
            ),
        ),
        *_moved(run, health),
    ]


def _served(health: Health, answers: str) -> Iterator[tuple[str, str]]:
    for arm, count in health.served.items():
        yield f"{one_line(arm, _LINE)} {answers}", f"{count:,} of {health.planned:,} came"


def _errors(health: Health) -> Iterator[tuple[str, str]]:
    for arm, found in health.errors.items():
        for why, count in found[:_ERRORS]:
            yield f"{one_line(arm, _LINE)} errors", f"{count:,} x {one_line(why, _LINE)}"
        rest = sum(count for _, count in found[_ERRORS:])
        if rest:
            yield f"{one_line(arm, _LINE)} errors", f"{rest:,} of other kinds"


def _agreement(share: float | None, what: str) -> str:
    return "not measured" if share is None else f"{what} in {value(share, 'share')}"


def _moved(run: Run, health: Health) -> Iterator[tuple[str, str]]:
    for each in health.moved:
        yield "moved since recorded", one_line(each, _LINE)
    if not health.moved and run.baseline_fingerprint:
        yield "moved since recorded", "nothing that the baseline tells of itself"
