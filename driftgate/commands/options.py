"""Options that several commands share, and where the history lies."""

import sys
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HISTORY = Path("driftgate.duckdb")

History = Annotated[
    Path,
    typer.Option("--history", envvar="DRIFTGATE_HISTORY", help="The history file to read."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 for all.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Started at or after: 7d, 2h, 30m, or ISO 8601 (local time unless it has a zone).",
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="WHEN", help="Started before; as --since.")
]
Model = Annotated[
    str | None, typer.Option("--model", help="This model; * and ? are wildcards ('gemma4*').")
]
Session = Annotated[
    str | None, typer.Option("--session", help="This session; the start of its id is enough.")
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="HTTP status (404, 5xx), an outcome (completed, client_gone, ...), 'ok' or 'error'.",
    ),
]
Upstream = Annotated[str | None, typer.Option("--upstream", help="This upstream, by name.")]
Text = Annotated[
    str | None,
    typer.Option("--text", help="This text occurs in the input or the output (any case)."),
]


def note(message: str) -> None:
    """A message for people, on stderr."""
    sys.stderr.write(f"driftgate: {message}\n")


def existing(history: Path) -> Path:
    """The history's path; NotFoundError with what to do when there is none."""
    from driftgate.proxy.errors import NotFoundError  # noqa: PLC0415 - keeps help fast

    if history.exists():
        return history
    raise NotFoundError(
        f"no history at {history}: start `driftgate serve` there, or name one with --history"
    )
