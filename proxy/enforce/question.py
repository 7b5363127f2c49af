"""A managed request: what the client asked, under which contract, and as what it goes on. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.contract_set import ContractSet, Reach
from driftgate.contracts.exchange import Asked
from driftgate.contracts.inputs import check_input, sanitised
from driftgate.contracts.output import place_of
from driftgate.contracts.parameters import pinned
from driftgate.contracts.verdict import Severity, Violation
from driftgate.proxy import failures
from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.judging import GENERATING, asked_from
from driftgate.proxy.judging import HEADER as CONTRACT_HEADER
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.wire import Pair

_STREAMS_BY_DEFAULT = frozenset({"ollama_chat", "ollama_generate"})


@dataclass(slots=True)
class Question:
    """One managed request.

    target: path and query. pairs: the client's header, for the upstream.
    body: what goes on, after sanitising and pinning. changed: it is not what the client sent.
    decoded: what the client sent, where that had a content coding; goes on without it.
    contract: the one that applies, of either mode; None: only built-in checks.
    holds: the answer is held back until it is judged. wants_stream: the client asked for a stream.
    asks_format: the schema is asked for once more, in the server's own words, where the first
        answer ignored it (see `adapt.format`).
    refused: what the contract's input rules have against it; not empty: it must not be sent.
    """

    dialect: str
    target: str
    pairs: list[Pair]
    body: dict[str, Any]
    asked: Asked
    contract: Contract | None
    holds: bool
    wants_stream: bool
    codex: bool
    changed: bool = False
    asks_format: bool = False
    decoded: bytes | None = None
    refused: tuple[Violation, ...] = ()

    @property
    def enforced(self) -> bool:
        """Whether a contract may change what happens."""
        return self.contract is not None and self.contract.mode is Mode.ENFORCE

    @property
    def model(self) -> str | None:
        """The model asked for."""
        return self.asked.parameters.model


def reach(
    settings: Settings,
    contracts: ContractSet,
    upstream: Upstream,
    *,
    dialect: str | None,
    path: str,
    named: str | None,
) -> Reach:
    """Whether a call has to be looked into; most have not, and pass as they are."""
    if dialect not in GENERATING:
        return Reach.NO
    if settings.announce_verdict or adapts(upstream, dialect):
        return Reach.YES
    return contracts.reach(dialect, path, named)


def adapts(upstream: Upstream, dialect: str | None) -> bool:
    """Whether this upstream must be helped with calls of this dialect."""
    asked = upstream.adapt is not None or upstream.adapt_format or upstream.adapt_tools != "keep"
    return dialect == "responses" and asked


def read_question(
    settings: Settings,
    contracts: ContractSet,
    upstream: Upstream,
    *,
    dialect: str,
    target: str,
    pairs: Sequence[Pair],
    raw: bytes,
    codex: bool,
) -> Question | None:
    """What to do with this request; None: let it pass as it is."""
    data = _data(settings, pairs, raw)
    if data is None and contracts.reach(dialect, target, header_of(pairs)) is Reach.YES:
        raise failures.unreadable()
    body = parse(data) if data is not None else None
    if data is None or not isinstance(body, dict):
        return None
    asked = asked_from(dialect, target, _decoded(pairs), data)[0]
    contract = contracts.match(asked)
    enforced = contract is not None and contract.mode is Mode.ENFORCE
    if not (enforced or settings.announce_verdict or adapts(upstream, dialect)):
        return None
    asks_format = not enforced and _wants_format(upstream, asked)
    streams = body.get("stream", dialect in _STREAMS_BY_DEFAULT) is True
    question = Question(
        dialect,
        target,
        _for_upstream(pairs),
        body,
        asked,
        contract,
        holds=enforced or asks_format or (settings.announce_verdict and not streams),
        wants_stream=streams,
        codex=codex,
        asks_format=asks_format,
        decoded=data if data != raw else None,
    )
    return _governed(question, _decoded(pairs)) if enforced else question


def _decoded(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair[0].lower() != b"content-encoding"]


def header_of(pairs: Sequence[Pair]) -> str | None:
    """The contract that the header names."""
    name = CONTRACT_HEADER.encode()
    values = [value for key, value in pairs if key.lower() == name]
    return values[0].decode("latin-1").strip() or None if values else None


def _data(settings: Settings, pairs: Sequence[Pair], raw: bytes) -> bytes | None:
    """The body without its content coding; None where that cannot be taken off."""
    codings = [value for name, value in pairs if name.lower() == b"content-encoding"]
    coding = b",".join(codings).decode("latin-1") or None
    data, whole = decode(raw, coding, settings.record.decode_limit_mb << 20)
    return data if whole else None


def _governed(question: Question, pairs: Sequence[Pair]) -> Question:
    """Sanitised and pinned, then checked: a rule is about what would be sent."""
    contract = question.contract
    assert contract is not None
    dialect, body = question.dialect, question.body
    body = edit.map_texts(dialect, body, lambda text: sanitised(contract, text))
    for name, value in pinned(contract, question.asked).items():
        body = edit.set_parameter(dialect, body, name, value)
    if contract.output.ask == "always" and not may_call(question.asked):
        body = with_schema(question, body)
    if body != question.body:
        asked, _ = asked_from(dialect, question.target, pairs, edit.as_bytes(body))
        question = replace(question, body=body, asked=asked, changed=True)
    found = check_input(question.asked, contract)
    errors = tuple(each for each in found if each.severity is Severity.ERROR)
    return replace(question, refused=errors) if errors else question


def may_call(asked: Asked) -> bool:
    """Whether the model may call a tool; a server that is bound by a schema cannot."""
    return asked.tools not in (b"", b"[]", b"null") and asked.parameters.tool_choice != "none"


def with_schema(question: Question, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the contract's schema, where the client asks for no format of its own."""
    contract, parameters = question.contract, question.asked.parameters
    if contract is None or contract.output.schema_text is None:
        return body
    own = parameters.response_format not in (None, "text") or parameters.response_schema is not None
    if own or place_of(contract) == "fenced":
        return body
    name = contract.name.replace("-", "_")
    return edit.add_format(question.dialect, body, name, json.loads(contract.output.schema_text))


def _wants_format(upstream: Upstream, asked: Asked) -> bool:
    """With tools on offer the constraint can only come on a second try: see `adapt.format`."""
    schema = asked.parameters.response_schema is not None
    said = upstream.adapt_format or upstream.adapt is not None
    return said and asked.dialect == "responses" and schema and may_call(asked)


def _for_upstream(pairs: Sequence[Pair]) -> list[Pair]:
    """The header for a body that driftgate writes: no coding either way."""
    dropped = (b"accept-encoding", b"content-length", b"content-type")
    kept = [pair for pair in _decoded(pairs) if pair[0].lower() not in dropped]
    return [*kept, (b"Content-Type", b"application/json"), (b"Accept-Encoding", b"identity")]
