"""A Responses request that builds on an earlier answer, made whole. Pure but for `earlier`.

With `previous_response_id` a client sends the new items only, and the server knows the rest. A server
that keeps no state, or another one, must be sent all of it: what was asked then, what was answered, and
what is new. `instructions` and `tools` are not carried over
(https://platform.openai.com/docs/api-reference/responses/create).
"""

from collections.abc import Callable
from typing import Any

from driftgate.contracts.json_values import cut
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.describe import DECODE_LIMIT
from driftgate.proxy.dialects.lenient import filled, parse
from driftgate.proxy.record import Recorded
from driftgate.replay.candidate.outputs import output_items
from driftgate.replay.candidate.prepared import Unreplayable

Json = dict[str, Any]
Earlier = Callable[[str], Recorded | None]

PREVIOUS = "previous_response_id"
LONGEST_CHAIN = 1_000  # answers; a longer one is an attack on the time spent here


def made_whole(body: Json, earlier: Earlier) -> Json:
    """The request with its whole conversation; the same object where it names no earlier answer.

    Args:
        body: the request.
        earlier: gives the recorded call that was answered with this response id; None: there is none.

    Raises:
        Unreplayable: a call of the chain is missing, not whole, or the chain goes in a circle.
    """
    if body.get("conversation"):
        raise Unreplayable(
            "it belongs to a conversation that the server keeps, which was not recorded"
        )
    if not body.get(PREVIOUS):
        return body
    parts = [_input(body)]
    seen: set[str] = set()
    before: Json = body
    while before.get(PREVIOUS):
        if len(seen) >= LONGEST_CHAIN:
            raise Unreplayable(f"it builds on more than {LONGEST_CHAIN:,} earlier answers")
        response_id = _checked(before[PREVIOUS], seen)
        before, answered = _asked(response_id, earlier)
        parts += [answered, _input(before)]
    whole = {key: value for key, value in body.items() if key != PREVIOUS}
    return {**whole, "input": [item for part in reversed(parts) for item in part]}


def _checked(response_id: Any, seen: set[str]) -> str:
    if not filled(response_id):
        raise Unreplayable(f"its {PREVIOUS} is no text")
    if response_id in seen:
        raise Unreplayable(f"it builds on answer {_shown(response_id)}, which builds on itself")
    seen.add(response_id)
    return str(response_id)


def _asked(response_id: str, earlier: Earlier) -> tuple[Json, list[Json]]:
    """The request that an answer was given to, and the answer's items."""
    call = earlier(response_id)
    told = f"the earlier answer {_shown(response_id)}"
    if call is None:
        raise Unreplayable(f"{told} was not recorded")
    if call.frames:
        raise Unreplayable(f"{told} came over a websocket")
    headers = {name.lower(): value for name, value in call.request_headers}
    data, complete = decode(call.request_body, headers.get("content-encoding"), DECODE_LIMIT)
    body = parse(data) if complete and not call.request_truncated else None
    items = output_items(call, DECODE_LIMIT)
    if not isinstance(body, dict) or items is None:
        raise Unreplayable(f"{told} was not recorded whole")
    if body.get("conversation"):
        raise Unreplayable(f"{told} belongs to a conversation that the server keeps")
    return body, items


def _input(body: Json) -> list[Any]:
    """A request's own items; a text is a user's message."""
    given = body.get("input")
    if isinstance(given, list):
        return given
    return [{"type": "message", "role": "user", "content": given}] if given else []


def _shown(response_id: str) -> str:
    return repr(cut(response_id))
