"""The disk under the journal: whether it has room, and when it has what was written."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path


def space_problem(
    folder: Path, min_free_bytes: int, statvfs: Callable[[Path], os.statvfs_result] = os.statvfs
) -> str | None:
    """Why the file system of `folder` has no room for more, or None."""
    try:
        status = statvfs(folder)
    except OSError as error:
        return f"{folder}: {error.strerror}"
    free = status.f_bavail * status.f_frsize
    if free >= min_free_bytes:
        return None
    return f"{folder}: {free >> 20} MB free, {min_free_bytes >> 20} MB needed"


def to_disk(descriptors: Sequence[int], folders: Sequence[Path]) -> None:
    """Syncs open files, and the entries of folders.

    Raises:
        OSError: the disk did not take it.
    """
    for descriptor in descriptors:
        os.fsync(descriptor)
    for folder in folders:  # a file is only found after a power loss if its name is synced too
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_all(descriptor: int, buffers: list[bytes]) -> int:
    """Writes all buffers; a short write goes on with the rest."""
    total = sum(map(len, buffers))
    written = os.writev(descriptor, buffers)
    if written == total:
        return total
    rest = memoryview(b"".join(buffers))[written:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    return total
