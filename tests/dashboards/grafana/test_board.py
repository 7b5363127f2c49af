"""The Grafana board: each expression can be parsed and names only what an exposition holds."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.exposed import exposed
from tests.support.parts import promtool
from tests.support.processes import ROOT
from tests.support.promql import Known, faults, known_of, labels_of

BOARD: dict[str, Any] = json.loads(
    (ROOT / "dashboards" / "grafana" / "driftgate.json").read_text(encoding="utf-8")
)
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = {each["name"]: each for each in BOARD["templating"]["list"]}
VALUES = re.compile(r"label_values\((.+), (\w+)\)")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    folder: Path = tmp_path_factory.mktemp("exposed")
    return known_of(exposed(folder))


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    for panel in PANELS:
        yield from ((panel["title"], target) for target in panel["targets"])


def expressions() -> Iterator[str]:
    yield from (target["expr"] for _, target in targets())
    yield from (each["expr"] for each in BOARD["annotations"]["list"])
    for variable in VARIABLES.values():
        if variable["type"] == "query":
            found = VALUES.fullmatch(variable["query"]["query"])
            assert found, variable
            yield f"count by ({found[2]}) ({found[1]})"


def test_every_expression_names_only_metrics_labels_and_values_that_there_are(
    known: Known,
) -> None:
    assert len(list(expressions())) > 50
    assert [fault for each in expressions() for fault in faults(each, known)] == []


def test_a_change_of_a_backend_is_marked_once_whatever_the_interval_of_scrapes_is(
    tmp_path: Path,
) -> None:
    """Prometheus scrapes each minute by default, so that a minute may hold one sample."""
    (mark,) = BOARD["annotations"]["list"]
    expression = re.sub(r"\$\w+", ".*", mark["expr"])
    series = {
        "series": 'driftgate_fingerprint_changes_total{upstream="u",model="m"}',
        "values": "0x10 1x10",
    }
    seen = [{"labels": '{upstream="u",model="m"}', "value": 1}]
    asked = [
        {
            "expr": expression,
            "eval_time": f"{minute}m30s",
            "exp_samples": seen if minute == 11 else [],
        }
        for minute in range(8, 15)
    ]
    scene = {"interval": "1m", "input_series": [series], "promql_expr_test": asked}
    file = tmp_path / "scene.yml"
    file.write_text(yaml.safe_dump({"tests": [scene]}), encoding="utf-8")
    done = subprocess.run(
        [promtool(), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "bad",
    [
        "sum(rate(driftgate_calls[5m]))",
        'driftgate_calls_total{modell="x"}',
        'driftgate_call_errors_total{fault=~"upstream|proxy"}',
        "sum by (colour) (driftgate_calls_total)",
        "sum(rate(driftgate_calls_total[5m])",
        "rate(driftgate_calls_total)",
    ],
)
def test_the_guard_sees_what_is_wrong(known: Known, bad: str) -> None:
    assert len(faults(bad, known)) == 1


def test_legends_name_labels_that_the_series_have() -> None:
    wrong = [
        (title, name)
        for title, target in targets()
        for name in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        if name not in labels_of(target["expr"])
    ]
    assert wrong == []


def test_every_metric_of_calls_and_upstreams_is_shown(known: Known) -> None:
    shown = " ".join(expressions())
    named = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known}
    left_out = {name for name in named if not re.search(rf"\b{name}(_bucket)?\b", shown)}
    assert left_out == {
        "driftgate_build_info",
        "driftgate_workers",
        "driftgate_worker_start_time_seconds",
        "driftgate_historian_start_time_seconds",
        "driftgate_last_ingest_timestamp_seconds",
        "driftgate_calls_started_total",
        "driftgate_upstream_last_error_timestamp_seconds",
        "driftgate_replayed_calls_total",
        "driftgate_otel_spans_sent_total",
    }


def test_every_panel_takes_the_chosen_data_source_and_filters_by_what_is_chosen() -> None:
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert set(VARIABLES) == {"datasource", "instance", "upstream", "model"}
    unfiltered = [title for title, target in targets() if "$instance" not in target["expr"]]
    assert unfiltered == []


def test_panels_lie_beside_each_other_and_explain_themselves() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert [panel["title"] for panel in PANELS if not panel["description"]] == []
