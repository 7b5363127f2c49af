"""`driftgate show`: one call in full."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import options
from driftgate.commands.attempt import attempt_page, of_attempt
from driftgate.commands.output import room
from driftgate.commands.portrait import portrait
from driftgate.commands.rows import COLUMNS, as_object
from driftgate.commands.turns import as_object as turn_object
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.named import find
from driftgate.proxy.history.readable import as_text_or_base64
from driftgate.proxy.history.whole import Call, load

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

EXAMPLES = (
    "driftgate show last",
    "driftgate show 019ab3f2-7c41 --full --headers",
    "driftgate show last --raw request | jq .model",
    "driftgate show last --attempt 2 --raw request | jq .messages",
)

_LEFT_OUT = ("call_id", "request_body", "response_body")
_ALSO = ("parent_call_id", "previous_response_id")  # under their own names too


class Side(StrEnum):
    """Which bytes --raw writes."""

    REQUEST = "request"
    RESPONSE = "response"


Attempt = Annotated[
    int | None,
    typer.Option("--attempt", min=1, metavar="N", help="Only this attempt, counted from 1."),
]
Items = Annotated[
    int | None,
    typer.Option("--limit", min=0, help="At most so many items of the conversation."),
]


def command(
    call_id: Annotated[
        str, typer.Argument(metavar="ID", help="A call's id, its start, or 'last'.")
    ],
    *,
    raw: Annotated[
        Side | None, typer.Option("--raw", help="Write the exact bytes as sent, nothing else.")
    ] = None,
    attempt: Attempt = None,
    full: Annotated[bool, typer.Option("--full", help="Do not fold long texts.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Show the headers too.")] = False,
    limit: Items = None,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """One call in full: conversation, answer, tools, timings, exact bytes.

    An agent's turn is a tree of model calls, commands and changed files; 'last' is none of these calls.
    Secrets in headers were replaced by a keyed hash before they were recorded.
    """
    if raw and as_json:
        raise UsageError("--raw and --json contradict each other: give one of them")
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    with open_history(options.existing(history)) as reader:
        found = find(reader, call_id)
        if raw:
            sys.stdout.buffer.write(_bytes(reader, found, raw, attempt))
            return
        call = load(reader, found)
        if attempt is not None:
            call = of_attempt(reader, call, attempt)
    wide = room(sys.stdout)
    if as_json:
        lines = [to_json(whole(call) if attempt is None else tried(call, attempt), indent=2)]
    elif attempt is None:
        lines = portrait(call, full=full, headers=headers, limit=limit, room=wide)
    else:
        lines = attempt_page(call, attempt, full=full, limit=limit, room=wide)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _bytes(reader: "Reader", call_id: str, side: Side, attempt: int | None) -> bytes:
    asked = side is Side.REQUEST
    if attempt is None:
        return reader.request_bytes(call_id) if asked else reader.response_bytes(call_id)
    if asked:
        return reader.attempt_request_bytes(call_id, attempt)
    return reader.attempt_response_bytes(call_id, attempt)


def tried(call: Call, number: int) -> dict[str, Any]:
    """An attempt as `show --attempt --json` gives it; the call as of_attempt() gives it."""
    own = [_without_ids(each) for each in call.attempts]
    return {"call": call.id, "attempt": number, **(own[0] if own else {}), **_content(call)}


def whole(call: Call) -> dict[str, Any]:
    """A call as `show --json` and `export --format jsonl` give it: all that is known of it."""
    row = call.row
    known = as_object({name: row[name] for name in COLUMNS})
    rest = {
        name: value
        for name, value in row.items()
        if (name in _ALSO or name not in COLUMNS) and not name.endswith(("_headers", "_body"))
    }
    return {
        **known,
        **rest,
        **_content(call),
        "tries": [_without_ids(each) for each in call.attempts],
    }


def _content(call: Call) -> dict[str, Any]:
    return {
        "request": {"headers": call.request_headers, **as_text_or_base64(call.request)},
        "response": {"headers": call.response_headers, **as_text_or_base64(call.response)},
        "items": [_item(item) for item in call.described.request.items],
        "answer": _answer(call),
        "violations_found": [_without_ids(each) for each in call.violations],
        "agent_turns": [turn_object(each) for each in call.turns],
    }


def _without_ids(row: dict[str, Any]) -> dict[str, Any]:
    """A row of an attempt or a violation, which stands below its call."""
    return {name: value for name, value in row.items() if name not in _LEFT_OUT}


def _item(item: Any) -> dict[str, Any]:
    names = ("kind", "role", "text", "tool_name", "tool_call_id")
    return {name: getattr(item, name) for name in names}


def _answer(call: Call) -> dict[str, Any]:
    answer = call.described.answer
    tools = [
        {
            "name": tool.name,
            "namespace": tool.namespace,
            "id": tool.call_id,
            "arguments": tool.arguments,
        }
        for tool in answer.tool_calls
    ]
    return {"text": answer.text, "reasoning": answer.reasoning, "tool_calls": tools}
