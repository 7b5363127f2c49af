"""A managed request: what the client asked, under which contract, and as what it goes on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.exchange import Asked
from driftgate.contracts.inputs import check_input, sanitised
from driftgate.contracts.parameters import pinned
from driftgate.contracts.verdict import Severity, Violation
from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.judging import asked_from
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.wire import Pair

GENERATING = frozenset({"responses", "chat", "completions", "ollama_chat", "ollama_generate"})
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


def may_manage(
    settings: Settings, contracts: ContractSet, dialect: str | None, up: Upstream
) -> bool:
    """Whether a call of this dialect to this upstream has to be looked into at all."""
    if dialect not in GENERATING:
        return False
    return contracts.enforcing or settings.announce_verdict or adapts(up, dialect)


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
    data, body = _read_body(settings, pairs, raw)
    if not isinstance(body, dict):
        return None
    asked, _ = asked_from(dialect, target, _decoded(pairs), data)
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


def _read_body(settings: Settings, pairs: Sequence[Pair], raw: bytes) -> tuple[bytes, Any]:
    """The decoded body and its JSON value; None where there is none."""
    codings = [value for name, value in pairs if name.lower() == b"content-encoding"]
    coding = b",".join(codings).decode("latin-1") or None
    data, whole = decode(raw, coding, settings.record.decode_limit_mb << 20)
    return data, parse(data) if whole else None


def _governed(question: Question, pairs: Sequence[Pair]) -> Question:
    """Sanitised and pinned, then checked: a rule is about what would be sent."""
    contract = question.contract
    assert contract is not None
    dialect, body = question.dialect, question.body
    body = edit.map_texts(dialect, body, lambda text: sanitised(contract, text))
    for name, value in pinned(contract, question.asked.parameters).items():
        body = edit.set_parameter(dialect, body, name, value)
    if body != question.body:
        asked, _ = asked_from(dialect, question.target, pairs, edit.as_bytes(body))
        question = replace(question, body=body, asked=asked, changed=True)
    found = check_input(question.asked, contract)
    errors = tuple(each for each in found if each.severity is Severity.ERROR)
    return replace(question, refused=errors) if errors else question


def _wants_format(upstream: Upstream, asked: Asked) -> bool:
    """With tools on offer the constraint can only come on a second try: see `adapt.format`."""
    tools = asked.tools not in (b"", b"[]", b"null") and asked.parameters.tool_choice != "none"
    schema = asked.parameters.response_schema is not None
    said = upstream.adapt_format or upstream.adapt is not None
    return said and asked.dialect == "responses" and schema and tools


def _for_upstream(pairs: Sequence[Pair]) -> list[Pair]:
    """The header for a body that driftgate writes: no coding either way."""
    dropped = (b"accept-encoding", b"content-length", b"content-type")
    kept = [pair for pair in _decoded(pairs) if pair[0].lower() not in dropped]
    return [*kept, (b"Content-Type", b"application/json"), (b"Accept-Encoding", b"identity")]
