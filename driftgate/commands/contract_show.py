"""`driftgate contracts show`: one contract in full."""

import sys
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands.contract_files import as_object, named
from driftgate.commands.contract_text import contract_text
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.harmless import harmless

EXAMPLES = ("driftgate contracts show summarize", "driftgate contracts show summarize --json")


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The contract's name.")],
    *,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
    as_json: options.AsJson = False,
) -> None:
    """One contract in full, with its schemas; what it leaves out has its default."""
    loaded = named(contracts, name)
    if as_json:
        sys.stdout.write(to_json(as_object(loaded), indent=2) + "\n")
        return
    where = "shipped with driftgate" if loaded.shipped else str(loaded.path)
    head = f"# {where}\n# id {loaded.contract.id}\n"
    sys.stdout.write(harmless(head + contract_text(loaded.contract)))
