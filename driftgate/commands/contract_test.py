"""`driftgate contracts test`: recorded calls judged again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.commands.values import counted
from driftgate.contracts.verdict import Verdict
from driftgate.proxy.errors import Exit, UsageError
from driftgate.proxy.harmless import one_cell
from driftgate.replay.select.filters import Filters

if TYPE_CHECKING:
    from driftgate.commands.contract_rejudge import Outcome
    from driftgate.contracts.contract import Contract

EXAMPLES = (
    "driftgate contracts test summarize --since 7d",
    "driftgate contracts test contracts/summarize.toml --model 'gemma4*' -n 200",
    "driftgate contracts test codegen --all --json",
)
_SHOWN = 20  # violations, and calls of each change, in the text for people


def command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A contract, or the file of one (NAME.toml).")
    ],
    *,
    since: options.Since = None,
    model: options.Model = None,
    limit: Annotated[
        int, typer.Option("-n", "--limit", min=0, help="The newest so many calls; 0 for all.")
    ] = 1000,
    everything: Annotated[
        bool, typer.Option("--all", help="Also calls that the contract does not apply to.")
    ] = False,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Judge recorded calls by a contract as it is now, without a model.

    Verdicts now against those recorded, the most frequent violations, and the calls that change.
    Exits with 0 when all pass, 1 when one fails, 4 when there was none to judge.
    """
    contract = _contract(name, contracts)
    condition = Filters(since, None, model).condition()
    from driftgate.commands.contract_rejudge import applied_to_all, rejudge  # noqa: PLC0415 - DuckDB is slow to load

    chosen = applied_to_all(contract) if everything else contract
    outcome = rejudge(options.existing(history), chosen, condition, limit or None)
    if as_json:
        sys.stdout.write(to_json(as_object(contract, outcome), indent=2) + "\n")
    else:
        _tell(contract, outcome)
    _leave(outcome)


def _contract(name: str, folder: Path | None) -> "Contract":
    from driftgate.commands.contract_files import named  # noqa: PLC0415 - keeps help fast
    from driftgate.contracts.load import ContractError, load_file  # noqa: PLC0415 - likewise

    if not name.endswith(".toml"):
        return named(folder, name).contract
    try:
        return load_file(Path(name)).contract
    except ContractError as error:
        raise UsageError(str(error)) from None


def _leave(outcome: "Outcome") -> None:
    if outcome.count(Verdict.FAIL):
        raise typer.Exit(int(Exit.FOUND))
    if not outcome.count(Verdict.PASS):
        options.note("nothing to judge: no such call has an answer that the contract applies to")
        raise typer.Exit(int(Exit.COULD_NOT_CHECK))


def as_object(contract: "Contract", outcome: "Outcome") -> dict[str, Any]:
    """What was found, for programs. Calls of a change are named; those that stay only counted."""
    from driftgate.commands.contract_rejudge import place  # noqa: PLC0415 - DuckDB is slow to load

    return {
        "contract": contract.name,
        "version": contract.version,
        "id": contract.id,
        "looked_at": outcome.looked_at,
        "judged": len(outcome.calls),
        "left_out": outcome.left_out,
        "verdicts": {verdict.value: outcome.count(verdict) for verdict in Verdict},
        "changes": [
            {
                "recorded": None if before == "-" else before,
                "now": now,
                "count": len(calls),
                "calls": [] if before == now else [call.call_id for call in calls],
            }
            for (before, now), calls in outcome.changes().items()
        ],
        "violations": [
            {**example.as_json(), "path": place(example), "calls": count}
            for example, count in outcome.violations()
        ],
        "failed": [
            {
                "id": call.call_id,
                "recorded": call.recorded,
                "violations": [each.as_json() for each in call.now.violations],
            }
            for call in outcome.calls
            if call.now.verdict is Verdict.FAIL
        ],
    }


def _tell(contract: "Contract", outcome: "Outcome") -> None:
    looked_at = counted(outcome.looked_at, "recorded call")
    title = f"{contract.name} {contract.version}: {len(outcome.calls)} judged of {looked_at}"
    sys.stdout.write(one_cell(title) + "\n")
    if outcome.left_out:
        refused = counted(outcome.left_out, "call")
        sys.stdout.write(f"{refused} left out: the request was refused, and no model asked\n")
    if outcome.calls:
        _tell_changes(outcome)
    if outcome.violations():
        _tell_violations(outcome)


def _tell_changes(outcome: "Outcome") -> None:
    changes = outcome.changes()
    rows = [[before, now, str(len(calls))] for (before, now), calls in changes.items()]
    _table(("recorded", "now", "calls"), rows, numbers=2)
    for (before, now), calls in changes.items():
        if before == now:
            continue
        sys.stdout.write(f"\nfrom {one_cell(before)} to {now}:\n")
        sys.stdout.writelines(f"  {one_cell(call.call_id)}\n" for call in calls[:_SHOWN])
        if len(calls) > _SHOWN:
            sys.stdout.write(f"  and {len(calls) - _SHOWN} more (--json names all)\n")


def _tell_violations(outcome: "Outcome") -> None:
    from driftgate.commands.contract_rejudge import place  # noqa: PLC0415 - DuckDB is slow to load

    rows = [
        [str(count), each.severity.value, each.keyword, place(each), each.reason]
        for each, count in outcome.violations()[:_SHOWN]
    ]
    _table(("calls", "severity", "violation", "where", "for example"), rows, numbers=0)


def _table(heads: tuple[str, ...], rows: list[list[str]], numbers: int) -> None:
    """A table whose column `numbers` holds numbers."""
    cells = [[one_cell(cell) for cell in row] for row in rows]
    right = [column == numbers for column in range(len(heads))]
    lines = render(heads, cells, right=right, room=room(sys.stdout), bold=bold(sys.stdout))
    sys.stdout.write("\n")
    sys.stdout.writelines(f"{line}\n" for line in lines)
