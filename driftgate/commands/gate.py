"""`driftgate gate`: will this change of model or configuration break what works today?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import gate_trajectories as whole
from driftgate.commands import options
from driftgate.commands import replay_selecting as selecting
from driftgate.commands.gate_asked import Asked
from driftgate.commands.output import check_writable
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.criteria import Criteria

EXAMPLES = (
    "driftgate gate --candidate candidate.toml --since 7d",
    "driftgate gate --candidate candidate.toml --baseline today.toml --contract summarize -n 500",
    "driftgate gate --candidate candidate.toml --golden release-1 --policy gate.toml",
    "driftgate gate --candidate candidate.toml --format html --output gate.html",
    "driftgate gate --resume last",
    "driftgate gate --shadow --since 1d",
    "driftgate gate --trajectories --candidate candidate.toml --workspace project --check 'pytest -q'",
)
INTERRUPTED = 130  # as a shell reports SIGINT


def command(
    *,
    candidate: Annotated[
        Path | None,
        typer.Option(
            "--candidate",
            metavar="FILE",
            help='What is put to the test; one line is enough: upstream = "http://..."',
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="What it is compared with; without it the recorded upstream and parameters.",
        ),
    ] = None,
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
        int | None,
        typer.Option("-k", min=1, max=100, help="Answers of each arm to each call; 2 by default."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="How much worse the candidate may be."),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Calls at one time at each server; 4 by default."),
    ] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop asking after so many tokens, read and written.")
    ] = None,
    budget_minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop asking after so many minutes.")
    ] = None,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop asking as soon as the verdict is sure.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run, by the start of its id, or 'last'."),
    ] = None,
    embeddings: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Compare texts by their meaning too, with this model2vec model."
        ),
    ] = None,
    comparator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A comparator of your own; may be given several times."),
    ] = None,
    judge: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A model that judges pairs of answers: upstream and model."
        ),
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Judge what [shadow] has sent; nothing is asked.")
    ] = False,
    trajectories: whole.Trajectories = False,
    workspace: whole.Workspace = None,
    check: whole.Check = None,
    check_timeout: whole.CheckTimeout = None,
    sandbox: whole.InSandbox = None,
    agent: whole.Agent = None,
    format: Annotated[  # noqa: A002 - as the option is called
        str, typer.Option(metavar="NAME", help="text, html, markdown, json or junit.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there.")
    ] = None,
    as_json: options.AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    contracts: options.Contracts = options.DEFAULT_CONTRACTS,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Run recorded calls against a candidate and the baseline, compare, and decide.

    Both are asked k times now, interleaved, so that the candidate is measured against the baseline's
    own noise. Tools are never run. All is recorded as it comes: Ctrl-C or kill -9 lose at most what
    was in flight, and --resume goes on. With --trajectories tools are run: Codex goes through recorded
    threads again, in a sandbox and in copies of a workspace, which measures something else.

    Exits with 0: pass, 1: drift, 3: inconclusive, 4: could not check, 2: bad input.
    """
    criteria = Criteria(
        *(since, until, model, contract, dialect, session, status, tag, upstream, where, sql)
    )
    chosen = selecting.Selecting(criteria, size, seed, sessions, collapse, golden)
    asked = Asked(
        history=options.existing(history),
        contracts=contracts,
        chosen=chosen,
        candidate=candidate,
        baseline=baseline,
        policy=policy,
        k=k,
        concurrency=concurrency,
        budget_tokens=budget_tokens,
        budget_minutes=budget_minutes,
        stop_early=stop_early,
        resume=resume,
        embeddings=embeddings,
        comparators=comparator or [],
        judge=judge,
        shadow=shadow,
        wanted=whole.Wanted(
            trajectories=trajectories,
            workspace=workspace,
            check=check,
            check_timeout_s=check_timeout,
            sandbox=sandbox,
            agent=agent,
        ),
    )
    _run(asked, _format("json" if as_json else format), output, quiet=quiet)


def _format(name: str) -> str:
    from driftgate.replay.report.report import Format  # noqa: PLC0415 - slow to load

    known = [each.value for each in Format]
    if name not in known:
        raise UsageError(f"--format {name}: give {', '.join(known[:-1])} or {known[-1]}")
    return name


def _run(asked: Asked, name: str, output: Path | None, *, quiet: bool) -> None:
    from driftgate.commands.gate_run import exit_code, gated, write  # noqa: PLC0415 - slow to load
    from driftgate.replay.sitting import RunInterruptedError  # noqa: PLC0415 - likewise

    if output is not None:
        check_writable(output)  # before anything is asked
    try:
        report = gated(asked, quiet=quiet)
    except RunInterruptedError as error:
        options.note(f"{error}")
        raise typer.Exit(INTERRUPTED) from None
    write(report, name, output)
    if output is not None and not quiet:
        sys.stderr.write(f"driftgate: {report.decision.sentence}\n")
    raise typer.Exit(exit_code(report))
