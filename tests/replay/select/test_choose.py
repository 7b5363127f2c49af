"""From criteria to a selection, over a real history."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftgate.proxy.errors import NotFoundError, UsageError
from driftgate.replay.select.choose import choose
from driftgate.replay.select.criteria import Criteria
from tests.replay.select.recorded import TOOL, chat, history
from tests.support.recorded_calls import call_id


def test_calls_are_chosen_with_all_that_a_run_needs_to_know(tmp_path: Path) -> None:
    calls = [
        chat(0, "Sort 2026-01-01", more={"tools": [TOOL]}, calls=["look", "look"]),
        chat(1, "Sort 2026-02-02", more={"tools": [TOOL]}, session="s"),
        chat(2, "x" * 300, usage=None),
    ]
    with history(tmp_path, *calls) as reader:
        chosen = choose(reader, Criteria(model="gemma4"), n=10, seed=3)
    assert (chosen.found, chosen.collapsed, chosen.seed, chosen.name) == (3, 1, 3, None)
    assert chosen.described == "--model gemma4 -n 10"
    first, second = chosen.calls
    assert (first.call_id, first.session, first.duplicates) == (str(call_id(1)), "s", 2)
    assert first.slices == {
        "contract": ("builtin",),
        "dialect": ("chat",),
        "model": ("gemma4",),
        "tool": ("(none)",),
        "depth": ("1-2",),
        "length": ("under 256",),
    }
    assert (first.upstream, first.model, first.prompt) == ("local", "gemma4", "Sort 2026-02-02")
    assert (first.input_tokens, first.output_tokens, first.total_ms) == (12, 3, 1500.0)
    assert second.prompt == "x" * 200
    assert second.input_tokens is None
    assert "tool" not in second.slices


def test_tools_that_were_called_are_slices(tmp_path: Path) -> None:
    with history(tmp_path, chat(0, more={"tools": [TOOL]}, calls=["b", "a", "b"])) as reader:
        (call,) = choose(reader, Criteria(), n=1, seed=0).calls
    assert call.slices["tool"] == ("a", "b")


def test_whole_sessions_and_all_duplicates_on_request(tmp_path: Path) -> None:
    calls = [chat(n, f"turn {n % 2}", session=f"s{n // 2}") for n in range(6)]
    with history(tmp_path, *calls) as reader:
        whole = choose(reader, Criteria(), n=3, seed=0, sessions=True)
        every = choose(reader, Criteria(), n=5, seed=0, sessions=True, collapse=False)
        single = choose(reader, Criteria(), n=9, seed=0, collapse=False)
    assert [(call.session, call.duplicates) for call in whole.calls] == [("s2", 3), ("s2", 3)]
    assert (whole.found, whole.collapsed) == (6, 4)
    assert len({call.session for call in every.calls}) == 2
    assert len(every.calls) == 4
    assert every.described == "-n 5 --sessions --no-collapse"
    assert len(single.calls) == 6


def test_ages_count_from_the_given_time(tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)
    with history(tmp_path, *(chat(n, f"city {'abcdef'[n]}") for n in range(6))) as reader:
        assert len(choose(reader, Criteria(since="6s"), n=9, seed=0, now=now).calls) == 2


def test_what_cannot_be_chosen_is_refused(tmp_path: Path) -> None:
    with history(tmp_path, chat(0)) as reader:
        with pytest.raises(NotFoundError, match="no calls for --model x"):
            choose(reader, Criteria(model="x"), n=1, seed=0)
        with pytest.raises(UsageError, match="-n 0: give at least 1"):
            choose(reader, Criteria(), n=0, seed=0)
        with pytest.raises(UsageError, match="more than 64 bits"):
            choose(reader, Criteria(), n=1, seed=1 << 63)
