"""The measured table: what is found of what is broken, and no alarm where nothing is."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

import pytest

from driftgate.contracts.builtin.gemma import model_findings
from driftgate.contracts.builtin.wire import wire_findings
from driftgate.contracts.judge import judge
from driftgate.contracts.verdict import Severity, Verdict
from tests.support import backends
from tests.support.backends import Backend, Start
from tests.support.broken_answers import SIMULATED, Broken, simulated, variants
from tests.support.ordinary_answers import ordinary
from tests.support.ordinary_exchange import Ordinary

ROWS = (
    "reasoning leaks into the text",
    "flood of one token",
    "one paragraph over and over",
    "control tokens in the text",
    "unused tokens in the text",
    "tool call written as text",
    "empty answer",
    "answer of one token",
    "the same tool call over and over",
)
# Faults of which clients lose nothing are warnings: the answer passes.
_WARNED_OF = frozenset(["usage_missing", "usage_wrong", "one_token"])


@cache
def _ordinary() -> tuple[Ordinary, ...]:
    return tuple(ordinary())


def is_found(broken: Broken, *, failed: bool) -> bool:
    """Whether the judge names the fault, and fails the answer for it where it should."""
    judgement = judge(broken.asked, broken.answered, None)
    told = judgement.errors if failed else judgement.violations
    return any(violation.keyword in broken.keywords for violation in told)


def false_alarms(exchanges: Iterable[Ordinary]) -> list[str]:
    """The families of ordinary answers that fail."""
    return [
        one.family
        for one in exchanges
        if judge(one.asked, one.answered, None).verdict is not Verdict.PASS
    ]


def table(rows: dict[str, list[bool]], exchanges: Iterable[Ordinary] = ()) -> str:
    """Recall a row and false alarms, as Markdown for docs/contracts.md."""
    lines = ["| how it is broken | found | of |", "|---|---|---|"]
    lines += [f"| {row} | {sum(found)} | {len(found)} |" for row, found in rows.items()]
    judged = tuple(exchanges) or _ordinary()
    lines.append(
        f"| **ordinary answers: false alarms** | {len(false_alarms(judged))} | {len(judged)} |"
    )
    return "\n".join(lines) + "\n"


def measured(sim_url: str | None = None, small_sim_url: str | None = None) -> dict[str, list[bool]]:
    """Every row and whether each of its cases is found; faults only with a simulated server.

    small_sim_url: one with a context of 4,096 tokens.
    """
    rows: dict[str, list[bool]] = defaultdict(list)
    for broken in variants():
        rows[broken.row].append(is_found(broken, failed=True))
    for fault in SIMULATED if sim_url and small_sim_url else ():
        url = small_sim_url if fault == "silent_context_cut" else sim_url
        for broken in simulated(str(url), fault):
            rows[broken.row].append(is_found(broken, failed=fault not in _WARNED_OF))
    return dict(rows)


@pytest.fixture(scope="module")
def small_sim(session_proc: Start) -> Backend:
    return backends.start_sim(session_proc, "--context", "4096")


@pytest.mark.parametrize("row", ROWS)
def test_every_variant_of_a_reported_failure_fails(row: str) -> None:
    cases = [broken for broken in variants() if broken.row == row]
    assert len(cases) >= 3
    missed = [repr(c.answered.answer.text)[:80] for c in cases if not is_found(c, failed=True)]
    assert missed == []


def test_every_variant_belongs_to_a_row_of_the_table() -> None:
    assert {broken.row for broken in variants()} == set(ROWS)


@pytest.mark.parametrize("fault", SIMULATED)
def test_every_answer_of_a_simulated_fault_is_found(
    fault: str, sim: Backend, small_sim: Backend
) -> None:
    backend = small_sim if fault == "silent_context_cut" else sim
    cases = list(simulated(backend.url, fault))
    assert len(cases) >= 3
    missed = [
        (c.asked.dialect, c.answered.streamed, c.answered.answer)
        for c in cases
        if not is_found(c, failed=fault not in _WARNED_OF)
    ]
    assert missed == []


def test_more_than_500_ordinary_answers_give_no_alarm() -> None:
    assert len(_ordinary()) > 500
    assert false_alarms(_ordinary()) == []


def test_ordinary_answers_give_no_warning_either_unless_they_speak_of_tokens() -> None:
    warned = {
        (one.family, finding.keyword)
        for one in _ordinary()
        if one.family != "about tokens"
        for finding in (
            *model_findings(one.asked, one.answered),
            *wire_findings(one.asked, one.answered),
        )
    }
    assert warned == set()


def test_a_text_about_control_tokens_is_at_most_a_warning() -> None:
    told = [
        finding.severity
        for one in _ordinary()
        if one.family == "about tokens"
        for finding in model_findings(one.asked, one.answered)
    ]
    assert told
    assert set(told) == {Severity.WARNING}


def test_answers_of_the_simulated_server_without_a_fault_give_no_finding(sim: Backend) -> None:
    cases = list(simulated(sim.url, ""))
    assert len(cases) >= 18
    assert [judge(c.asked, c.answered, None).violations for c in cases] == [()] * len(cases)


def test_the_table_has_a_row_for_each_failure_and_counts_alarms() -> None:
    text = table(measured(), _ordinary()[:20])
    assert text.count("\n") == 2 + len(ROWS) + 1
    assert "| flood of one token | 20 | 20 |" in text
    assert text.endswith("| **ordinary answers: false alarms** | 0 | 20 |\n")
