"""What strangers write to do harm, in every field of a call that they write."""

import json
from typing import Any
from uuid import UUID

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.record import Chunk, Outcome, Recorded

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)",
    "</textarea></pre></title></style><svg onload=alert(1)>",
    "{{7*7}}{% for x in y %}{# c #}${7*7}<%= 7*7 %>",
    "<!--><a href=javascript:alert(1)>x</a>",
    "&lt;b&gt;&#x3c;script&#x3e;",
    "\x00\x07\x1b[31mred\x1b[0m\x7f\x9b2J\r\n\u2028\u2029",
    "\u202egnp.exe\u2066\u200b\u200f\ufeff",
    "\ud800 lone \udfff",
    "'; DROP TABLE calls; --",
    "../../../../etc/passwd",
    '=HYPERLINK("http://x")',
)
LONG = "x" * (1 << 20)
DEEP = "[" * 2_000 + "]" * 2_000
_BYTES = b"\xff\xfe invalid \xc3\x28 \xed\xa0\x80"
"""Payloads in exports are texts of one line or of a few; LONG, DEEP and bytes have calls of their own."""


def hostile(at_ns: int) -> dict[str, Recorded]:
    """Calls that carry them, by name; the first began at that time."""
    calls = {f"hostile_{number}": _call(number, text, at_ns) for number, text in enumerate(HOSTILE)}
    calls["long"] = _call(50, LONG, at_ns)
    calls["deep"] = _call(51, DEEP, at_ns)
    calls["hostile_order"] = _order(55, at_ns)
    calls["websocket"] = _websocket(56, at_ns)
    calls["interrupted"] = _ended(Outcome.INTERRUPTED, 53, at_ns, "driftgate was killed")
    calls["failed"] = _ended(Outcome.FAILED, 54, at_ns, "driftgate failed: KeyError('x')")
    calls["bytes"] = _of(52, at_ns, (_BYTES, _BYTES), "/v1/chat/completions", [])
    return calls


def _call(number: int, text: str, at_ns: int) -> Recorded:
    """A call in which it stands wherever a client, a server or a model can put it."""
    asked = _chat if number % 3 else _responses
    request, answer, path = asked(text)
    short = text[:500].encode("utf-8", "surrogatepass").decode("latin-1").replace("\n", " ")
    headers = [
        ("User-Agent", short),
        ("Originator", short),
        (short[:60] or "x", short),
        ("x-driftgate-contract", short),
    ]
    folder = short[:200].replace("?", "").replace(" ", "+")
    target = f"/{folder}{path}?q={short.replace(' ', '+')}"
    made = _of(number, at_ns, (request, answer), target, headers)
    if number % 4 == 3:
        made.outcome, made.error = Outcome.UPSTREAM_RESET, f"the upstream said {text[:200]}"
    return made


def _ended(outcome: Outcome, number: int, at_ns: int, error: str) -> Recorded:
    """A harmless call that ended in a way that needs a fault of driftgate's."""
    request, _, path = _chat("hello")
    made = _of(number, at_ns, (request, b""), path, [])
    made.outcome, made.error = outcome, error
    made.status = made.first_byte_ns = None
    made.chunks, made.response_headers = [], []
    if outcome is Outcome.INTERRUPTED:
        made.ended_ns = None
    return made


def _order(number: int, at_ns: int) -> Recorded:
    """An answer that breaks its contract at places with hostile names."""
    asked = {"model": "gemma4:26b", "messages": [], "metadata": {"task": "order"}}
    broken = {text: text for text in HOSTILE}
    content = json.dumps({**broken, "customer": "", "total": SCRIPT, "items": [1, SCRIPT]})
    choice = {"index": 0, "message": {"content": content}, "finish_reason": "stop"}
    answer = _dumped({"id": "c", "object": "chat.completion", "choices": [choice]})
    return _of(number, at_ns, (_dumped(asked), answer), "/v1/chat/completions", [])


