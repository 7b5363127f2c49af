"""`driftgate replay keep`: a golden set out of recorded calls."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands import replay_selecting as selecting
from driftgate.commands.replay_sets import as_object
from driftgate.commands.values import as_json as to_json
from driftgate.commands.values import counted
from driftgate.replay.select.criteria import Criteria

EXAMPLES = (
    "driftgate replay keep release-1 --since 7d",
    "driftgate replay keep agents --dialect responses --sessions -n 100",
    'driftgate replay keep slow --sql "SELECT call_id FROM calls WHERE total_ms > 5000"',
)


def command(  # noqa: PLR0917 - typer reads the options from the parameters
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the set is called from now on.")
    ],
    since: options.Since = None,
    until: options.Until = None,
    model: options.Model = None,
    contract: selecting.Contract = None,
    dialect: selecting.Dialect = None,
    session: options.Session = None,
    status: selecting.Status = None,
    tag: selecting.Tag = None,
    upstream: options.Upstream = None,
    where: selecting.Where = None,
    sql: selecting.Sql = None,
    size: selecting.Size = selecting.SIZE,
    seed: selecting.Seed = 0,
    sessions: selecting.Sessions = False,
    collapse: selecting.Collapse = True,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Keep recorded calls as a golden set, which never changes, in the history.

    Works while the proxy runs. `driftgate replay plan` with the same options shows what it would
    hold; `driftgate replay export` carries it to another machine.
    """
    criteria = Criteria(
        *(since, until, model, contract, dialect, session, status, tag, upstream, where, sql)
    )
    chosen = selecting.Selecting(criteria, size, seed, sessions, collapse)
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.select import keep  # noqa: PLC0415 - likewise

    keep.checked_name(name)
    with open_history(options.existing(history)) as reader:
        keep.refuse_taken(reader, name)
        selection = chosen.selection(reader)
    kept = keep.keep(history, replace(selection, name=name))
    if as_json:
        sys.stdout.write(to_json(as_object(kept), indent=2) + "\n")
        return
    collapsed = f", {counted(kept.collapsed, 'near-duplicate')} collapsed" if kept.collapsed else ""
    options.note(f"kept {name}: {counted(kept.calls, 'call')} of {kept.found} found{collapsed}")
