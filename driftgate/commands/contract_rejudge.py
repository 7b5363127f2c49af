"""Recorded calls judged again, under a contract as it is now. No model is asked."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftgate.commands.contract_answered import Answered, answered_of
from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_rules import Applies
from driftgate.contracts.load import ContractSet
from driftgate.contracts.verdict import Judgement, Verdict, Violation
from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.judging import GENERATING, UNKNOWN_CONTRACT, judge_call

BATCH = 32  # calls read at once; ingest waits while the history is open, not while they are judged
_NUMBER = re.compile(r"(?<=/)\d+(?=/|\Z)")
Change = tuple[str, str]  # verdict as recorded ("-": none), verdict now


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One call. recorded: the verdict that the history has, by whatever contract was in force."""

    call_id: str
    recorded: str | None
    now: Judgement

    @property
    def change(self) -> Change:
        """From which verdict to which."""
        return self.recorded or "-", self.now.verdict.value


@dataclass(slots=True)
class Outcome:
    """All of them. looked_at: calls read, also those that the contract does not apply to.

    left_out: calls that driftgate refused itself, so that there is no answer to judge.
    """

    looked_at: int = 0
    calls: list[Rejudged] = field(default_factory=list)
    left_out: int = 0

    def count(self, verdict: Verdict) -> int:
        """Calls with this verdict now."""
        return sum(call.now.verdict is verdict for call in self.calls)

    def changes(self) -> dict[Change, list[Rejudged]]:
        """Calls by change of verdict: from pass to fail first, then by number."""
        found: dict[Change, list[Rejudged]] = {}
        for call in self.calls:
            found.setdefault(call.change, []).append(call)
        order = sorted(found, key=lambda key: (key != ("pass", "fail"), -len(found[key]), key))
        return {key: found[key] for key in order}

    def violations(self) -> list[tuple[Violation, int]]:
        """Each kind of violation with the number of calls that have it, the most frequent first."""
        counts: Counter[tuple[str, ...]] = Counter()
        examples: dict[tuple[str, ...], Violation] = {}
        for call in self.calls:
            kinds = {kind_of(each): each for each in reversed(call.now.violations)}
            counts.update(kinds.keys())
            examples = {**kinds, **examples}
        return [(examples[kind], count) for kind, count in counts.most_common()]


def place(violation: Violation) -> str:
    """Where it is, whatever the number of the item."""
    return _NUMBER.sub("*", violation.path)


def kind_of(violation: Violation) -> tuple[str, ...]:
    """What makes two violations the same for counting."""
    return violation.severity.value, violation.keyword, place(violation)


def rejudge(
    history: Path, contract: Contract, condition: tuple[str, Sequence[Any]], limit: int | None
) -> Outcome:
    """Judges the newest calls that meet the SQL condition and that the contract applies to."""
    contracts = ContractSet.of([contract])
    outcome = Outcome()
    with open_history(history) as reader:
        rows = reader.ask(*_question(*condition), limit=limit).rows
    for batch in _batches(rows):
        with open_history(history, drain=False) as reader:
            answered = [(row[:2], answered_of(reader, *row[:1], *row[2:])) for row in batch]
        for (call_id, verdict), each in answered:
            outcome.looked_at += 1
            now = _judged(each, contracts)
            if now.contract != contract.name:
                continue
            if each.answer is None:
                outcome.left_out += 1
            else:
                outcome.calls.append(Rejudged(str(call_id), verdict, now))
    return outcome


def _judged(each: Answered, contracts: ContractSet) -> Judgement:
    """Without a word on other contracts that the request may name: they are not here."""
    described = describe(each.call)
    call = each.call
    if each.answer is not None and each.answer is not call:
        described.answer = describe(each.answer).answer
        call = replace(each.answer, target=call.target, request_headers=call.request_headers)
    now = judge_call(call, described, contracts)
    kept = tuple([v for v in now.violations if v.keyword != UNKNOWN_CONTRACT])
    return replace(now, violations=kept)


def applied_to_all(contract: Contract) -> Contract:
    """The contract, applying to every call."""
    return contract.model_copy(update={"applies": Applies(everything=True)})


def _question(condition: str, parameters: Sequence[Any]) -> tuple[str, list[Any]]:
    dialects = ", ".join(f"'{name}'" for name in GENERATING)
    sql = (
        f"SELECT call_id, verdict, attempts, outcome FROM calls WHERE dialect IN ({dialects}) AND {condition} "  # noqa: S608 - our own words; values are parameters
        "ORDER BY started_at DESC, call_id DESC"
    )
    return sql, list(parameters)


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
