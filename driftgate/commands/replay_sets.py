"""`driftgate replay sets`: the golden sets of a history."""

import sys
from typing import TYPE_CHECKING, Any

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_cell
from driftgate.proxy.units import iso

if TYPE_CHECKING:
    from driftgate.replay.select.keep import Kept

EXAMPLES = ("driftgate replay sets", "driftgate replay sets --json")


def command(
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """List the golden sets, the oldest first. Times are local."""
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.select import keep  # noqa: PLC0415 - likewise

    with open_history(options.existing(history)) as reader:
        found = keep.sets(reader)
    if as_json:
        sys.stdout.write(to_json([as_object(each) for each in found], indent=2) + "\n")
    elif found:
        _tell(found)
    else:
        options.note("no golden sets; `driftgate replay keep NAME` makes one")


def as_object(kept: "Kept") -> dict[str, Any]:
    """A set for programs."""
    return {
        "name": kept.name,
        "selection_id": kept.selection_id,
        "made_at": iso(kept.made_at),
        "calls": kept.calls,
        "found": kept.found,
        "collapsed": kept.collapsed,
        "seed": kept.seed,
        "described": kept.described,
    }


def _tell(found: list["Kept"]) -> None:
    heads = ("name", "made", "calls", "of", "seed", "chosen by")
    rows = [
        [
            one_cell(each.name or ""),
            local(each.made_at),
            str(each.calls),
            str(each.found),
            str(each.seed),
            one_cell(each.described),
        ]
        for each in found
    ]
    right = [False, False, True, True, True, False]
    narrow = [False] * 5 + [True]
    lines = render(
        heads, rows, right=right, narrow=narrow, room=room(sys.stdout), bold=bold(sys.stdout)
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
