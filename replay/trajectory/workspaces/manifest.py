"""What is in a folder, and what has changed in it. Reads files; follows no link, opens nothing odd.

A model may have filled it with anything, so that all is bounded: files, bytes, diffs, depth.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from pathlib import Path

from driftgate.replay.trajectory.trajectory import Change

# What tools leave behind, and what no two runs leave alike; `.agents` and `.aws` are mounts of the sandbox.
IGNORED = frozenset(
    {
        *(".git", ".hg", ".svn", ".agents", ".aws", ".codex", "__pycache__", "node_modules"),
        *(".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".cache", ".hypothesis"),
    }
)
FILES = 50_000  # of a folder that are looked at
BYTES = 4 << 30  # of all files that are hashed; of the others the size stands for the content
CHANGES = 500  # that are kept
_TEXT = 200_000  # bytes of a file of which a diff is made
_DIFF, _ALL_DIFFS = 8_000, 64_000  # characters of one diff, and of all of a folder
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a link. digest: of its content and of whether it can be run; link: its target."""

    digest: str
    size: int = 0


Manifest = Mapping[str, Entry]  # by path within the folder, with slashes


def manifest(folder: Path, known: Manifest | None = None) -> dict[str, Entry]:
    """Each file of the folder, but for what tools leave behind.

    Args:
        folder: where.
        known: files that are looked for where there are too many to look at all.

    Raises:
        OSError: the folder cannot be read. What is in it and cannot be read is left out.
    """
    found: dict[str, Entry] = {}
    seen, room = 0, BYTES
    for path in islice(_files(folder), FILES):
        seen += 1
        entry = _entry(path, room)
        if entry is not None:
            found[path.relative_to(folder).as_posix()] = entry
            room -= entry.size
    missed = (known or {}) if seen == FILES else {}
    for name in missed.keys() - found.keys():
        if _is_in(folder, name) and (entry := _entry(folder / name, BYTES)) is not None:
            found[name] = entry
    return found


def digest(found: Manifest) -> str:
    """One for all: the same files, the same digest."""
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(found):
        whole.update(f"{path}\0{found[path].digest}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def changes(before: Manifest, template: Path, folder: Path) -> tuple[Change, ...]:
    """What is not as it was, by path.

    Args:
        before: of the template.
        template: what the folder is a copy of.
        folder: as it is now.

    Raises:
        OSError: the folder cannot be read.
    """
    after = manifest(folder, before)
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    found, room = [], _ALL_DIFFS
    for path in paths[:CHANGES]:
        kind = "add" if path not in before else "delete" if path not in after else "update"
        now = folder / path if path in after else None
        diff = _diff(template / path, now, path)[: min(room, _DIFF)] if room else ""
        room -= len(diff)
        digest_now = after[path].digest if path in after else ""
        found.append(Change(_printable(path), kind, digest_now, diff))
    return tuple(found)


def _files(folder: Path) -> Iterator[Path]:
    """Files and links in a fixed order; folders that are links are links."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            if place == folder:
                raise
            continue  # the agent may have closed it, or nested it deeper than a path may be long
        inner = []
        for entry in ordered:
            if entry.name in IGNORED:
                continue
            if entry.is_dir(follow_symlinks=False):
                inner.append(Path(entry.path))
            else:
                yield Path(entry.path)
        waiting += reversed(inner)


def _is_in(folder: Path, name: str) -> bool:
    """Whether no link leads out of the folder on the way to this file."""
    try:
        return (folder / name).parent.resolve() == (folder.resolve() / name).parent
    except (OSError, RuntimeError):  # links in a circle
        return False


def _entry(path: Path, room: int) -> Entry | None:
    """None: it is neither a file nor a link, or cannot be read. room: bytes that may be hashed."""
    try:
        known = path.lstat()
        if stat.S_ISLNK(known.st_mode):
            return Entry(f"link {path.readlink()}")
        if not stat.S_ISREG(known.st_mode):
            return None
        runs, size = "x" if known.st_mode & stat.S_IXUSR else "-", known.st_size
        if size > room:  # a file may say that it has terabytes
            return Entry(f"{runs} {size} bytes")
        return Entry(f"{runs} {_hashed(path)}", size)
    except OSError:
        return None


def _hashed(path: Path) -> str:
    whole = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()


def _diff(one: Path, other: Path | None, name: str) -> str:
    """A unified diff; "": one of them is no text, or too large. other: None: it is gone."""
    before, after = _lines(one), [] if other is None else _lines(other)
    if before is None or after is None:
        return ""
    name = _printable(name)
    return "\n".join(
        line.rstrip("\n") for line in unified_diff(before, after, f"a/{name}", f"b/{name}", n=2)
    )


def _lines(path: Path) -> list[str] | None:
    """None: no text. What is not there is empty."""
    try:
        known = path.lstat()
        if not stat.S_ISREG(known.st_mode) or known.st_size > _TEXT:
            return None
        return path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        return None


def _printable(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")[:1000]
