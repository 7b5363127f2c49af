"""Samples: the same for a seed, in proportion, near-duplicates once."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.found import Found
from driftgate.replay.select.sample import Drawn, in_order, sample, stratum, units

START = datetime(2026, 11, 24)  # noqa: DTZ001 - the history's own form


def call(number: int, *, session: str = "", key: str = "", tokens: int = 10) -> Found:
    """The call `number`, alone in its session and its prompt unless said otherwise."""
    return Found(
        f"id{number:06}",
        session or f"id{number:06}",
        START + timedelta(seconds=number),
        "builtin",
        "chat",
        "gemma4",
        tools=False,
        called=False,
        items=1,
        input_tokens=tokens,
        request_bytes=100,
        key=key or f"key{number}",
    )


def ids(drawn: list[Drawn]) -> list[str]:
    return [found.call_id for found, _ in in_order(drawn)]


@settings(max_examples=40, deadline=None)
@given(st.integers(), st.randoms(use_true_random=False), st.booleans())
def test_the_seed_decides_whatever_order_the_calls_come_in(
    seed: int, shuffled: Random, sessions: bool
) -> None:
    calls = [call(n, session=f"s{n % 7}" if n % 3 else "", tokens=n * 40) for n in range(60)]
    once = sample(units(calls, sessions=sessions, collapse=True), 20, seed)
    shuffled.shuffle(calls)
    again = sample(units(calls, sessions=sessions, collapse=True), 20, seed)
    assert ids(once) == ids(again)


def test_another_seed_gives_another_sample_and_a_larger_one_holds_a_smaller() -> None:
    drawn = units([call(n) for n in range(200)], sessions=False, collapse=True)
    small, large = (set(ids(sample(drawn, n, 1))) for n in (30, 60))
    assert small < large
    assert small != set(ids(sample(drawn, 30, 2)))


def test_strata_keep_their_shares() -> None:
    calls = [call(n, tokens=10 if n % 4 else 500) for n in range(400)]
    taken = sample(units(calls, sessions=False, collapse=True), 100, 0)
    lengths = Counter(stratum(found).length for found, _ in in_order(taken))
    assert lengths == {"under 256": 75, "256-1k": 25}


def test_of_near_duplicates_the_latest_is_drawn_and_stands_for_all() -> None:
    calls = [call(n, key="same" if n < 3 else "") for n in range(5)]
    drawn = units(calls, sessions=False, collapse=True)
    assert [(unit.calls[0].call_id, unit.stands_for) for unit in drawn] == [
        *(("id000002", 3), ("id000003", 1), ("id000004", 1))
    ]
    assert len(units(calls, sessions=False, collapse=False)) == 5


def test_whole_sessions_are_drawn_and_alike_where_all_their_calls_are() -> None:
    calls = [call(n, session=f"s{n // 3}", key=f"key{n % 3}") for n in range(9)]
    calls += [call(9, session="t", key="key0"), call(10, session="t", key="other")]
    drawn = units(calls, sessions=True, collapse=True)
    assert [(unit.calls[0].session, len(unit.calls), unit.stands_for) for unit in drawn] == [
        *(("s2", 3, 3), ("t", 2, 1))
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=30), st.integers(1, 60), st.integers(0, 99))
def test_sessions_are_never_cut_and_never_more_than_asked_for(
    lengths: list[int], n: int, seed: int
) -> None:
    calls = [
        call(100 * at + turn, session=f"s{at}", tokens=300 * at)
        for at, length in enumerate(lengths)
        for turn in range(length)
    ]
    drawn = units(calls, sessions=True, collapse=False)
    if n < min(lengths):
        with pytest.raises(UsageError, match=f"the smallest session has {min(lengths)} calls"):
            sample(drawn, n, seed)
        return
    taken = Counter(found.session for found, _ in in_order(sample(drawn, n, seed)))
    assert 0 < taken.total() <= n
    assert all(taken[f"s{at}"] in {0, length} for at, length in enumerate(lengths))
    left = [length for at, length in enumerate(lengths) if f"s{at}" not in taken]
    assert not left or n - taken.total() < min(left)


def test_sessions_stay_together_in_the_order_they_began() -> None:
    calls = [call(0, session="a"), call(1, session="b"), call(2, session="a")]
    assert ids(units(calls, sessions=False, collapse=False)) == ["id000000", "id000002", "id000001"]
