"""The bridge between recorded calls and contracts: what was asked, what was answered, the verdict.

Used by the historian for every call that passed through, and where an answer is held back.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from driftgate.contracts.builtin.constraints import DROPPED, SeedMemory, is_comparable
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.judge import judge
from driftgate.contracts.load import ContractSet
from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation
from driftgate.proxy.call import about, text_id
from driftgate.proxy.dialects import responses
from driftgate.proxy.dialects.describe import DECODE_LIMIT, Described, describe
from driftgate.proxy.dialects.scanned import Scan
from driftgate.proxy.dialects.websocket import read_messages
from driftgate.proxy.dialects.websocket_exchange import Exchange, read_exchanges
from driftgate.proxy.record import Outcome, Recorded

HEADER = "x-driftgate-contract"
UNKNOWN_CONTRACT = "unknown_contract"

log = logging.getLogger("driftgate")

# a path of each dialect whose answers a model writes
GENERATING = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}
_SAME_QUESTION = frozenset(["first", "retry"])  # reasons of attempts
_SWITCHING = 101
_OK = 200
# why an answer may end early through no fault of the model's
_NOT_THE_MODEL = frozenset({Outcome.CLIENT_GONE, Outcome.INTERRUPTED})
_NOTHING = Judgement(Verdict.UNJUDGED)
_NO_CONTRACTS = ContractSet()


def asked_of(recorded: Recorded, described: Described) -> Asked | None:
    """What was asked; None where no model was to answer."""
    dialect, request = described.dialect, described.request
    if dialect not in GENERATING:
        return None
    return Asked(
        dialect,
        recorded.target,
        request.parameters,
        request.items,
        named=_named(recorded.request_headers),
        body=described.body,
        tools=request.tools,
    )


def answered_of(recorded: Recorded, described: Described) -> Answered | None:
    """What was answered; None where there is nothing of a model's to judge.

    An answer that its client left, or that ended with driftgate, is no fault of the model's; one to
    a request that was not recorded whole cannot be judged by that request.
    """
    status, answer = recorded.status, described.answer
    if described.dialect not in GENERATING or status is None:
        return None
    if not described.body_complete or not (recorded.chunks or recorded.frames):
        return None
    if recorded.outcome in _NOT_THE_MODEL and not answer.complete:
        return None
    return Answered(
        _OK if status == _SWITCHING else status,
        answer,
        streamed=answer.events is not None,
        cut=recorded.response_truncated,
    )


def asked_from(
    dialect: str, target: str, headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> tuple[Asked, Described]:
    """What a request asks before there is an answer. `body` as sent, `headers` as on the wire.

    Raises:
        KeyError: no model answers in this dialect.
    """
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    request = Recorded(
        b"", 0, "", target=GENERATING[dialect], request_headers=pairs, request_body=body
    )
    described = describe(request)
    asked = asked_of(request, described)
    assert asked is not None
    asked.path = target
    return asked, described


def judge_call(
    recorded: Recorded,
    described: Described,
    contracts: ContractSet | None,
    *,
    seeds: SeedMemory | None = None,
    decode_limit: int = DECODE_LIMIT,
) -> Judgement:
    """The verdict on a call. Never raises; `unjudged` where there is nothing to judge.

    Of a websocket every answer is judged; together they fail if one of them does.

    Args:
        recorded: the call.
        described: what it means.
        contracts: those in force as it started.
        seeds: answers before it, so that a seed that was not honoured is seen.
        decode_limit: bytes; compressed websocket messages are decoded as far as this.
    """
    try:
        if recorded.frames:
            return _conversation(recorded, described, contracts, decode_limit)
        asked = asked_of(recorded, described)
        if asked is None:
            return _NOTHING
        contract = contracts.match(asked) if contracts else None
        answered = answered_of(recorded, described)
        if answered is None:
            return _unjudged(contract)
        judgement = judge(asked, answered, contract)
        found = _unknown_name(asked, contracts)
        if seeds is not None and not _ignores(contract, DROPPED):
            found += _seed_finding(recorded, described, answered, seeds)
        return replace(judgement, violations=judgement.violations + found) if found else judgement
    except Exception:  # a contract must not stop the ingest of all other calls
        told = about(recorded.call_id)
        log.exception("call %s could not be judged", text_id(recorded.call_id), extra=told)
        return _NOTHING


def late_findings(
    recorded: Recorded,
    described: Described,
    contracts: ContractSet | None,
    seeds: SeedMemory,
) -> list[dict[str, Any]]:
    """What only the calls before it show of a call that was judged as it went; never raises.

    That is the seed. Answers to a changed question (a re-ask) and of another model (a fallback) are
    no witnesses; and another version of the contract may pin other parameters.
    """
    last = recorded.attempts[-1] if recorded.attempts else None
    if last is None or last.reason not in _SAME_QUESTION or not recorded.judged:
        return []
    try:
        answered = answered_of(recorded, described)
        contract = contracts.by_name(str(recorded.judged.get("contract"))) if contracts else None
        if answered is None or _ignores(contract, DROPPED):
            return []
        version = f"{recorded.judged.get('contract_id')} "
        found = _seed_finding(recorded, described, answered, seeds, version)
        return [violation.as_json() for violation in found]
    except Exception:
        told = about(recorded.call_id)
        log.exception("call %s could not be judged", text_id(recorded.call_id), extra=told)
        return []


def as_judged(
    judgement: Judgement, repairs: Sequence[str] = (), judged_us: int = 0
) -> dict[str, Any]:
    """The verdict as the journal keeps it. judged_us: microseconds spent on judging."""
    return {
        "contract": judgement.contract,
        "contract_id": judgement.contract_id,
        "verdict": judgement.verdict.value,
        "violations": [violation.as_json() for violation in judgement.violations],
        "repairs": list(repairs),
        "judged_us": judged_us,
    }


def judged(
    recorded: Recorded,
    described: Described,
    contracts: ContractSet | None,
    *,
    seeds: SeedMemory | None = None,
    decode_limit: int = DECODE_LIMIT,
) -> dict[str, Any]:
    """judge_call() and as_judged() in one, timed; empty where no model was to answer."""
    if described.dialect not in GENERATING:
        return {}
    started = time.perf_counter()
    judgement = judge_call(recorded, described, contracts, seeds=seeds, decode_limit=decode_limit)
    return as_judged(judgement, judged_us=round((time.perf_counter() - started) * 1e6))


def _ignores(contract: Contract | None, keyword: str) -> bool:
    return contract is not None and contract.output.ignores(keyword)


def _unknown_name(asked: Asked, contracts: ContractSet | None) -> tuple[Violation, ...]:
    """That the request names a contract which is not here: a warning, the call is judged without."""
    name = (contracts or _NO_CONTRACTS).unknown_name(asked)
    if name is None:
        return ()
    reason = f"there is no contract {name[:80]!r}"
    path, warning = "input/contract", Severity.WARNING
    return (Violation(Source.CONTRACT, UNKNOWN_CONTRACT, path, reason, warning),)


def _seed_finding(
    recorded: Recorded,
    described: Described,
    answered: Answered,
    seeds: SeedMemory,
    version: str = "",
) -> tuple[Violation, ...]:
    """That the same request was answered otherwise before."""
    request, text = described.request, answered.answer.text
    if request.parameters.seed is None or not request.digest or not text:
        return ()
    if not is_comparable(answered):
        return ()
    key = f"{version}{request.digest} {recorded.upstream} {request.parameters.model}"
    found = seeds.note(key, text)
    return () if found is None else (found,)


def _named(headers: Sequence[tuple[str, str]]) -> str | None:
    for name, value in headers:
        if len(name) == len(HEADER) and name.lower() == HEADER:
            return value.strip() or None
    return None


def _unjudged(contract: Contract | None) -> Judgement:
    if contract is None:
        return _NOTHING
    return Judgement(Verdict.UNJUDGED, contract=contract.name, contract_id=contract.id)


def _conversation(
    recorded: Recorded, described: Described, contracts: ContractSet | None, limit: int
) -> Judgement:
    if described.dialect != "responses":
        return _NOTHING
    extensions = next(
        (v for k, v in recorded.response_headers if k.lower() == "sec-websocket-extensions"), None
    )
    exchanges = read_exchanges(read_messages(recorded.frames, extensions, limit))
    found = [_exchange(recorded, each, contracts) for each in exchanges if each.generates]
    return _together([each for each in found if each.verdict is not Verdict.UNJUDGED])


def _exchange(recorded: Recorded, exchange: Exchange, contracts: ContractSet | None) -> Judgement:
    scanned, answer = exchange.scanned, exchange.answer
    if answer is None or (recorded.outcome in _NOT_THE_MODEL and not answer.complete):
        return _NOTHING
    asked = Asked(
        "responses",
        recorded.target,
        responses.read_parameters(scanned.fields),
        responses.read_items(scanned.fields),
        named=_named(recorded.request_headers),
        body=scanned.body,
        tools=_tools(scanned),
    )
    contract = contracts.match(asked) if contracts else None
    cut = recorded.response_truncated or recorded.request_truncated
    return judge(asked, Answered(_OK, answer, streamed=True, cut=cut), contract)


def _tools(scanned: Scan) -> bytes:
    span = scanned.fields.spans.get("tools")
    return scanned.body[slice(*span)] if span else b""


def _together(found: list[Judgement]) -> Judgement:
    """One verdict on several answers; the contract is the one that failed first, else the last."""
    if not found:
        return _NOTHING
    decisive = next((each for each in found if each.verdict is Verdict.FAIL), found[-1])
    violations = tuple([violation for each in found for violation in each.violations])
    return Judgement(decisive.verdict, violations, decisive.contract, decisive.contract_id)
