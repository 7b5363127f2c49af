"""A folder that a run works in, for this user alone: copies of workspaces, homes of Codex.

It lies beside the history and not below `/tmp`, which a sandbox lets every command write to: what one
turn runs can reach neither another one's files nor the configuration of its own Codex.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.replay.run.hold import held
from driftgate.replay.run.targets import CouldNotCheckError

_ENDING = ".replays"


def room_of(history: Path, name: str) -> Path:
    """Where the folder of that name is."""
    return history.absolute().with_name(history.name + _ENDING) / name


@contextlib.contextmanager
def room(history: Path, name: str) -> Iterator[Path]:
    """The folder while the block runs; who calls holds its name (`held`) as long.

    Folders that killed runs have left, whose names nobody holds, are removed first.

    Raises:
        CouldNotCheckError: it cannot be made.
    """
    own = room_of(history, name)
    try:
        sweep(history)
        own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        own.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise CouldNotCheckError(
            f"nothing was checked: no folder {own}: {error.strerror or error}"
        ) from None
    try:
        yield own
    finally:
        _close(own)


def sweep(history: Path) -> None:
    """Removes what killed runs have left."""
    root = room_of(history, "x").parent
    for folder in root.iterdir() if root.is_dir() else ():
        with contextlib.suppress(CouldNotCheckError), held(history, folder.name):
            _close(folder)


def _close(folder: Path) -> None:
    remove_tree(folder)
    with contextlib.suppress(OSError):  # another run has its own there
        folder.parent.rmdir()
