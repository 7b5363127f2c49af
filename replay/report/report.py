"""A run's report, and the formats that people and programs read it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.as_json import as_json
from driftgate.replay.report.difference import Difference
from driftgate.replay.report.html import html
from driftgate.replay.report.junit import junit
from driftgate.replay.report.markdown import markdown
from driftgate.replay.report.text import text
from driftgate.replay.report.view import view
from driftgate.replay.run.kept import Run


class Format(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"


class Inconclusive(StrEnum):
    """What an inconclusive finding is in JUnit, which knows no third verdict."""

    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Report:
    """A run, what it decided, and in what its baseline and candidate are configured differently."""

    run: Run
    decision: Decision
    differences: Sequence[Difference] = ()


def render(
    report: Report,
    format: Format,  # noqa: A002 - as the option is called
    *,
    room: int | None = None,
    bold: bool = False,
    inconclusive: Inconclusive = Inconclusive.FAILURE,
) -> str:
    """The report as text, with a line end at its end.

    Args:
        report: the report.
        format: of the text.
        room: width in cells of the terminal, for Format.TEXT; None for no wrapping.
        bold: whether that terminal shows bold text.
        inconclusive: for Format.JUNIT.
    """
    run, decision = report.run, report.decision
    if format is Format.JSON:
        return as_json(run, decision, report.differences)
    seen = view(run, decision, report.differences)
    if format is Format.HTML:
        return html(seen)
    if format is Format.MARKDOWN:
        return markdown(seen)
    if format is Format.JUNIT:
        started = f"{run.started_at.replace(tzinfo=None).isoformat(timespec='seconds')}"
        return junit(seen, started_at=started, inconclusive=inconclusive)
    return text(seen, room=room, bold=bold)
