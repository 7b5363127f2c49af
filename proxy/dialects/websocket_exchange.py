"""Codex's websocket exchange: `response.create` frames in, the objects of SSE as text frames out.

One connection carries a prewarm (`generate: false`) and then every request of a turn, each with
`previous_response_id` and the new items only. A recorded connection is one call: its items are
those of all requests, its parameters those of the last one that generates, its answer all
responses together. `read_exchanges` gives them one by one.
"""

from dataclasses import dataclass, replace
from typing import Any

from driftgate.proxy.dialects import responses
from driftgate.proxy.dialects.digest import digest_of, request_digest, stable
from driftgate.proxy.dialects.lenient import filled, mapping, parse, scrubbed
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, Request, Usage
from driftgate.proxy.dialects.responses_answer import ResponsesAssembler
from driftgate.proxy.dialects.scan import scan
from driftgate.proxy.dialects.scanned import Fields, Scan
from driftgate.proxy.dialects.websocket import Message

_TERMINAL = frozenset({"response.completed", "response.failed", "response.incomplete", "error"})


@dataclass(slots=True)
class Exchange:
    """One `response.create` and the answer to it."""

    scanned: Scan
    answer: Answer | None = None
    generates: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """A connection read as one call; `body` is what the request's offsets refer to."""

    request: Request
    answer: Answer
    body: bytes


def read_exchanges(messages: list[Message]) -> list[Exchange]:
    """The requests of a connection in order, each with its answer."""
    exchanges: list[Exchange] = []
    assembler = ResponsesAssembler()
    waiting = 0  # the exchange that the server's next event belongs to
    for message in messages:
        if message.kind not in ("text", "binary"):
            continue
        if message.from_client:
            scanned = scan(message.data)
            generates = scanned.fields.values.get("generate") is not False
            exchanges.append(Exchange(scanned, generates=generates))
        elif waiting < len(exchanges):
            event = parse(message.data)
            assembler.take(event, message.offset_ns)
            if filled(mapping(event).get("type")) in _TERMINAL:
                exchanges[waiting].answer = assembler.answer()
                assembler, waiting = ResponsesAssembler(), waiting + 1
    if assembler.events:
        exchanges[waiting].answer = assembler.answer()
    return exchanges


def read_conversation(messages: list[Message]) -> Conversation:
    """The connection as one call."""
    exchanges = read_exchanges(messages)
    body = b"\n".join([exchange.scanned.body for exchange in exchanges])
    return Conversation(_request(exchanges, body), _answer(exchanges), body)


def _request(exchanges: list[Exchange], body: bytes) -> Request:
    items: list[Item] = []
    cuts: set[int] = set()
    base = 0
    for exchange in exchanges:
        scanned = exchange.scanned
        items += [
            replace(item, start=item.start + base, end=item.end + base)
            for item in responses.read_items(scanned.fields)
        ]
        cuts.update(cut + base for cut in scanned.boundaries)
        base += len(scanned.body)
        cuts.add(base)
        base += 1  # the line feed between two requests
    last = _last(exchanges)
    return Request(
        parameters=responses.read_parameters(last) if last else Parameters(),
        items=tuple(items),
        boundaries=tuple(sorted(cut for cut in cuts if 0 < cut < len(body))),
        digest=_digest(exchanges, body),
        client_metadata=scrubbed(mapping(last.values.get("client_metadata"))) if last else {},
    )


def _digest(exchanges: list[Exchange], body: bytes) -> str | None:
    if all(exchange.scanned.valid for exchange in exchanges):
        return digest_of([stable(exchange.scanned.value) for exchange in exchanges], body)
    return request_digest(Scan(body))


def _last(exchanges: list[Exchange]) -> Fields | None:
    generating = [exchange for exchange in exchanges if exchange.generates]
    chosen = (generating or exchanges)[-1:]
    return chosen[0].scanned.fields if chosen else None


def _answer(exchanges: list[Exchange]) -> Answer:
    generating = [exchange for exchange in exchanges if exchange.generates] or exchanges
    answers = [exchange.answer for exchange in generating if exchange.answer]
    if not answers:
        return Answer()
    if len(answers) == 1:
        return replace(answers[0], complete=answers[0].complete and len(generating) == 1)
    return replace(
        answers[-1],
        text=_joined([answer.text for answer in answers]),
        reasoning=_joined([answer.reasoning for answer in answers]),
        tool_calls=tuple([call for answer in answers for call in answer.tool_calls]),
        usage=_sum([answer.usage for answer in answers]),
        first_token_us=next(_known([answer.first_token_us for answer in answers]), None),
        events=sum(answer.events or 0 for answer in answers),
        complete=all(answer.complete for answer in answers) and len(answers) == len(generating),
        error=next(_known([answer.error for answer in answers]), None),
    )


def _known(values: list[Any]) -> Any:
    return (value for value in values if value is not None)


def _joined(texts: list[str | None]) -> str | None:
    known = list(_known(texts))
    return "\n".join(known) if known else None


def _sum(usages: list[Usage]) -> Usage:
    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    totals = {}
    for name in names:
        counts = list(_known([getattr(usage, name) for usage in usages]))
        totals[name] = sum(counts) if counts else None
    return Usage(**totals)
