"""Fresh copies of a workspace, one for each trajectory.

The template is copied once when a run begins, so that all trajectories of both arms begin alike,
whatever happens to the original meanwhile. No trajectory can reach another one's, see `replay.run.room`.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.proxy.errors import UsageError
from driftgate.replay.trajectory.workspaces.manifest import Manifest, digest, manifest

MOST_BYTES, MOST_FILES = 2 << 30, 50_000  # of a template: each trajectory has a copy


@dataclass(frozen=True, slots=True)
class Template:
    """What the copies are made of. origin: the folder that it was copied from; None: it is empty."""

    folder: Path
    origin: Path | None
    known: Manifest
    digest: str

    def fresh(self, into: Path) -> Path:
        """A copy at this place, which must not be there yet.

        Raises:
            OSError: it cannot be made.
        """
        _copy(self.folder, into)
        return into


def take(origin: Path | None, into: Path) -> Template:
    """The template of a folder, copied to `into`; None: an empty one.

    Raises:
        UsageError: the folder is not there, too large, or one that nobody wants to copy.
    """
    try:
        if into.exists():  # of a sitting that was killed
            remove_tree(into)
        into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if origin is None:
            into.mkdir(mode=0o700)
        else:
            check(origin, into)
            _copy(origin, into)
        known = manifest(into)
    except OSError as error:
        raise UsageError(f"the workspace {origin or into} cannot be copied: {error}") from None
    return Template(into, origin, known, digest(known))


def places_of(copy: Path) -> tuple[str, ...]:
    """What a copy may be called: as it is named, and where links lead."""
    return tuple(sorted({str(copy), str(copy.resolve())}))


def check(origin: Path, into: Path) -> None:
    """Raises UsageError where a folder cannot be a workspace."""
    if not origin.is_dir():
        raise UsageError(f"--workspace {origin}: no such folder")
    whole = origin.resolve()
    if whole in (Path.home().resolve(), Path(whole.anchor)):
        raise UsageError(f"--workspace {origin}: give the folder of one project")
    if into.resolve().is_relative_to(whole):
        raise UsageError(
            f"--workspace {origin} holds the history, beside which the copies lie: keep the history elsewhere"
        )
    size = files = 0
    for found in _walk(whole):
        size, files = size + found.st_size, files + 1
        if size > MOST_BYTES or files > MOST_FILES:
            raise UsageError(
                f"--workspace {origin} has more than {MOST_BYTES >> 30} GB or {MOST_FILES:,} files, and each "
                "trajectory gets a copy: give a smaller folder"
            )


def _walk(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(place) / name).lstat()
            except OSError:
                continue


def _copy(origin: Path, into: Path) -> None:
    """Links stay links; what is neither file, folder nor link is left out."""
    shutil.copytree(origin, into, symlinks=True, ignore=_odd)
    into.chmod(0o700)


def _odd(folder: str, names: list[str]) -> set[str]:
    """Sockets, pipes and devices: a copy of them would wait for ever."""

    def ordinary(name: str) -> bool:
        mode = (Path(folder) / name).lstat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)

    return {name for name in names if not ordinary(name)}
