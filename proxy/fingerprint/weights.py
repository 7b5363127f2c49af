"""A digest of a model file, for servers that tell the path of their weights but no digest.

Small files are read whole, large ones in samples: the beginning, the end and places between. The
method is named beside the digest, since digests of two methods cannot be compared.
"""

import os
import stat
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

WHOLE_LIMIT = 128 << 20
_EDGE = 16 << 20
_SAMPLES = 64
_SAMPLE = 1 << 20
_MAGIC = b"GGUF"  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_MOST_KNOWN = 64

Weights = dict[str, Any]


class WeightDigests:
    """Digests of files, remembered until a file changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Weights | None] = {}

    def of(self, path: str) -> Weights | None:
        """Method and digest; None when there is no such readable GGUF file here. Reads the disk."""
        try:
            found = Path(path).stat()
            if not stat.S_ISREG(found.st_mode) or not Path(path).is_absolute():
                return None
            key = (path, found.st_size, found.st_mtime_ns)
            if key not in self._known:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[key] = _digest(Path(path), found.st_size)
            return self._known[key]
        except (OSError, ValueError):
            return None


def _digest(path: Path, size: int) -> Weights | None:
    whole = size <= WHOLE_LIMIT
    digest = blake2b(size.to_bytes(8, "big"), digest_size=16)
    with path.open("rb", buffering=0) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        for start, length in [(0, size)] if whole else _samples(size):
            for piece in _read(file.fileno(), start, length):
                digest.update(piece)
    method = "blake2b-128 of size and all" if whole else "blake2b-128 of size and 96 MiB of samples"
    return {"method": method, "digest": digest.hexdigest()}


def _samples(size: int) -> Iterator[tuple[int, int]]:
    yield 0, _EDGE
    step = (size - 2 * _EDGE) // _SAMPLES
    for number in range(_SAMPLES):
        yield _EDGE + number * step, min(_SAMPLE, step)
    yield size - _EDGE, _EDGE


def _read(file: int, start: int, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = os.pread(file, min(length, _SAMPLE), start)
        if not piece:
            return
        yield piece
        start, length = start + len(piece), length - len(piece)