def _websocket(number: int, at_ns: int) -> Recorded:
    """A Codex connection: one request, one answer, a hostile one."""
    made = _of(number, at_ns, (b"", b""), "/v1/responses", [("Upgrade", "websocket")])
    said = {"type": "message", "content": [{"type": "output_text", "text": SCRIPT}]}
    asked = {"role": "user", "content": SCRIPT}
    frames = [
        (True, {"type": "response.create", "model": "gemma4:26b", "input": [asked]}),
        (False, {"type": "response.output_text.delta", "delta": SCRIPT}),
        (False, {"type": "response.output_item.done", "item": said}),
        (False, {"type": "response.completed", "response": {"id": "r", "status": "completed"}}),
    ]
    made.frames = [
        (place * 50_000_000, from_client, _frame(_dumped(frame)))
        for place, (from_client, frame) in enumerate(frames)
    ]
    made.method, made.status, made.chunks, made.first_byte_ns = "GET", 101, [], None
    return made


def _frame(data: bytes) -> bytes:
    return b"\x81\x7f" + len(data).to_bytes(8, "big") + data


def _of(
    number: int, at_ns: int, sent: tuple[bytes, bytes], target: str, headers: list[tuple[str, str]]
) -> Recorded:
    request, answer = sent
    started_ns = at_ns + number * 1_000_000
    made = Recorded(
        UUID(int=(started_ns // 1_000_000 << 80) | (0x7 << 76) | (0x8 << 60) | number).bytes,
        started_ns,
        "hostile",
        method="POST",
        target=target,
        upstream="local",
        client="127.0.0.1:5000",
        request_headers=[("Content-Type", "application/json"), *headers],
        request_body=request,
        status=200,
        response_headers=[("Content-Type", "application/json"), *headers],
        chunks=[Chunk(200_000_000, answer)],
        outcome=Outcome.COMPLETED,
        ended_ns=1_500_000_000,
        first_byte_ns=200_000_000,
    )
    made.request_size, made.response_size = len(request), len(answer)
    return made


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _chat(text: str) -> tuple[bytes, bytes, str]:
    tool = {"id": text, "type": "function", "function": {"name": text, "arguments": text}}
    messages = [
        {"role": "system", "content": text},
        {"role": text, "content": text},
        {"role": "assistant", "content": text, "reasoning_content": text, "tool_calls": [tool]},
        {"role": "tool", "tool_call_id": text, "content": text},
        {"role": "user", "content": [{"type": "text", "text": text}, _image(text)]},
    ]
    offered = {
        "type": "function",
        "function": {"name": text, "description": text, "parameters": {text: text}},
    }
    request = {
        "model": text,
        "messages": messages,
        "tools": [offered],
        "tool_choice": text,
        "stop": [text],
        "reasoning_effort": text,
        "metadata": {"session_id": text, text: text},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": text, "schema": {"enum": [text]}},
        },
    }
    message = {
        "role": "assistant",
        "content": text,
        "reasoning_content": text,
        "tool_calls": [tool],
    }
    answer = {
        "id": text,
        "object": "chat.completion",
        "model": text,
        "system_fingerprint": text,
        "choices": [{"index": 0, "finish_reason": text, "message": message}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
        "timings": {text: text},
    }
    return _dumped(request), _dumped(answer), "/v1/chat/completions"


def _image(text: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": text}}


def _responses(text: str) -> tuple[bytes, bytes, str]:
    told = {"thread_id": text, "turn_id": text, "session_id": text, "x-codex-window-id": text}
    call = {
        "type": "function_call",
        "name": text,
        "arguments": text,
        "call_id": text,
        "namespace": text,
    }
    request = {
        "model": text,
        "instructions": text,
        "previous_response_id": text,
        "reasoning": {"effort": text},
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}, {"type": "input_image", "image_url": text}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]},
            call,
            {"type": "function_call_output", "call_id": text, "output": text},
            {"type": text, "text": text},
        ],
        "tools": [{"type": "function", "name": text, "description": text, "parameters": {text: text}}],
        "client_metadata": told,
        "metadata": {text: text},
    }  # fmt: skip
    message = {
        "type": "message",
        "id": text,
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }
    answer = {
        "id": text,
        "object": "response",
        "status": "failed",
        "model": text,
        "error": {"code": text, "message": text},
        "output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}, message, call],
        "usage": {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15},
    }  # fmt: skip
    return _dumped(request), _dumped(answer), "/v1/responses"


def record(store: Store, calls: dict[str, Recorded], contracts: ContractSet) -> None:
    """Takes them into a history, judged by these contracts."""
    first_ns = min(each.started_ns for each in calls.values())
    told = JournalEvent(first_ns - 1, "contracts", contracts.as_json())
    store.apply([Batch("hostile", list(calls.values()), [told], Position(0, 1))])
