"""Options that several commands share, and where the history lies."""

import os
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HISTORY = Path("driftgate.duckdb")
DEFAULT_CONTRACTS = Path("contracts")
_GIVEN_TO_SERVE = "driftgate.toml"


def configured_history() -> Path:
    """The history that the settings file names, so that all commands read what `serve` writes."""
    return _configured("history", DEFAULT_HISTORY)


def configured_contracts() -> Path:
    """The folder of contracts that the settings file names, so that all commands use those of `serve`."""
    return _configured("contracts", DEFAULT_CONTRACTS)


def _configured(setting: str, default: Path) -> Path:
    """A path that the settings file names.

    A file that cannot be read counts as absent here: `serve` and `doctor` say what is wrong with it.
    """
    path = Path(os.environ.get("DRIFTGATE_CONFIG") or _GIVEN_TO_SERVE)
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(setting)
    except (OSError, ValueError, RecursionError):
        return default
    return Path(named) if isinstance(named, str) and named else default


def _given_or_configured(context: typer.Context, history: Path) -> Path:
    source = context.get_parameter_source("history")
    return configured_history() if source is not None and source.name == "DEFAULT" else history


History = Annotated[
    Path,
    typer.Option(
        "--history",
        envvar="DRIFTGATE_HISTORY",
        callback=_given_or_configured,
        help="The history file to read; without it the one that driftgate.toml names.",
    ),
]


def _contracts_given_or_configured(context: typer.Context, contracts: Path) -> Path:
    source = context.get_parameter_source("contracts")
    if source is not None and source.name == "DEFAULT":
        return configured_contracts()
    if not contracts.is_dir():
        raise typer.BadParameter(f"no folder {contracts}")
    return contracts


Contracts = Annotated[
    Path,
    typer.Option(
        "--contracts",
        envvar="DRIFTGATE_CONTRACTS",
        callback=_contracts_given_or_configured,
        help="The folder of contracts; without it the one that driftgate.toml names.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 for all.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Started at or after: 7d, 2h, 30m, or ISO 8601 (local time unless it has a zone).",
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="WHEN", help="Started before; as --since.")
]
Model = Annotated[
    str | None, typer.Option("--model", help="This model; * and ? are wildcards ('gemma4*').")
]
Session = Annotated[
    str | None, typer.Option("--session", help="This session; the start of its id is enough.")
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="HTTP status (404, 5xx), an outcome (completed, client_gone, ...), 'ok' or 'error'.",
    ),
]
Upstream = Annotated[str | None, typer.Option("--upstream", help="This upstream, by name.")]
Text = Annotated[
    str | None,
    typer.Option("--text", help="This text occurs in the input or the output (any case)."),
]
Judged = Annotated[
    str | None, typer.Option("--verdict", help="What contracts found: pass, fail or unjudged.")
]
ByContract = Annotated[
    str | None, typer.Option("--contract", help="Judged by this contract, by name.")
]
Parent = Annotated[
    str | None,
    typer.Option(
        "--parent",
        metavar="ID",
        help="Part of this call, which an agent answered, or its continuation; the start of its id "
        "is enough, and 'last' is the newest call.",
    ),
]


def note(message: str) -> None:
    """A message for people, on stderr."""
    sys.stderr.write(f"driftgate: {message}\n")


def existing(history: Path) -> Path:
    """The history's path; NotFoundError with what to do when there is none."""
    from driftgate.proxy.errors import NotFoundError  # noqa: PLC0415 - keeps help fast

    if history.exists():
        return history
    raise NotFoundError(
        f"no history at {history}: start `driftgate serve` there, or name one with --history"
    )
