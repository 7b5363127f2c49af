"""What a run would be."""

from dataclasses import replace

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.flips import Flips
from driftgate.replay.select.plan import plan
from driftgate.replay.select.power import detectable, needed
from driftgate.replay.select.selected import Selected, Selection

FLIPS = Flips(0.1, "assumed")
SLICES = {"contract": ("c",), "dialect": ("chat",), "depth": ("1-2",), "length": ("under 256",)}
CALL = Selected("a", "s", SLICES, 3, input_tokens=100, output_tokens=10, total_ms=6000.0)
OTHER = replace(CALL, call_id="b", session="t", slices={**SLICES, "tool": ("look",)}, duplicates=1)
SELECTION = Selection([CALL, replace(CALL, call_id="c", duplicates=2), OTHER], found=9, collapsed=3)


def test_it_counts_both_arms_and_all_repetitions() -> None:
    made = plan(SELECTION, k=2, concurrency=4, flips=FLIPS, margin=0.0)
    assert (made.calls, made.sessions, made.found, made.collapsed, made.answers) == (3, 2, 9, 3, 12)
    assert (made.input_tokens, made.output_tokens, made.unknown) == (1200, 120, 0)
    assert (made.minutes, made.minutes_alone) == pytest.approx((0.3, 1.2))
    assert [(each.stratum.tools, each.calls, each.stands_for) for each in made.strata] == [
        *(("none", 2, 5), ("called", 1, 1))
    ]


def test_it_says_what_so_many_calls_find_and_how_many_a_drop_takes() -> None:
    many = replace(SELECTION, calls=[replace(CALL, call_id=str(n)) for n in range(300)])
    made = plan(many, k=2, concurrency=4, flips=FLIPS, margin=0.02)
    assert made.detectable == detectable(300, 0.1, margin=0.02, power=0.9, k=2)
    assert [(each.drop, each.cases) for each in made.effects] == [
        (drop, needed(drop, 0.1, margin=0.02, power=0.9, k=2)) for drop in (0.02, 0.05, 0.1)
    ]
    assert made.effects[0].cases is None
    assert plan(SELECTION, k=1, concurrency=1, flips=FLIPS, margin=0.0).detectable is None


def test_what_is_unknown_counts_as_the_mean_of_what_is_known() -> None:
    silent = replace(CALL, call_id="d", input_tokens=None, output_tokens=None, total_ms=None)
    made = plan(Selection([CALL, silent]), k=1, concurrency=1, flips=FLIPS, margin=0.0)
    assert (made.input_tokens, made.output_tokens, made.unknown) == (400, 40, 1)
    assert made.minutes == pytest.approx(0.4)
    none = plan(Selection([silent]), k=1, concurrency=1, flips=FLIPS, margin=0.0)
    assert (none.input_tokens, none.output_tokens, none.minutes, none.minutes_alone) == (None,) * 4


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"k": 0}, "-k 0"),
        ({"concurrency": 0}, "--concurrency 0"),
        ({"margin": 2.0}, "a margin of 2"),
    ],
)
def test_numbers_that_are_none_are_refused(numbers: dict[str, float], message: str) -> None:
    asked = {"k": 1, "concurrency": 1, "margin": 0.0, **numbers}
    with pytest.raises(UsageError, match=message):
        plan(SELECTION, flips=FLIPS, **asked)  # type: ignore[arg-type]  # wrong numbers, on purpose
    with pytest.raises(UsageError, match="empty"):
        plan(Selection([]), k=1, concurrency=1, flips=FLIPS, margin=0.0)
