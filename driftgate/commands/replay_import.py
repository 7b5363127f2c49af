"""`driftgate replay import`: a golden set out of a file."""

from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands.values import counted

EXAMPLES = (
    "driftgate replay import release-1.jsonl",
    "driftgate replay import release-1.jsonl --history ci.duckdb",
)


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Written by `driftgate replay export`.")
    ],
    *,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Bring a golden set into this history, which is made where there is none.

    The whole file is checked first: what is damaged, changed or taken is refused, and nothing is
    written. Imported calls do not count as live traffic. Doing it again changes nothing.
    """
    from driftgate.replay.select.golden_import import import_set  # noqa: PLC0415 - DuckDB is slow to load

    done = import_set(file, history)
    if not done.kept and not done.new:
        options.note(f"{done.name} is here already, and the same; nothing was changed")
        return
    known = done.calls - done.new
    here = f" ({known} were here already)" if known else ""
    options.note(f"imported {done.name}: {counted(done.calls, 'call')}{here}")
