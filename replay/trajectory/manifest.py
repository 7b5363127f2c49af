"""What is in a folder, and what has changed in it. Reads files; follows no link, opens nothing odd."""

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


def manifest(folder: Path) -> dict[str, Entry]:
    """Each file of the folder, but for what tools leave behind.

    Raises:
        OSError: the folder cannot be read. Single files that cannot are left out.
    """
    found: dict[str, Entry] = {}
    for path in islice(_files(folder), FILES):
        entry = _entry(path)
        if entry is not None:
            found[path.relative_to(folder).as_posix()] = entry
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
    after = manifest(folder)
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    found, room = [], _ALL_DIFFS
    for path in paths[:CHANGES]:
        kind = "add" if path not in before else "delete" if path not in after else "update"
        diff = _diff(template / path, folder / path, path)[: min(room, _DIFF)]
        room -= len(diff)
        digest_now = after[path].digest if path in after else ""
        found.append(Change(_printable(path), kind, digest_now, diff))
    return tuple(found)


def _files(folder: Path) -> Iterator[Path]:
    """Files and links in a fixed order; folders that are links are links."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            try:
                yield from _files(Path(entry.path))
            except PermissionError:  # the agent may have closed a folder of its own
                continue
        else:
            yield Path(entry.path)


def _entry(path: Path) -> Entry | None:
    """None: it is neither a file nor a link, or cannot be read."""
    try:
        known = path.lstat()
        if stat.S_ISLNK(known.st_mode):
            return Entry(f"link {path.readlink()}")
        if not stat.S_ISREG(known.st_mode):
            return None
        runs = "x" if known.st_mode & stat.S_IXUSR else "-"
        return Entry(f"{runs} {_hashed(path)}", known.st_size)
    except OSError:
        return None


def _hashed(path: Path) -> str:
    whole = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()


def _diff(one: Path, other: Path, name: str) -> str:
    """A unified diff; "": one of them is no text, or too large."""
    before, after = _lines(one), _lines(other)
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
