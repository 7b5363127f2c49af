"""`driftgate dashboard`: the history in a browser."""

import asyncio
import signal
import webbrowser
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

import typer

from driftgate.commands import options
from driftgate.proxy.errors import UsageError

if TYPE_CHECKING:
    import socket

    from driftgate.dashboards.site import Site
    from driftgate.proxy.settings.model import Settings

EXAMPLES = (
    "driftgate dashboard",
    "driftgate dashboard --open",
    "driftgate dashboard --history old.duckdb --listen 127.0.0.1:9000",
)
DEFAULT_LISTEN = "127.0.0.1:8788"


def command(
    *,
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT", help="Where to serve it if no proxy does; port 0 picks one."
        ),
    ] = DEFAULT_LISTEN,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser, too.")] = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Show the history in a browser: calls live and past, contracts, drift, SQL.

    A running proxy serves it already, at /_driftgate/: then this tells where, with the token in the
    link where one is asked for. Else it is served from here, until Ctrl-C: no calls are passed on
    then, and what is recorded is only what you replay on a call's page.
    """
    from driftgate.dashboards.app import make_site  # noqa: PLC0415 - keeps help fast
    from driftgate.proxy.running import running  # noqa: PLC0415 - likewise
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - likewise

    settings = load_settings(None, history=history)
    at = load_settings(None, history=history, listen=listen).address
    workers = running(history).workers
    if workers:
        worker = next(iter(workers.values()))
        if not worker.get("dashboard"):
            raise UsageError("the proxy that runs has no dashboard: dashboard.on is false")
        _tell(link(str(worker["listen"]), settings), open_=open_)
        return
    options.existing(history)
    asyncio.run(_serve(make_site(settings, at[0]), at, open_=open_))


def link(url: str, settings: "Settings") -> str:
    """The dashboard's address below that of a server, for this machine's browser.

    The token is in it where the server asks for one.
    """
    from driftgate.dashboards.token import token  # noqa: PLC0415 - keeps help fast
    from driftgate.proxy.loopback import is_loopback, reached_at  # noqa: PLC0415 - likewise

    parts = urlsplit(url)
    host = parts.hostname or ""
    there = f"{reached_at(host, parts.port or 80)}/_driftgate/"
    return there if is_loopback(host) else f"{there}?token={quote(token(settings))}"


def _tell(there: str, *, open_: bool) -> None:
    typer.echo(there)
    if open_ and not webbrowser.open(there):
        options.note("no browser could be opened; open the link yourself")


async def _serve(site: "Site", at: tuple[str, int], *, open_: bool) -> None:
    from aiohttp import web  # noqa: PLC0415 - keeps help fast

    from driftgate.dashboards.app import runner  # noqa: PLC0415 - likewise
    from driftgate.proxy.server import url_of  # noqa: PLC0415 - likewise

    bound = _bound(*at)
    made = runner(site)
    await made.setup()
    await web.SockSite(made, bound).start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _tell(link(url_of(bound), site.settings), open_=open_)
    options.note("Ctrl-C ends it")
    await stop.wait()
    await made.cleanup()


def _bound(host: str, port: int) -> "socket.socket":
    from driftgate.proxy.server import bind  # noqa: PLC0415 - keeps help fast

    try:
        return bind(host, port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}; choose another with --listen"
        ) from error
