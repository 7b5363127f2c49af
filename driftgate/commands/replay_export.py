"""`driftgate replay export`: a golden set as a file."""

from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands.output import check_writable
from driftgate.commands.values import counted

EXAMPLES = ("driftgate replay export release-1 --output release-1.jsonl",)


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A golden set.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ],
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Write a golden set to a file, to be imported on another machine.

    JSON Lines: what the set is, then one line for each call with its request and recorded answer,
    byte for byte. Secrets are not in it, since none were recorded; what people and models wrote is.
    """
    from driftgate.replay.select.golden_export import export  # noqa: PLC0415 - DuckDB is slow to load

    check_writable(output)
    kept = export(options.existing(history), name, output)
    options.note(f"{counted(kept.calls, 'call')} of {name} written to {output}")
