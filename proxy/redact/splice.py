"""Replaces parts of a body that lies in chunks, so that the number of chunks stays the same."""

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """Bytes start to end of the whole body become `new`."""

    start: int
    end: int
    new: bytes


def splice(chunks: list[bytes], edits: Iterable[Edit]) -> list[bytes]:
    """The chunks with all edits done; these are in order and do not overlap.

    What replaces a part that lies in several chunks goes to the first of them.
    """
    waiting = iter(edits)
    edit = next(waiting, None)
    if edit is None:
        return chunks
    result: list[bytes] = []
    offset = 0
    for chunk in chunks:
        parts: list[bytes] = []
        at, stop = offset, offset + len(chunk)
        while edit is not None and edit.start < stop:
            if edit.start >= offset:
                parts += (chunk[at - offset : edit.start - offset], edit.new)
            at = min(edit.end, stop)
            if edit.end > stop:
                break
            edit = next(waiting, None)
        parts.append(chunk[at - offset :])
        result.append(b"".join(parts))
        offset = stop
    return result
