"""Runs and decisions made by hand, plain ones and such as hostile models and clients would make."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st

from driftgate.replay.decide.decision import (
    Decision,
    Finding,
    GateVerdict,
    Health,
    Status,
    WorstPair,
)
from driftgate.replay.report.report import Report
from driftgate.replay.run.kept import Run

RUN_ID = "0190a0a0-0000-7000-8000-000000000001"
CALL = "019ab3f2-7c41-7000-8000-00000000000{}"
HOSTILE = (
    "<script>alert(1)</script>",
    "</td></tr></table></details></section><img src=x onerror=alert(2)>",
    '" onmouseover="alert(3)" x="',
    "```\n</details>\n# heading\n~~~\n````diff",
    "| a | b |\n| --- | --- |\n[x](javascript:alert(4)) ![y](http://z/)",
    "]]></failure><failure message='no'/>&lt;&amp;&#0;",
    "\x00\x1b[31mred\x07\x9b\u202egnal\ud800\ufffe\uffff\u2028",
    "{{ 7 * 7 }}{% for x in y %}{# c #}",
    "@everyone #1 https://example.org www.example.org a@example.org :tada: $x$ *b* _i_ ~~s~~",
    "- item\n1. item\n> quote\n    code\n===\n---",
)
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.text("<>&\"'`~|*_[]()#@!-+.:\\\n\r\t \x00\x1b\ud800\ufffea1", max_size=40),
)


class Differs(NamedTuple):
    """A difference of configuration."""

    place: str
    name: str
    baseline: str | None
    candidate: str | None


def finding(metric: str = "contract_pass", **changes: Any) -> Finding:
    """A finding; fields by name override those of a contract that broke."""
    plain = Finding(
        metric=metric,
        slice="",
        unit="share",
        better="higher",
        n=300,
        sessions=84,
        baseline=0.973,
        candidate=0.917,
        effect=-0.056,
        low=-0.083,
        high=-0.029,
        margin=0.02,
        p=0.0004,
        p_adjusted=0.0008,
        worse=21,
        improved=4,
        status=Status.DRIFT,
        needed=None,
        minimal=0.03,
        reason="contract pass rate 91.7 % against 97.3 %: beyond its margin of 2 points",
    )
    return replace(plain, **changes)


LATENCY = finding(
    "latency_p95",
    unit="ratio",
    better="lower",
    baseline=2110.0,
    candidate=2231.0,
    effect=0.057,
    low=0.012,
    high=0.098,
    margin=0.1,
    status=Status.PASS,
    reason="p95 latency within its margin",
)
INFORMS = finding(
    "output_tokens",
    unit="ratio",
    better="lower",
    baseline=212.4,
    candidate=246.9,
    effect=0.162,
    low=0.09,
    high=0.23,
    margin=None,
    status=Status.INFO,
    reason="output length longer",
)
MOVED = finding(
    slice="contract=summarize",
    n=61,
    margin=None,
    status=Status.INFO,
    effect=-0.19,
    low=-0.27,
    high=-0.11,
)
STAYED = replace(MOVED, slice="dialect=chat", effect=-0.01, low=-0.05, high=0.03, p_adjusted=0.7)


def worst(number: int = 1, **changes: Any) -> WorstPair:
    """A pair of answers."""
    plain = WorstPair(
        call_id=CALL.format(number),
        slices={"contract": "summarize", "dialect": "chat"},
        prompt="Summarise this as JSON.",
        distance=0.83,
        reasons=["contract: pass, then fail", "JSON values differ at $.mood"],
        answers={"baseline": ["b1", "b2"], "candidate": ["c1", "c2"]},
        shown={"baseline": '{"mood":"good","n":1}', "candidate": '{"mood":"bad","n":1}'},
    )
    return replace(plain, **changes)


def health(**changes: Any) -> Health:
    """A measurement that can be trusted."""
    plain = Health(
        cases=300,
        planned=600,
        served={"baseline": 598, "candidate": 596},
        coverage=0.9867,
        errors={"baseline": [("timeout after 60 s", 2)], "candidate": []},
        record_agreement=0.883,
        noise_floor=0.91,
        moved=["template: another one than was recorded"],
        problems=[],
    )
    return replace(plain, **changes)


def decision(**changes: Any) -> Decision:
    """A decision that a contract broke."""
    times = [float(100 + each * 7) for each in range(40)]
    plain = Decision(
        verdict=GateVerdict.DRIFT,
        sentence="contract pass rate fell by 5.6 points, beyond its margin of 2 points.",
        health=health(),
        findings=[finding(), LATENCY, INFORMS],
        slices=[STAYED, MOVED],
        pairs=[worst(1), worst(2, shown={"baseline": "a\nb\nc", "candidate": "a\nx\nc"})],
        policy={"alpha": 0.05},
        samples={
            "latency": {"baseline": times, "candidate": [each * 1.2 for each in times]},
            "output_tokens": {"baseline": times, "candidate": times[5:]},
        },
    )
    return replace(plain, **changes)


def run(**changes: Any) -> Run:
    """A run."""
    plain = Run(
        RUN_ID,
        datetime(2026, 11, 28, 13, 48, tzinfo=UTC),
        selection_id="7d1f9b5e-0000-5000-8000-000000000001",
        selection="model gemma4*, the newest 14 days",
        cases=300,
        seed=7,
        candidate={"upstream": "http://127.0.0.1:8081", "model": "gemma4-v2"},
        baseline_hash="4a1c9e",
        candidate_hash="77fe02",
        baseline_fingerprint={"quantization": "Q8_0"},
        candidate_fingerprint={"quantization": "Q4_K_M"},
        version="0.1.0",
    )
    return replace(plain, **changes)


DIFFERS = (
    Differs("quantization", "quantization", "Q8_0", "Q4_K_M"),
    Differs("sampler", "set.temperature", None, "0.2"),
)


def report(**changes: Any) -> Report:
    """A report of `decision(**changes)`."""
    return Report(run(), decision(**changes), DIFFERS)


def poisoned(text: str) -> Report:
    """A report in which strangers wrote `text` wherever they can."""
    found = finding(text, slice=text, reason=text, unit="share")
    shown = {"baseline": text, "candidate": f"{text}\n{text[::-1]}", "record": text}
    pair = worst(
        call_id=text,
        prompt=text,
        reasons=[text, text],
        slices={text or "k": text},
        answers={"baseline": [text], "candidate": [text]},
        shown=shown,
    )
    errors = {"baseline": [(text, 1)], "candidate": [(text, 2)]}
    made = decision(
        sentence=text or "-",
        findings=[found, replace(found, status=Status.INCONCLUSIVE), replace(found, effect=None)],
        slices=[
            replace(found, p_adjusted=0.001),
            replace(found, status=Status.INFO, p_adjusted=1.0),
        ],
        pairs=[pair, worst(shown={})],
        health=health(errors=errors, moved=[text], problems=[text]),
        policy={text: text},
        stopped=text,
        samples={
            text: {"baseline": [1.0, 2.0, 3.0], "candidate": [2.0, float("nan"), 3.0, 4.0]},
            f"{text}_ms": {"baseline": [1.0, 2.0, 3.0], "candidate": [0.0, 3.0, 4e9]},
        },
    )
    asked = {"upstream": text, "model": text}
    poisoned_run = run(
        selection=text, name=text, candidate=asked, baseline=asked, version=text, baseline_hash=text
    )
    return Report(
        poisoned_run, made, (Differs(text, text, text, text * 30), Differs(text, text, None, ""))
    )
