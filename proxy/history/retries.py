"""Which call repeats which: the same request again in the same thread and turn. Pure.

A client's retry carries no id of its own: Codex sends equal headers and an equal JSON body, whose
keys may stand in another order. So the canonical request's hash is compared. Clients that count
their retries themselves (`x-stainless-retry-count` of the openai client) are believed.
"""

from collections import OrderedDict
from typing import Any

from driftgate.proxy.history.table import Row

LIMIT = 10_000  # requests remembered


class Retries:
    """The first try and the number of tries of the requests seen lately."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._tries: OrderedDict[tuple[str, ...], tuple[str, int]] = OrderedDict()
        self._responses: OrderedDict[str, str] = OrderedDict()

    def link(self, row: Row, client_retry: int | None = None) -> None:
        """Fills retry_number, retry_of and, unless an agent is the parent, parent_call_id.

        Calls come in order of their start.
        """
        self._link_parent(row)
        key = _key(row, client_retry)
        if key is None:
            return
        call_id = row["call_id"]
        first, count = self._tries.pop(key, (call_id, -1))
        number = count + 1
        if client_retry is not None:
            number = client_retry
            first = first if client_retry else call_id
        row["retry_number"] = number
        if number and first != call_id:
            row["retry_of"] = first
        self._remember(self._tries, key, (first, number))

    def note(self, row: Row, client_retry: int | None = None) -> None:
        """Remembers a call that is in the history already."""
        first, number = row.get("retry_of", row["call_id"]), row["retry_number"]
        key = _key(row, client_retry)
        if key is not None:
            self._remember(self._tries, key, (first, number))
        if row.get("response_id"):
            self._remember(self._responses, row["response_id"], row["call_id"])

    def _link_parent(self, row: Row) -> None:
        parent = self._responses.get(row.get("previous_response_id", ""))
        if parent is not None and "parent_call_id" not in row:
            row["parent_call_id"] = parent
        if row.get("response_id"):
            self._remember(self._responses, row["response_id"], row["call_id"])

    def _remember(self, held: OrderedDict[Any, Any], key: Any, value: Any) -> None:
        held[key] = value
        if len(held) > self._limit:
            held.popitem(last=False)


def _key(row: Row, client_retry: int | None) -> tuple[str, ...] | None:
    digest = row.get("request_digest")
    if not digest:
        return None
    if row.get("turn_id"):
        return row.get("thread_id", ""), row["turn_id"], digest
    if client_retry is None:
        return None
    return "counted", row.get("user_agent", ""), row["upstream"], digest
