"""`driftgate replay report`: a run's verdict, and what it rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.commands import options
from driftgate.commands.output import bold, destination, room
from driftgate.proxy.errors import NotFoundError

if TYPE_CHECKING:
    from driftgate.replay.report.report import Report

EXAMPLES = (
    "driftgate replay report last",
    "driftgate replay report 0190a0a0 --format html --output report.html",
    'driftgate replay report last --format markdown >> "$GITHUB_STEP_SUMMARY"',
    "driftgate replay report last --format junit --inconclusive skipped --output gate.xml",
)
_FORMATS = ("text", "html", "markdown", "json", "junit")
_INCONCLUSIVE = ("failure", "skipped")
Which = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its start, or 'last'.")]


def command(
    run: Which = "last",
    *,
    written_as: Annotated[
        str, typer.Option("--format", help=f"One of: {', '.join(_FORMATS)}.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.")
    ] = None,
    inconclusive: Annotated[
        str,
        typer.Option("--inconclusive", help="What that is in JUnit: failure or skipped."),
    ] = "failure",
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What a run decided, and why: for a terminal, a browser, a job page, or a program.

    The verdict in one sentence, the health of the measurement, every metric with its interval, the
    slices that moved, the worst pairs of answers side by side, and how both arms were configured. The
    HTML is one file without scripts, which needs nothing else. Exits with 0 whatever the verdict is.
    """
    from driftgate.replay.report.report import Format, Inconclusive, render  # noqa: PLC0415 - keeps help fast

    form = Format(_one_of("--format", written_as, _FORMATS))
    third = Inconclusive(_one_of("--inconclusive", inconclusive, _INCONCLUSIVE))
    report = load(options.existing(history), run)
    with destination(output) as stream:
        text = render(report, form, room=room(stream), bold=bold(stream), inconclusive=third)
        stream.write(text)


def load(history: Path, which: str) -> "Report":
    """The report of the run that `which` names.

    Raises:
        NotFoundError: there is no such run, or nothing was decided yet.
    """
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay import results  # noqa: PLC0415 - likewise
    from driftgate.replay.report.of_run import report_of  # noqa: PLC0415 - likewise

    with open_history(history) as reader:
        run = results.run(reader, which)
        decision = results.decision(reader, run.run_id)
    if decision is None and run.kind == results.REFERENCE:
        raise NotFoundError(
            f"run {run.run_id} decided nothing: it is the reference that later rounds of "
            "`driftgate watch` are held against"
        )
    if decision is None:
        raise NotFoundError(
            f"run {run.run_id} has decided nothing yet: it runs still, or was stopped; "
            f"`driftgate gate --resume {run.run_id}` goes on with it"
        )
    return report_of(run, decision)


def _one_of(option: str, given: str, known: tuple[str, ...]) -> str:
    if given in known:
        return given
    raise typer.BadParameter(f"'{given}' is none of: {', '.join(known)}", param_hint=option)
