"""`driftgate codex`: the user's own Codex, its model calls recorded, nothing of the user's touched."""

import os
import shutil
import signal
import subprocess
import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from driftgate.commands import options
from driftgate.commands.check_upstream import ROOMY, fit
from driftgate.commands.codex_flags import (
    Through,
    asks_no_model,
    block,
    environment,
    flags,
    model_in,
    past_us,
)
from driftgate.commands.codex_model import NoServerError, through
from driftgate.commands.codex_proxy import Proxy, at_hand, found
from driftgate.proxy.errors import UsageError

EXAMPLES = (
    "driftgate codex",
    'driftgate codex -- exec "What does this folder hold?"',
    "driftgate codex --model gemma4:12b -- exec 'hi'",
    "driftgate codex --print-config",
)
SETTINGS = {"allow_interspersed_args": False}  # from the first of Codex's words on, all are its own
Own = Annotated[
    list[str] | None,
    typer.Argument(
        help="Codex's own arguments; behind `--` where they begin with an option.",
        show_default=False,
    ),
]
_SIGNALLED = 128  # and the signal's number: how a shell reports it


def command(
    arguments: Own = None,
    *,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Model to ask for (default: what the server has loaded)."),
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option("--upstream", help="Name of the upstream that has it (default: the first)."),
    ] = None,
    print_config: Annotated[
        bool,
        typer.Option("--print-config", help="Print the block for Codex's config.toml, and stop."),
    ] = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Run your own Codex through driftgate: its model calls are recorded and checked.

    Flags and the environment of this one run do it; no file of yours is touched. The proxy that
    runs on the history is used; where none runs, one is started, and ended with Codex. The exit
    code is Codex's own.
    """
    given = arguments or []
    other = past_us(given)
    if other is not None:
        raise UsageError(
            f"`{other}` takes Codex past driftgate; leave it out, or run `codex` itself"
        )
    if print_config:
        proxy = found(history) or _planned()
        sys.stdout.write(block(_planned_way(proxy, upstream, model)))
        return
    program = _program()
    if asks_no_model(given):
        raise typer.Exit(_run([program, *given], dict(os.environ)))
    with at_hand(history) as proxy:
        code = _codex(program, proxy, upstream, model, given)
    raise typer.Exit(code)


def _program() -> str:
    program = shutil.which("codex")
    if program is None:
        raise UsageError(
            "there is no `codex` on the PATH; install it: npm install -g @openai/codex"
        )
    return program


def _codex(
    program: str, proxy: Proxy, upstream: str | None, model: str | None, given: list[str]
) -> int:
    """Codex through this proxy; its exit code."""
    way = _through(proxy, upstream, model or model_in(given))
    told = flags(Through(way.base_url, None, way.context) if model_in(given) else way)
    _say(proxy, way)
    return _run([program, *told, *given], environment(os.environ, _host(proxy)))


def _through(proxy: Proxy, upstream: str | None, model: str | None) -> Through:
    return through(proxy.base_url(upstream), proxy.server(upstream), model)


def _planned_way(proxy: Proxy, upstream: str | None, model: str | None) -> Through:
    """The same for a block to paste: its server may be down where the model is named."""
    try:
        return _through(proxy, upstream, model)
    except NoServerError as error:
        if model is None:
            raise NoServerError(f"{error}; or name the model with --model") from None
        options.note("the model server does not answer, so model_context_window is left out")
        return Through(proxy.base_url(upstream), model)


def _planned() -> Proxy:
    """The proxy that `driftgate serve` would be here."""
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - pydantic is slow to load

    settings = load_settings()
    servers = {name: each.url for name, each in settings.upstreams.items() if each.kind == "http"}
    return Proxy(f"http://{settings.listen}", servers)


def _host(proxy: Proxy) -> str:
    return urlsplit(proxy.url).hostname or ""


def _say(proxy: Proxy, way: Through) -> None:
    started = "started for this run, " if proxy.ours else ""
    sys.stderr.write(f"driftgate: {way.model} through {way.base_url} ({started}recorded)\n")
    if way.context is not None and way.context < ROOMY:
        sys.stderr.write(
            f"driftgate: its context of {way.context} tokens is {fit(way.context)}; "
            "`driftgate doctor` says what to do\n"
        )
    sys.stderr.flush()


def _run(command_line: list[str], variables: dict[str, str]) -> int:
    """Codex in this terminal; Ctrl-C is its own affair."""
    process = subprocess.Popen(command_line, env=variables)  # noqa: S603 - the user's Codex
    kept = signal.signal(signal.SIGINT, lambda *_: None)
    asked = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, kept)
        signal.signal(signal.SIGTERM, asked)
    return code if code >= 0 else _SIGNALLED - code
