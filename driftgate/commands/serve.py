"""`driftgate serve`: the recording proxy."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "driftgate serve --upstream http://127.0.0.1:11434",
    "driftgate serve --config driftgate.toml --listen 127.0.0.1:8787",
    "DRIFTGATE_JOURNAL__DURABILITY=fsync driftgate serve --workers 2",
)


def command(
    *,
    upstream: Annotated[
        str | None,
        typer.Option("--upstream", metavar="URL", help="The model server (default: Ollama's)."),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Default: 127.0.0.1:8787."),
    ] = None,
    history: Annotated[
        Path | None, typer.Option("--history", help="Default: driftgate.duckdb.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes that share the port; default: 1.")
    ] = None,
    contracts: Annotated[
        Path | None,
        typer.Option("--contracts", metavar="FOLDER", help="Contract files; default: contracts."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="TOML file (default: driftgate.toml where there is one)."),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", help="debug, info, warning or error.")
    ] = None,
) -> None:
    """Stand between clients and model servers; record every call.

    Everything passes unchanged; the one thing added is the response header x-driftgate-call-id.
    Only where a contract is enforced, or an upstream must be adapted to, answers are read first.
    Each setting can stand in the TOML file, in the environment (DRIFTGATE_...) or here; the latter
    win. Ctrl-C lets running calls finish; a second one ends at once. SIGHUP loads the contracts anew,
    so that it goes on where its terminal is closed.
    """
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - keeps help fast
    from driftgate.proxy.supervisor import serve  # noqa: PLC0415

    settings = load_settings(
        config,
        upstream=upstream,
        listen=listen,
        history=history,
        workers=workers,
        contracts=contracts,
        log_level=log_level,
    )
    if settings.dashboard.token_file is not None:
        from driftgate.dashboards.token import token  # noqa: PLC0415 - likewise

        token(settings)  # what is wrong with it is said now, not to who looks first
    serve(settings)
