"""`driftgate watch`: a golden set asked again and again, and who is told when the model drifts."""

from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.conditions import duration

EXAMPLES = (
    "driftgate watch release-1 --every 24h",
    "driftgate watch release-1 --candidate today.toml --webhook https://example.org/drift",
    "driftgate watch release-1 --once --json",
    "driftgate watch release-1 --once --accept",
)
_TOLD_OF = ("drift", "verdict")


def command(  # noqa: PLR0917 - typer reads the options from the parameters
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The golden set (driftgate replay keep).")
    ],
    candidate: Annotated[
        Path | None,
        typer.Option(
            "--candidate",
            metavar="FILE",
            help="What is watched, as for a gate; without it the recorded upstream and parameters.",
        ),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="AGE", help="Ask all of it so often: 30m, 24h, 7d.")
    ] = "24h",
    check_every: Annotated[
        str, typer.Option(metavar="AGE", help="Look so often whether the server has changed.")
    ] = "60s",
    once: Annotated[
        bool, typer.Option("--once", help="One round now, and its verdict as the exit code.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="The next round becomes what later ones are held to.")
    ] = False,
    k: Annotated[
        int | None, typer.Option("-k", min=1, max=100, help="Answers to each call; 2 by default.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="How much worse the model may become."),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Calls at one time; 4 by default.")
    ] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Of a round: stop asking after so many tokens.")
    ] = None,
    budget_minutes: Annotated[
        float | None, typer.Option(min=0, help="Of a round: stop asking after so many minutes.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Where drift is told, as a POST of JSON.")
    ] = None,
    webhook_on: Annotated[
        str, typer.Option(metavar="WHAT", help="drift (and its end), or verdict: every round.")
    ] = "drift",
    webhook_token_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Environment variable with the webhook's key (Bearer)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each round, for programs.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Ask a golden set again and again; tell when the model drifts.

    The first round makes the reference; each later one is held against it, by the policy of a gate,
    but for what measures time. A round is held on the schedule, and at once when the server says
    that it has become another one, or comes back after it was gone. Drift is an event in the history
    (`drift`, `drift_over`), a line on stdout, and a call of the webhook.

    With --once it exits with 0: pass, or the reference was made, 1: drift, 3: inconclusive, 4: could
    not check, 2: bad input.
    """
    from driftgate.commands.watch_run import Asked, watched  # noqa: PLC0415 - slow to load

    if webhook_on not in _TOLD_OF:
        raise UsageError(f"--webhook-on {webhook_on}: give {' or '.join(_TOLD_OF)}")
    asked = Asked(
        history=options.existing(history),
        contracts=contracts,
        golden=name,
        candidate=candidate,
        policy=policy,
        k=k,
        concurrency=concurrency,
        budget_tokens=budget_tokens,
        budget_minutes=budget_minutes,
        every=duration(every, "--every"),
        check=duration(check_every, "--check-every"),
        accept=accept,
        webhook=webhook,
        webhook_always=webhook_on == "verdict",
        webhook_token_env=webhook_token_env,
        as_json=as_json,
        quiet=quiet,
    )
    raise typer.Exit(watched(asked, once=once))
