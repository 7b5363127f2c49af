"""One recorded call, taken whole out of the history."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history import agent_turns, restore
from driftgate.proxy.history.agent_turns import Turn

if TYPE_CHECKING:
    from driftgate.proxy.dialects.describe import Described
    from driftgate.proxy.history.reader import Reader


@dataclass(frozen=True, slots=True)
class Call:
    """A call's row by column name, its bytes as sent, and what they mean.

    attempts: rows of the view of that name. violations: those of all attempts, in their order.
    turns: what an agent did for it; empty: no agent was asked.
    """

    row: dict[str, Any]
    request: bytes
    response: bytes
    request_headers: list[tuple[str, str]]
    response_headers: list[tuple[str, str]]
    described: "Described"
    attempts: list[dict[str, Any]] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The call's id, as text."""
        return str(self.row["call_id"])

    @property
    def target(self) -> str:
        """Path and query as sent."""
        query = self.row["query"]
        return f"{self.row['path']}?{query}" if query else str(self.row["path"])


def load(reader: "Reader", call_id: str) -> Call:
    """The call with this full id."""
    from driftgate.proxy.dialects.describe import describe  # noqa: PLC0415 - only reading calls needs it

    result = reader.ask("SELECT * FROM all_calls WHERE call_id = ?", [call_id])
    if not result.rows:
        raise NotFoundError(f"no call {call_id}")
    row = result.by_name()[0]
    request, response = reader.bodies(row)
    recorded = restore.recorded(row, request, response)
    return Call(
        row,
        request,
        response,
        recorded.request_headers,
        recorded.response_headers,
        describe(recorded),
        *(_judged(reader, call_id) if row["contract"] is not None else ([], [])),
        agent_turns.load(reader, call_id),
    )


def _judged(reader: "Reader", call_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    attempts = reader.ask("FROM all_attempts WHERE call_id = ? ORDER BY attempt", [call_id])
    violations = reader.ask(
        "FROM all_violations WHERE call_id = ? ORDER BY attempt, position", [call_id]
    )
    return attempts.by_name(), violations.by_name()
