"""Removing a folder in which commands of a model have worked: it may be nested and closed in any way.

Folders are moved up before they are looked into, so that no path grows long and nothing recurses: one
command nests them deeper than a path, or Python's stack, may be.
"""

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Removes it with all that is in it; a link at its place is left alone. Never raises.

    Nobody may work in it any more. What cannot be removed stays.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    up = folder / uuid.uuid4().hex  # no name in it begins so
    waiting, moved = [folder], 0
    while waiting:
        place = waiting.pop()
        for inner in _emptied(place):
            to = Path(f"{up}-{moved}")
            moved += 1
            with suppress(OSError):
                inner.rename(to)
                waiting.append(to)
        if place != folder:
            with suppress(OSError):
                place.rmdir()
    with suppress(OSError):
        folder.rmdir()


def _emptied(place: Path) -> list[Path]:
    """Removes the files in a folder; the folders in it, which can be moved and entered then."""
    folders = []
    try:
        place.chmod(stat.S_IRWXU)
        with os.scandir(place) as entries:
            found = list(entries)
    except OSError:
        return []
    for entry in found:
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                Path(entry.path).chmod(stat.S_IRWXU)
                folders.append(Path(entry.path))
            else:
                Path(entry.path).unlink()
    return folders
