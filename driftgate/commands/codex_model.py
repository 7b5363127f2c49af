"""Which model Codex asks for, and how much it takes: what the user says, else what the server has loaded."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from driftgate.commands.backends import Backend, identify
from driftgate.commands.check_adapting import loaded_model
from driftgate.commands.checks import NoReplyError
from driftgate.commands.codex_flags import Through
from driftgate.proxy.errors import DriftgateError, Exit, UsageError
from driftgate.proxy.harmless import one_line

SHOWN = 8  # models of a list
_LOAD_ON_DEMAND = ("Ollama", "LM Studio")  # they list what they could load; others, what they serve


class NoServerError(DriftgateError):
    """The model server is not there."""

    exit_code = Exit.COULD_NOT_CHECK


def own_model(given: Mapping[str, str] = os.environ) -> str | None:
    """The model that the user's own configuration of Codex names; it is only read."""
    home = Path(given.get("CODEX_HOME") or Path.home() / ".codex")
    try:
        named = tomllib.loads((home / "config.toml").read_text(encoding="utf-8")).get("model")
    except (OSError, ValueError, RecursionError):
        return None  # Codex itself says what is wrong with it
    return named if isinstance(named, str) else None


def through(base_url: str, server: str, asked: str | None) -> Through:
    """The way to the model.

    Args:
        base_url: of the proxy, with /v1.
        server: address of the model server behind it.
        asked: the model that the user named for this run; None: none.

    Raises:
        NoServerError: nobody answers there.
        UsageError: no model is named, and the server has none loaded or several.
    """
    try:
        backend = identify(server)
    except NoReplyError as error:
        raise NoServerError(
            f"the model server at {server} does not answer ({error}); start it, or see `driftgate doctor`"
        ) from None
    model = asked or _chosen(backend, server)
    return Through(base_url, model, backend.context)


def _chosen(backend: Backend, server: str) -> str:
    own = own_model()
    if own in backend.models:
        return str(own)
    if len(backend.models) == 1 or backend.kind not in _LOAD_ON_DEMAND:
        return backend.models[0] if backend.models else _none(server)
    loaded = loaded_model(backend, server) if backend.kind == "Ollama" else None
    if loaded is not None:
        return loaded
    if not backend.models:
        return _none(server)
    more = f" and {len(backend.models) - SHOWN} more" if len(backend.models) > SHOWN else ""
    names = ", ".join(one_line(name) for name in backend.models[:SHOWN])
    raise UsageError(f"the model server has several models: {names}{more}; choose with --model")


def _none(server: str) -> NoReturn:
    raise UsageError(f"the model server at {server} has no model; load or pull one")
