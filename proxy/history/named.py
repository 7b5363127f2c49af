"""A call as people name it: the start of its id, or `last`."""

from typing import TYPE_CHECKING

from driftgate.proxy.errors import NotFoundError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

LAST = "last"
# the newest call, but for those that an agent made for another one
NEWEST = (
    "SELECT call_id FROM calls WHERE parent_call_id IS NULL OR previous_response_id IS NOT NULL "
    "OR parent_call_id NOT IN (SELECT call_id FROM calls) "
    "ORDER BY started_at DESC, call_id DESC LIMIT 1"
)


def find(reader: "Reader", prefix: str) -> str:
    """The full id that `prefix` stands for.

    `last` is the newest call, but for those that an agent made for another one.
    """
    if prefix != LAST:
        return reader.find_call(prefix)
    newest = reader.ask(NEWEST)
    if not newest.rows:
        raise NotFoundError("no calls recorded yet: send one through the proxy first")
    return str(newest.rows[0][0])
