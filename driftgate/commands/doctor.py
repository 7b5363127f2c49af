"""`driftgate doctor`: is everything as it should be, and what to do where it is not?"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.commands import options
from driftgate.commands.check_agent import AGENT, check_agent
from driftgate.commands.check_local import check_codex, check_disk, check_history, check_proxy
from driftgate.commands.check_upstream import check_upstream
from driftgate.commands.checks import Finding, State
from driftgate.commands.output import bold
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.errors import Exit, SettingsError
from driftgate.proxy.harmless import one_line
from driftgate.proxy.running import Running, running

if TYPE_CHECKING:  # pydantic is slow to load
    from driftgate.proxy.settings.upstream import Upstream

EXAMPLES = (
    "driftgate doctor",
    "driftgate doctor --upstream http://127.0.0.1:8080 --json",
)
_MARKS = {
    State.GOOD: ("ok", "32"),
    State.NOTE: ("note", "36"),
    State.WARNING: ("warn", "33"),
    State.PROBLEM: ("PROBLEM", "31"),
    State.UNKNOWN: ("unknown", "35"),
}


def command(
    upstream: Annotated[
        list[str] | None,
        typer.Option("--upstream", help="Check this address; again for more (default: settings)."),
    ] = None,
    *,
    probe: Annotated[
        bool,
        typer.Option("--probe/--no-probe", help="Ask the models too, which costs a few tokens."),
    ] = True,
    as_json: options.AsJson = False,
    limit: options.Limit = 0,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Check backend, proxy, history and Codex, with a remedy for each finding.

    A loaded model is asked a few short questions: does it obey schemas, does its server take all
    tools of Codex, and is the model told of them (the prompt's token count shows it)?
    With a running proxy, one request for a websocket goes through it, and a turn of each agent; they
    are recorded as any call.
    Exit code 0: all good; 1: a problem was found; 4: something could not be checked.
    """
    findings = list(_findings(upstream or [], history, probe=probe))
    shown = findings[: limit or None]
    if as_json:
        objects = [finding.as_object() for finding in shown]
        sys.stdout.write(to_json(objects, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in page(shown, colour=bold(sys.stdout)))
    raise typer.Exit(verdict(findings))


def verdict(findings: list[Finding]) -> Exit:
    """The exit code that these findings deserve."""
    states = {finding.state for finding in findings}
    if State.PROBLEM in states:
        return Exit.FOUND
    return Exit.COULD_NOT_CHECK if State.UNKNOWN in states else Exit.GOOD


def page(findings: list[Finding], *, colour: bool) -> list[str]:
    """The report as lines for people."""
    lines = []
    for finding in findings:
        mark, code = _MARKS[finding.state]
        padded = f"{mark:<8}"
        shown = f"\x1b[{code}m{padded}\x1b[0m" if colour else padded
        lines.append(f"{shown}{one_line(finding.check)}: {one_line(finding.what)}")
        if finding.remedy and finding.state is not State.GOOD:
            lines.append(f"{'':<8}-> {one_line(finding.remedy)}")
    return lines


def _findings(given: list[str], history: Path, *, probe: bool) -> Iterator[Finding]:
    found = running(history)
    try:
        upstreams, known = _upstreams(given, found), _known()
    except SettingsError as error:
        upstreams, known = {}, {}
        yield Finding("settings", State.PROBLEM, str(error), "correct the file or variable named")
    for name, url in upstreams.items():
        if url.startswith(AGENT):
            yield from check_agent(name, known.get(url), found, probe=probe)
        else:
            yield from check_upstream(name, url, known.get(url), probe=probe)
    yield from check_proxy(found)
    yield check_history(history)
    yield check_disk(history)
    yield check_codex()


def _upstreams(given: list[str], found: Running) -> dict[str, str]:
    """Addresses by name: those given, else those the proxy runs with, else the settings'."""
    if given:
        whole = [url if "//" in url else f"http://{url}" for url in given]
        return (
            {str(number): url for number, url in enumerate(whole, 1)}
            if whole[1:]
            else {"given": whole[0]}
        )
    for worker in found.workers.values():
        if known := worker.get("upstreams"):
            return {name: str(facts.get("url")) for name, facts in known.items()}
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - pydantic is slow to load

    return {name: each.url for name, each in load_settings().upstreams.items()}


def _known() -> dict[str, "Upstream"]:
    """The settings of each upstream by its address, as files and variables have them."""
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - pydantic is slow to load

    with suppress(SettingsError):  # said where the addresses are read from them
        return {each.url: each for each in load_settings().upstreams.values()}
    return {}
