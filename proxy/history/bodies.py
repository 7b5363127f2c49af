"""Keeping bodies in the history: each slice once, each body once, and what new slices say."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import duckdb
import zstandard

from driftgate.proxy.dialects.meaning import Item
from driftgate.proxy.history.slices import LEVEL, Split, compress
from driftgate.proxy.history.table import Row, encode, insert

KNOWN_SLICES = 40_000  # digests remembered: about 8 MB; an older one is looked up in the file
KNOWN_BODIES = 5_000
LARGE = 256 << 10  # bytes; a slice from here on is written by itself

Tables = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A body to keep, and the items that lie in it."""

    split: Split
    items: Sequence[Item] = ()


class Bodies:
    """Which slices and bodies the file holds already, as far as remembered."""

    def __init__(self, last: int) -> None:
        self.last = last  # the greatest slice_id in the file
        self._slices: OrderedDict[bytes, int] = OrderedDict()
        self._bodies: OrderedDict[bytes, None] = OrderedDict()
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)

    def keep(
        self, connection: duckdb.DuckDBPyConnection, tables: Tables, bodies: Iterable[Kept]
    ) -> None:
        """Writes what is new of these bodies, inside the caller's transaction.

        What is written counts as known at once: after a rollback, make a new Bodies.
        """
        new = {
            body_id: body
            for body in bodies
            if body.split.ends and (body_id := body.split.body_id) not in self._bodies
        }
        for body_id in _present(connection, "bodies", "body_id", new):
            del new[body_id]
        self._keep_slices(connection, tables, new.values())
        insert(connection, "bodies", tables["bodies"], [self._row(*entry) for entry in new.items()])
        self._bodies.update(dict.fromkeys(new))
        _shrink(self._bodies, KNOWN_BODIES)
        _shrink(self._slices, KNOWN_SLICES)

    def _row(self, body_id: bytes, body: Kept) -> Row:
        split = body.split
        refs = [self._slices[digest] for digest in split.digests]
        return {"body_id": body_id.hex(), "size": len(split.body), "slices": refs}

    def _keep_slices(
        self, connection: duckdb.DuckDBPyConnection, tables: Tables, bodies: Iterable[Kept]
    ) -> None:
        wanted: dict[bytes, tuple[Kept, int]] = {}
        for body in bodies:
            for index, digest in enumerate(body.split.digests):
                if digest in self._slices:
                    self._slices.move_to_end(digest)
                else:
                    wanted.setdefault(digest, (body, index))
        for digest, slice_id in _present_slices(connection, wanted):
            self._slices[digest] = slice_id
            del wanted[digest]
        if wanted:
            self._write_slices(connection, tables, wanted)

    def _write_slices(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Tables,
        wanted: dict[bytes, tuple[Kept, int]],
    ) -> None:
        rows: list[Row] = []
        items: list[Row] = []
        for slice_id, (digest, (body, index)) in enumerate(wanted.items(), self.last + 1):
            self._slices[digest] = slice_id
            data = body.split.data(index)
            codec, held = compress(data, self._compressor)
            row = {
                "slice_id": slice_id,
                "digest": digest.hex(),
                "size": len(data),
                "codec": codec.value,
                "data": held,
            }
            if len(held) > LARGE:
                _write_large(connection, row)
            else:
                rows.append(row)
            if body.items:
                _add_items(items, slice_id, body, index)
        self.last += len(wanted)
        insert(connection, "slices", tables["slices"], rows)
        insert(connection, "items", tables["items"], items)


def _write_large(connection: duckdb.DuckDBPyConnection, row: Row) -> None:
    """By itself and as bytes: as JSON it would be in memory several times."""
    connection.execute(
        "INSERT INTO slices (slice_id, digest, size, codec, data) VALUES (?, ?::UUID, ?, ?, ?)",
        list(row.values()),
    )


def _add_items(rows: list[Row], slice_id: int, body: Kept, index: int) -> None:
    """The items that end in this slice; items come in the order of their ends."""
    start = body.split.ends[index - 1] if index else 0
    end = body.split.ends[index]
    first = bisect_right(body.items, start, key=_end)
    for position in range(len(body.items) - first):
        item = body.items[first + position]
        if item.end > end:
            break
        row: Row = {
            "slice_id": slice_id,
            "position": position,
            "kind": item.kind,
            "role": item.role,
            "text": item.text,
            "tool_name": item.tool_name,
            "tool_call_id": item.tool_call_id,
        }
        rows.append(row)


_end = attrgetter("end")


def _present(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, ids: Iterable[bytes]
) -> list[bytes]:
    text = encode([found.hex() for found in ids])
    if text == "[]":
        return []
    rows = connection.execute(
        f"SELECT replace({column}::VARCHAR, '-', '') FROM {table} WHERE {column} IN "  # noqa: S608 - own names
        """(SELECT unnest(from_json(?::VARCHAR, '["VARCHAR"]'))::UUID)""",
        [text],
    )
    return [bytes.fromhex(found) for (found,) in rows.fetchall()]


def _present_slices(
    connection: duckdb.DuckDBPyConnection, digests: Iterable[bytes]
) -> list[tuple[bytes, int]]:
    text = encode([digest.hex() for digest in digests])
    if text == "[]":
        return []
    rows = connection.execute(
        "SELECT replace(digest::VARCHAR, '-', ''), slice_id FROM slices WHERE digest IN "
        """(SELECT unnest(from_json(?::VARCHAR, '["VARCHAR"]'))::UUID)""",
        [text],
    )
    return [(bytes.fromhex(digest), slice_id) for digest, slice_id in rows.fetchall()]


def _shrink(known: OrderedDict[bytes, int] | OrderedDict[bytes, None], limit: int) -> None:
    while len(known) > limit:
        known.popitem(last=False)
