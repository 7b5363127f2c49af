"""The metrics' names keep Prometheus' conventions, and the documentation lists just what there is."""

import itertools
import re
from pathlib import Path

import pytest

from driftgate.dashboards.exposition import SHOWN
from driftgate.proxy.metrics.families import COUNTED, DURATION, FIRST_BYTE, FIRST_TOKEN, STATE
from driftgate.proxy.metrics.family import Family
from driftgate.proxy.metrics.place import PLACES
from tests.support.exposed import exposed
from tests.support.processes import ROOT
from tests.support.promql import faults, known_of

ALL = (*COUNTED, *STATE, *SHOWN)
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.kind} |{f' {labels} ' if labels else ' '}| {family.says} |"


def test_the_documentation_lists_every_metric_and_no_other() -> None:
    assert re.findall(r"(?m)^\| `driftgate_.*$", PAGE) == [row(family) for family in ALL]


def test_the_documentation_asks_only_for_what_there_is(tmp_path: Path) -> None:
    (block,) = re.findall(r"(?ms)^```promql\n(.*?)^```", PAGE)
    expressions = [part.partition("\n")[2] for part in re.split(r"(?m)^# ", block) if part]
    known = known_of(exposed(tmp_path))
    assert len(expressions) == 6
    assert [fault for each in expressions for fault in faults(each, known)] == []
    named = {name.rstrip("_") for name in re.findall(r"driftgate_[a-z_]+", PAGE)}
    names = {family.name for family in ALL} | {f"{family.name}_bucket" for family in ALL}
    assert named - names == set()


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_a_name_keeps_the_conventions(family: Family) -> None:
    assert re.fullmatch(r"driftgate_[a-z]+(_[a-z]+)*", family.name)
    assert not re.search(r"_(ms|milliseconds|mb|kb|count|sum|bucket)(_|$)", family.name)
    assert len(family.labels) == len(set(family.labels))
    assert family.says.endswith(".")
    assert list(family.buckets) == sorted(set(family.buckets))


@pytest.mark.parametrize("family", [DURATION, FIRST_TOKEN, FIRST_BYTE], ids=lambda each: each.name)
def test_buckets_tell_the_minutes_of_a_slow_machine_apart(family: Family) -> None:
    """The prefill of 100,000 tokens on a CPU takes about ten minutes."""
    bounds = family.buckets
    assert bounds[0] <= 0.05
    assert bounds[-1] >= 600
    assert all(high <= 3 * low for low, high in itertools.pairwise(bounds))


def test_the_documentation_says_how_many_series_a_histogram_has() -> None:
    results, beside = 2, 3  # ok and error; the last bucket, sum and count
    most = max(len(family.buckets) for family in COUNTED if "model" in family.labels) + beside
    assert PLACES * results * most <= 4000
    assert "a histogram 4,000" in PAGE


def test_no_name_stands_for_two_metrics() -> None:
    assert len({family.name for family in ALL}) == len(ALL)
