"""`driftgate contracts copy`: a contract with its schemas, to start from."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands.contract_files import named
from driftgate.proxy.errors import UsageError

EXAMPLES = ("driftgate contracts copy summarize --to contracts",)


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The contract's name.")],
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the copy goes.")],
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
) -> None:
    """Copy a contract with its schemas, to start from. Prints the files it wrote."""
    loaded = named(contracts, name)
    home = loaded.path.parent
    targets = {path: to / path.relative_to(home) for path in (loaded.path, *loaded.schemas)}
    there = [target for target in targets.values() if target.exists()]
    if there and not force:
        raise UsageError(f"{there[0]} is there already; --force replaces it")
    for source, target in targets.items():
        try:
            data = source.read_bytes()  # first, since source and target may be the same
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror or error}") from error
        sys.stdout.write(f"{target}\n")
