"""`driftgate replay plan`: what a replay would run and could find, without running it."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import options
from driftgate.commands import replay_selecting as selecting
from driftgate.commands.output import bold, room
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.commands.values import counted
from driftgate.proxy.harmless import one_cell
from driftgate.proxy.units import span
from driftgate.replay.select.criteria import Criteria

if TYPE_CHECKING:
    from driftgate.replay.select.plan import Effect, Plan
    from driftgate.replay.select.selected import Selection

EXAMPLES = (
    "driftgate replay plan --since 7d",
    "driftgate replay plan --contract summarize -n 500 -k 4",
    'driftgate replay plan --where "output_tokens < 500" --json',
    "driftgate replay plan --golden release-1",
)
_MINUTE_MS = 60_000


def command(  # noqa: PLR0917 - typer reads the options from the parameters
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
    golden: selecting.Golden = None,
    k: Annotated[
        int, typer.Option("-k", min=1, max=100, help="Answers of each arm to each call.")
    ] = 2,
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Requests at one time.")] = 4,
    margin: Annotated[
        float,
        typer.Option(min=0, max=0.99, help="How much worse a pass rate may be (0.02: 2 points)."),
    ] = 0.02,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Show what a replay would run, how long it would take, and what it could find. Costs nothing.

    Calls are chosen by the options, in proportion to contract, dialect, use of tools, depth of the
    conversation and length of the prompt; near-duplicates of a prompt count as one.
    """
    criteria = Criteria(
        *(since, until, model, contract, dialect, session, status, tag, upstream, where, sql)
    )
    chosen = selecting.Selecting(criteria, size, seed, sessions, collapse, golden)
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.select.flips import flips  # noqa: PLC0415 - likewise
    from driftgate.replay.select.plan import plan  # noqa: PLC0415 - likewise

    with open_history(options.existing(history)) as reader:
        selection, observed = chosen.selection(reader), flips(reader)
    made = plan(selection, k=k, concurrency=concurrency, flips=observed, margin=margin)
    if as_json:
        sys.stdout.write(to_json(as_object(selection, made), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in text(selection, made, room(sys.stdout)))


def as_object(selection: "Selection", made: "Plan") -> dict[str, Any]:
    """The plan for programs, with the ids of the chosen calls."""
    strata = [
        {**each.stratum._asdict(), "calls": each.calls, "stands_for": each.stands_for}
        for each in made.strata
    ]
    return {
        "selection": selection.described,
        "golden": selection.name,
        "seed": selection.seed,
        **asdict(made),
        "strata": strata,
        "call_ids": [call.call_id for call in selection.calls],
    }


def text(selection: "Selection", made: "Plan", width: int | None) -> list[str]:
    """The plan for people. width: of the terminal; None: a pipe."""
    return [
        *_chosen(selection, made),
        "",
        *_strata(made, width),
        "",
        f"Both arms, {counted(made.k, 'answer')} each: {made.answers:,} answers",
        f"  tokens   {_tokens(made)}",
        f"  time     {_time(made)}",
        "",
        *_effects(made),
    ]


def _chosen(selection: "Selection", made: "Plan") -> list[str]:
    collapsed = f", {counted(made.collapsed, 'near-duplicate')} collapsed" if made.collapsed else ""
    sessions = counted(made.sessions, "session")
    name = f"golden set {selection.name}: " if selection.name else ""
    return [
        one_cell(
            f"{name}{counted(made.calls, 'call')} in {sessions}, of {made.found:,} found{collapsed}"
        ),
        one_cell(f"chosen by {selection.described}, seed {selection.seed}"),
    ]


def _strata(made: "Plan", width: int | None) -> list[str]:
    heads = ("contract", "dialect", "tools", "items", "tokens", "calls", "stand for")
    rows = [
        [*map(one_cell, each.stratum), f"{each.calls:,}", f"{each.stands_for:,}"]
        for each in made.strata
    ]
    right = [False] * 5 + [True] * 2
    return render(heads, rows, right=right, room=width, bold=bold(sys.stdout))


def _tokens(made: "Plan") -> str:
    if made.input_tokens is None and made.output_tokens is None:
        return "unknown: the backend counted none"
    known = [
        f"about {number:,} {name}"
        for number, name in ((made.input_tokens, "read"), (made.output_tokens, "written"))
        if number is not None
    ]
    guessed = f" ({counted(made.unknown, 'call')} without a count)" if made.unknown else ""
    return ", ".join(known) + guessed


def _time(made: "Plan") -> str:
    if made.minutes is None or made.minutes_alone is None:
        return "unknown: none was recorded"
    alone = span(made.minutes_alone * _MINUTE_MS)
    if made.concurrency == 1:
        return f"about {alone}, one request at a time"
    together = span(made.minutes * _MINUTE_MS)
    return (
        f"about {together} with {made.concurrency} requests at a time, as fast as they were recorded; "
        f"{alone} where the backend answers one after the other"
    )


def _effects(made: "Plan") -> list[str]:
    share = f"{made.flips.share * 100:.1f} %"
    smallest = "none" if made.detectable is None else _points(made.detectable)
    finds = f"{counted(made.calls, 'call')} find a drop of the pass rate of {smallest}"
    return [
        f"Two answers to one request differ in passing {share} of the time ({made.flips.source})",
        f"With a margin of {_points(made.margin)}, {finds} (9 times in 10)",
        f"  an unchanged model is shown to pass with about {_unchanged(made)}",
        *(f"  a drop of {_points(each.drop):<10} {_needed(each)}" for each in made.effects),
    ]


def _unchanged(made: "Plan") -> str:
    return "no number of calls" if made.unchanged is None else f"{made.unchanged:,} calls"


def _needed(effect: "Effect") -> str:
    return (
        "is within the margin" if effect.cases is None else f"is found with {effect.cases:,} calls"
    )


def _points(share: float) -> str:
    return f"{share * 100:g} points"
