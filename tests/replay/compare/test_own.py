"""Users' comparators: found, called, and held to their signature."""

import math
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.compare import own
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.own import Comparator, ComparatorFailed, installed, load
from tests.replay.compare.answers import answer

MODULE = """
def starts(one, other):
    return float(one.text[:1] != other.text[:1]), "other first letter"

def text(one, other):
    return 0

NUMBER = 3
"""


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "mine_cmp.py").write_text(MODULE)
    (tmp_path / "broken_cmp.py").write_text("raise SystemExit('not now')")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("mine_cmp", "broken_cmp"):
        sys.modules.pop(name, None)


def offer(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    made = [EntryPoint(name, value, own.GROUP) for name, value in points.items()]
    monkeypatch.setattr(own, "entry_points", lambda group: made)


def test_a_function_is_found_by_its_dotted_name() -> None:
    (found,) = load(["mine_cmp:starts"])
    assert found.name == "starts"
    assert found.compare(answer("a"), answer("b")) == Aspect(1.0, "other first letter")


def test_an_entry_point_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, first_letter="mine_cmp:starts", other="mine_cmp:text")
    assert installed() == ["first_letter", "other"]
    assert [each.name for each in load(["first_letter", "mine_cmp:starts"])] == [
        "first_letter",
        "starts",
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nope"], "no comparator 'nope': installed are mine; name one of your own as"),
        (["mine_cmp:"], "write it as package.module:function"),
        (["a b:c"], "write it as package.module:function"),
        (["not_there_cmp:f"], r"cannot be loaded: ModuleNotFoundError: .*PYTHONPATH"),
        (["broken_cmp:f"], "cannot be loaded: SystemExit: not now"),
        (["mine_cmp:nope"], "mine_cmp has no nope"),
        (["mine_cmp:NUMBER"], "is no function, but int"),
        (["mine_cmp:text"], "may not be called text: driftgate has one itself"),
        (["mine_cmp:starts", "mine_cmp:starts"], "2 comparators are called starts"),
        (["mine"], "comparator mine .mine_cmp:nope. cannot be loaded: AttributeError"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    names: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, mine="mine_cmp:nope")
    with pytest.raises(UsageError, match=message) as caught:
        load(names)
    assert "\n" not in str(caught.value)


class _Unshowable:
    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    "given",
    [1.5, -0.1, math.nan, "0.5", True, (0.5, None), (0.5, "a", "b"), [0.1], {}, _Unshowable()],
)
def test_what_is_no_distance_is_a_failure(given: Any) -> None:
    with pytest.raises(ComparatorFailed, match="a number from 0 to 1"):
        Comparator("mine", lambda _one, _other: given).compare(answer(), answer())


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), (0, Aspect(0.0)), (0.5, Aspect(0.5)), ((1, "a\nb"), Aspect(1.0, "a\\nb"))],
)
def test_a_distance_with_or_without_a_reason_or_nothing_is_taken(
    given: Any, expected: Aspect | None
) -> None:
    assert Comparator("mine", lambda _one, _other: given).compare(answer(), answer()) == expected


def test_what_it_raises_is_a_failure_in_one_line() -> None:
    def fails(_one: object, _other: object) -> float:
        raise KeyError("a\nb")

    with pytest.raises(ComparatorFailed, match=r"^raised KeyError: 'a\\nb'$"):
        Comparator("mine", fails).compare(answer(), answer())
