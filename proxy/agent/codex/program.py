"""The Codex that is installed: where its program is, and which version.

npm installs a node launcher around the native program; calling that one directly saves 0.3 s a start.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.failures import OLDEST, missing, protocol, too_old
from driftgate.proxy.settings.codex import Codex

_VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)\.(\d+)\S*")
_NATIVE = "vendor/*/bin/codex"
_ANSWER_S = 20.0  # a cold disk has to read 300 MB


@dataclass(frozen=True, slots=True)
class Program:
    """A Codex that can be used. path: of the program. version: as it says it."""

    path: str
    version: str


def find(codex: Codex, environ: Mapping[str, str] | None = None) -> Program:
    """The Codex of these settings, asked for its version. Blocks for as long as that takes.

    Args:
        codex: the agent's settings.
        environ: the environment it runs in; None: what is right for it of this process's.

    Raises:
        AgentError: it is not there or does not run; it is too old; its version cannot be told.
    """
    clean = environment() if environ is None else dict(environ)
    path = shutil.which(str(Path(codex.program).expanduser()), path=clean.get("PATH"))
    if path is None:
        named = Path(codex.program).expanduser()
        raise missing(codex.program, there=len(named.parts) > 1 and named.exists())
    path = native(path)
    said = _asked(path, codex.program, clean)
    found = _VERSION.search(said)
    if found is None:
        raise protocol("of unknown version", f"`{path} --version` says {_line(said)!r}")
    if tuple(map(int, found.groups())) < OLDEST:
        raise too_old(path, found[0])
    return Program(path, found[0])


def native(path: str) -> str:
    """The native program behind npm's launcher, where it is one and that can be found; else the path."""
    launcher = Path(path).resolve()
    if launcher.suffix != ".js":
        return path
    package = launcher.parent.parent  # @openai/codex: bin/codex.js
    # beside the package in most installations; inside it in others, and in old versions
    places = (
        (package.parent, f"codex-*/{_NATIVE}"),
        (package / "node_modules" / "@openai", f"codex-*/{_NATIVE}"),
        (package, _NATIVE),
    )
    found = (each for folder, pattern in places for each in sorted(folder.glob(pattern)))
    return next((str(each) for each in found if os.access(each, os.X_OK)), path)


def _asked(path: str, name: str, environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own setting names it
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environ,
            timeout=_ANSWER_S,
            check=False,
        )
    except OSError:
        raise missing(name, there=True) from None
    except subprocess.TimeoutExpired:
        raise protocol("of unknown version", f"`{path} --version` gives no answer") from None
    return (done.stdout or done.stderr).decode("utf-8", "replace")


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
