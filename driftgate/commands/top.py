"""`driftgate top`: what goes on right now, as a screen that keeps itself up to date."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.values import as_json as to_json
from driftgate.replay.select.conditions import duration

if TYPE_CHECKING:
    from driftgate.commands.top_view import View

EXAMPLES = (
    "driftgate top",
    "driftgate top --window 1h --interval 5",
    "driftgate top --once",
    "driftgate top --json | jq '.models[] | {model, error_rate}'",
)


def command(
    window: Annotated[
        str,
        typer.Option(
            "--window",
            metavar="TIME",
            help="Figures are of calls that ended within it: 30s, 5m, 1h.",
        ),
    ] = "5m",
    interval: Annotated[
        float, typer.Option("--interval", min=0.2, max=3600, help="Seconds between looks.")
    ] = 2.0,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What goes on right now: rates, latencies, tokens, verdicts, upstreams, journal, last calls.

    Keeps itself up to date; q or Ctrl-C ends it. Prints once with --once, with --json, and where
    stdout is no terminal. Figures are of calls that ended within the window, by model and upstream.
    """
    from driftgate.commands.top_sample import Sampler  # noqa: PLC0415 - keeps help fast
    from driftgate.commands.top_view import view  # noqa: PLC0415 - likewise

    sampler = Sampler(history, duration(window, "--window"))
    if as_json or once or not _is_screen():
        _print(view(sampler.look()), as_json=as_json)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    from driftgate.commands.top_live import live  # noqa: PLC0415 - likewise

    live(lambda: view(sampler.look()), interval, Console(highlight=False))


def _is_screen() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _print(shown: "View", *, as_json: bool) -> None:
    if as_json:
        from driftgate.commands.top_json import as_object  # noqa: PLC0415 - only programs need it

        sys.stdout.write(to_json(as_object(shown), indent=2) + "\n")
        return
    from driftgate.commands.top_draw import draw  # noqa: PLC0415 - keeps help fast

    strong = bold(sys.stdout)
    for line in draw(shown, room(sys.stdout), None):
        wrapped = strong and line.style in {"bold", "alarm"}
        sys.stdout.write(f"\x1b[1m{line.text}\x1b[0m\n" if wrapped else f"{line.text}\n")
