"""How often chance alone changes a verdict."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftgate.proxy.record import Recorded, Replayed
from driftgate.replay.select.flips import ASSUMED, flips
from tests.replay.select.recorded import chat, history
from tests.support.recorded_calls import call_id


def judged(number: int, verdict: str, prompt: str, mark: Replayed | None = None) -> Recorded:
    found = {"contract": "c", "verdict": verdict, "violations": [], "repairs": []}
    return replace(chat(number, prompt), judged=found, replayed=mark)


def test_without_repetitions_a_share_is_assumed_and_it_says_so(tmp_path: Path) -> None:
    with history(tmp_path, chat(0), chat(1)) as reader:
        assert flips(reader).share == ASSUMED
        assert flips(reader).source.startswith("assumed")


def test_requests_that_were_sent_again_tell(tmp_path: Path) -> None:
    """Of 40 pairs 10 differ; of a group of three with one that fails, two pairs of three do."""
    calls = [judged(n, "fail" if n < 10 else "pass", f"p{n % 40}") for n in range(80)]
    calls += [judged(80 + n, "pass" if n else "fail", "three") for n in range(3)]
    calls += [judged(90 + n, "unjudged", f"p{n}") for n in range(9)]
    with history(tmp_path, *calls) as reader:
        found = flips(reader)
    assert found.pairs == 41
    assert found.share == pytest.approx((10 + 2 / 3 + 1) / 43)
    assert found.source == "observed: 41 repeated requests"


def test_baselines_of_earlier_runs_tell_before_that(tmp_path: Path) -> None:
    run = call_id(500).bytes
    calls = [judged(n, "pass", f"p{n % 40}") for n in range(80)]
    for n in range(60):
        verdict = "fail" if n % 2 and n < 12 else "pass"
        mark = Replayed(run, "baseline", call_id(n // 2).bytes, 1 + n % 2)
        calls.append(judged(100 + n, verdict, f"p{n // 2}", mark))
        mark = Replayed(run, "candidate", call_id(n // 2).bytes, 1 + n % 2)
        calls.append(judged(200 + n, "fail" if n % 2 else "pass", "again", mark))
    with history(tmp_path, *calls) as reader:
        found = flips(reader)
    assert (found.pairs, found.source) == (30, "observed: 30 baselines of earlier runs")
    assert found.share == pytest.approx(7 / 32)
