"""`driftgate contracts check`: whether files are contracts."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands.contract_files import applies_to, demands
from driftgate.contracts.load import ContractError, Loaded, load_file
from driftgate.proxy.errors import UsageError
from driftgate.proxy.harmless import one_line

EXAMPLES = (
    "driftgate contracts check contracts/summarize.toml",
    "driftgate contracts check contracts && driftgate serve",
)


def command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Contracts, or folders of them.")
    ],
) -> None:
    """Whether files are contracts: what each says, or where and why it cannot be used.

    Exits with 2 when one of them cannot be used.
    """
    faults: list[str] = []
    for path in _each(paths):
        try:
            loaded = load_file(path)
        except ContractError as error:
            faults.append(str(error))
        else:
            sys.stdout.write(f"{one_line(told(loaded))}\n")
    if faults:
        raise UsageError("\n".join(faults))


def told(loaded: Loaded) -> str:
    """What was found well, in one line."""
    contract = loaded.contract
    return (
        f"{loaded.path}: {contract.name} {contract.version}, {contract.mode.value}; "
        f"applies to {applies_to(contract)}; output: {demands(contract)}"
    )


def _each(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob("*.toml"))
            if not found:
                raise UsageError(f"no contract in {path}: a contract is a file NAME.toml")
            yield from found
        else:
            yield path
