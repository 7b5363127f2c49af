"""One attempt of a call: what was sent to the upstream in it, and what came back."""

from dataclasses import replace
from typing import TYPE_CHECKING

from driftgate.commands.portrait import said, wrapped
from driftgate.commands.turn_tree import turn_lines
from driftgate.commands.verdict import attempt_lines
from driftgate.proxy.history.whole import Call

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader


def of_attempt(reader: "Reader", call: Call, number: int) -> Call:
    """The call as this attempt alone: its bytes, what they mean, its row, its violations.

    Raises:
        NotFoundError: it has no such attempt.
    """
    from driftgate.proxy.dialects.describe import describe  # noqa: PLC0415 - only reading calls needs it

    recorded = reader.recorded_attempt(call.id, number)
    return replace(
        call,
        request=reader.attempt_request_bytes(call.id, number),
        response=reader.attempt_response_bytes(call.id, number),
        request_headers=recorded.request_headers,
        response_headers=recorded.response_headers,
        described=describe(recorded),
        attempts=[each for each in call.attempts if each["attempt"] == number],
        violations=[each for each in call.violations if each["attempt"] == number],
        turns=[each for each in call.turns if each.row and each.row["attempt"] == number],
    )


def attempt_page(
    tried: Call,
    number: int,
    *,
    full: bool = False,
    limit: int | None = None,
    room: int | None = None,
) -> list[str]:
    """The lines of its page: how it went, what was sent, what came. Arguments as for portrait()."""
    lines = [f"attempt {number} of call {tried.id}", *attempt_lines(tried)]
    lines += turn_lines(tried.turns, full=full, room=room)
    return wrapped([*lines, *said(tried, full=full, limit=limit)], room)
