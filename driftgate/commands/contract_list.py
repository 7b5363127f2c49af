"""`driftgate contracts list`: the contracts in force."""

import sys

from driftgate.commands import options
from driftgate.commands.contract_files import applies_to, as_object, demands, files
from driftgate.commands.output import bold, room
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.harmless import one_cell

EXAMPLES = ("driftgate contracts list", "driftgate contracts list --json | jq '.[].name'")
COLUMNS = ("contract", "version", "mode", "applies to", "output", "from")


def command(
    *,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
    as_json: options.AsJson = False,
) -> None:
    """The contracts in force: those that are shipped and those of your folder.

    A contract of your folder replaces a shipped one of the same name.
    """
    found = files(contracts)
    if as_json:
        sys.stdout.write(to_json([as_object(loaded) for loaded in found], indent=2) + "\n")
        return
    rows = [
        [
            loaded.contract.name,
            loaded.contract.version,
            loaded.contract.mode.value,
            applies_to(loaded.contract),
            demands(loaded.contract),
            "shipped" if loaded.shipped else loaded.path.name,
        ]
        for loaded in found
    ]
    cells = [[one_cell(cell) for cell in row] for row in rows]
    lines = render(
        COLUMNS, cells, right=[False] * len(COLUMNS), room=room(sys.stdout), bold=bold(sys.stdout)
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
