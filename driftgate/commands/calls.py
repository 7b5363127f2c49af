"""`driftgate calls`: recorded calls, newest first."""

import sys

from driftgate.commands import options, rows
from driftgate.commands.output import bold, room
from driftgate.commands.values import as_json as to_json
from driftgate.replay.select.filters import Filters

EXAMPLES = (
    "driftgate calls --since 2h --model 'gemma4*'",
    "driftgate calls --status error --limit 10",
    "driftgate calls --text 'apply_patch' --json",
    "driftgate calls --verdict fail --contract summarize",
    "driftgate calls --parent last",
)


def command(  # noqa: PLR0917 - typer reads the options from the parameters
    since: options.Since = None,
    until: options.Until = None,
    model: options.Model = None,
    session: options.Session = None,
    status: options.Status = None,
    upstream: options.Upstream = None,
    text: options.Text = None,
    verdict: options.Judged = None,
    contract: options.ByContract = None,
    parent: options.Parent = None,
    limit: options.Limit = 50,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """List recorded calls, newest first.

    Times are local. `driftgate show ID` gives one call in full; the start of an id is enough.
    Model calls that an agent made for another call are marked by an arrow.
    """
    condition, parameters = Filters(
        since, until, model, session, status, upstream, text, verdict, contract, parent
    ).condition()
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    sql = f"{rows.SELECT} WHERE {condition} ORDER BY started_at DESC, call_id DESC"
    with open_history(options.existing(history)) as reader:
        result = reader.ask(sql, parameters, limit=limit or None)
    found = [rows.as_dict(row) for row in result.rows]
    if as_json:
        sys.stdout.write(to_json([rows.as_object(call) for call in found], indent=2) + "\n")
    elif found:
        lines = rows.table(found, room(sys.stdout), bold=bold(sys.stdout))
        sys.stdout.writelines(f"{line}\n" for line in lines)
    else:
        options.note("no such calls" if condition != "true" else "no calls recorded yet")
    if result.cut:
        options.note(f"the newest {limit} are shown; --limit 0 gives all")
