"""The dashboard's token: a line in a file that its owner alone can read."""

import contextlib
import logging
import os
import re
import secrets
import stat
import tempfile
from pathlib import Path

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings, journal_root

NAME = "dashboard.token"
LEAST = 16  # characters; fewer could be guessed
_TOKEN = re.compile(r"[\x21-\x7e]+")
_OTHERS = stat.S_IRGRP | stat.S_IROTH

log = logging.getLogger("driftgate.dashboard")


def token(settings: Settings) -> str:
    """The token of the file that the settings name, or of our own, made where it is not there yet.

    Raises:
        UsageError: the file cannot be read or made, or holds no token.
    """
    named = settings.dashboard.token_file
    path = named or journal_root(settings.history) / NAME
    try:
        text = path.read_text("utf-8").strip() if named or path.exists() else _make(path)
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the token in {path}: {_reason(error)}") from error
    if len(text) < LEAST or not _TOKEN.fullmatch(text):
        raise UsageError(
            f"{path} holds no token: one line of at least {LEAST} printable characters without blanks"
        )
    if mode & _OTHERS:
        log.warning("others on this machine can read the token in %s: chmod 600 it", path)
    return text


def _make(path: Path) -> str:
    """A new one. All who make it at once end with the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, own = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(own, path)
    Path(own).unlink()
    return path.read_text("utf-8").strip()


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"
