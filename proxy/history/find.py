"""Finding a call by the beginning of its id."""

import re

import duckdb

from driftgate.proxy.errors import NotFoundError

_ID = re.compile(r"[0-9a-f]{1,32}")
_SHOWN = 5


def call(connection: duckdb.DuckDBPyConnection, prefix: str) -> str:
    """The full id of the one call that begins so; see Reader.find_call."""
    plain = prefix.strip().lower().replace("-", "")
    found = _beginning(connection, plain) if _ID.fullmatch(plain) else []
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFoundError(
            f"{prefix!r} is the beginning of several calls: {', '.join(found[:_SHOWN])}"
            + (" and more" if len(found) > _SHOWN else "")
        )
    near, word = _near(connection, plain), "nearest"
    if not near:
        near, word = _last(connection), "the last ones are"
    raise NotFoundError(
        f"no call {prefix!r}; " + (f"{word}: {', '.join(near)}" if near else "there are no calls")
    )


def _beginning(connection: duckdb.DuckDBPyConnection, plain: str) -> list[str]:
    first, last = plain.ljust(32, "0"), plain.ljust(32, "f")
    rows = connection.cursor().execute(
        "SELECT call_id::VARCHAR FROM all_calls WHERE call_id BETWEEN ?::UUID AND ?::UUID "
        "ORDER BY call_id LIMIT ?",
        [first, last, _SHOWN + 1],
    )
    return [found for (found,) in rows.fetchall()]


def _near(connection: duckdb.DuckDBPyConnection, plain: str) -> list[str]:
    """Calls that share the longest beginning."""
    if _ID.fullmatch(plain):
        for length in range(len(plain) - 1, 7, -1):  # 8 digits are a minute of UUIDv7 ids
            found = _beginning(connection, plain[:length])
            if found:
                return found[:_SHOWN]
    return []


def _last(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.cursor().execute(
        f"SELECT call_id::VARCHAR FROM calls ORDER BY started_at DESC LIMIT {_SHOWN}"  # noqa: S608 - a constant
    )
    return [found for (found,) in rows.fetchall()]
