"""Alert rules: they load, name what an exposition holds, fire when they should, and else are quiet."""

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
from tests.support.promql import Known, faults, known_of

FILE = ROOT / "dashboards" / "grafana" / "alerts.yml"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
HERE = 'instance="here"'
PLACE = f'{HERE},upstream="u",model="m"'
VERDICT = f'{HERE},contract="c",verdict='
FIRST = f"driftgate_time_to_first_token_seconds_bucket{{{PLACE},le="
LAST = "driftgate_upstream_last_"
UPSTREAM = f'{HERE},worker="0",upstream="u"'
FINE = {
    f'driftgate_up{{{HERE},process="worker"}}': "1x150",
    f'driftgate_up{{{HERE},process="historian"}}': "1x150",
    f"driftgate_calls_total{{{PLACE}}}": "0+60x150",
    f'driftgate_call_errors_total{{{PLACE},fault="upstream"}}': "0+1x150",
    f'driftgate_call_errors_total{{{PLACE},fault="client"}}': "0+30x150",
    f'driftgate_breaker_state{{{HERE},worker="0",upstream="u",state="closed"}}': "1x150",
    f"{LAST}success_timestamp_seconds{{{UPSTREAM}}}": "0+60x150",
    f"{LAST}error_timestamp_seconds{{{UPSTREAM}}}": "0x150",
    f'{FIRST}"1.0"}}': "0+60x150",
    f'{FIRST}"120.0"}}': "0+60x150",
    f'{FIRST}"+Inf"}}': "0+60x150",
    f'driftgate_verdicts_total{{{VERDICT}"pass"}}': "0+60x150",
    f'driftgate_verdicts_total{{{VERDICT}"fail"}}': "0+1x150",
    f"driftgate_journal_lag_seconds{{{HERE}}}": "0x150",
    f"driftgate_journal_unread_bytes{{{HERE}}}": "0+1000x150",
    f'driftgate_unrecorded_calls_total{{{HERE},worker="0"}}': "0x150",
    f'driftgate_disk_full{{{HERE},worker="0"}}': "0x150",
    f"driftgate_quarantined_segments_total{{{HERE}}}": "0x150",
    f"driftgate_fingerprint_changes_total{{{PLACE}}}": "0x150",
}
# alert -> what is otherwise in the last half hour, after two hours that were fine
BAD = {
    "DriftgateDown": {f'driftgate_up{{{HERE},process="worker"}}': "1x120 0x30"},
    "DriftgateHistorianDown": {f'driftgate_up{{{HERE},process="historian"}}': "1x120 0x30"},
    "DriftgateErrors": {
        f'driftgate_call_errors_total{{{PLACE},fault="upstream"}}': "0+1x120 1570+6x30"
    },
    "DriftgateUpstreamSilent": {  # three calls in half an hour
        f"{LAST}success_timestamp_seconds{{{UPSTREAM}}}": "0+60x120 7200x30",
        f"{LAST}error_timestamp_seconds{{{UPSTREAM}}}": "0x120 7260x10 7860x10 8460x10",
    },
    "DriftgateBreakerOpen": {
        f'driftgate_breaker_state{{{HERE},worker="1",upstream="u",state="closed"}}': "1x120 0x30"
    },
    "DriftgateFirstTokenSlow": {f'{FIRST}"1.0"}}': "0+60x120 7200x30"},
    "DriftgateViolationsJump": {
        f'driftgate_verdicts_total{{{VERDICT}"fail"}}': "0+1x120 1570+20x30"
    },
    "DriftgateJournalLag": {f"driftgate_journal_lag_seconds{{{HERE}}}": "0x120 0+60x30"},
    "DriftgateUnrecorded": {f'driftgate_unrecorded_calls_total{{{HERE},worker="0"}}': "0x148 1x2"},
    "DriftgateDiskFull": {f'driftgate_disk_full{{{HERE},worker="0"}}': "0x140 1x10"},
    "DriftgateQuarantined": {f"driftgate_quarantined_segments_total{{{HERE}}}": "0x140 1x10"},
    "DriftgateFingerprintChanged": {
        f"driftgate_fingerprint_changes_total{{{PLACE}}}": "0x140 1x10"
    },
}


@pytest.fixture(scope="module")
def exposition(tmp_path_factory: pytest.TempPathFactory) -> str:
    return exposed(tmp_path_factory.mktemp("exposed"))


@pytest.fixture(scope="module")
def known(exposition: str) -> Known:
    return known_of(exposition)


def run(*words: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [promtool(), *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def scenarios() -> Iterator[dict[str, Any]]:
    """For promtool: one in which all is fine, and one for each alert."""
    for alert, changed in [("", {}), *BAD.items()]:
        series = {**FINE, **changed}
        yield {
            "name": alert or "fine",
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": "150m",
                    "exp_samples": [
                        {"labels": f'{{alertname="{each}"}}', "value": 1}
                        for each in [alert]
                        if each
                    ],
                }
            ],
        }


def test_every_rule_names_only_metrics_labels_and_values_that_there_are(known: Known) -> None:
    assert len(RULES) > 8
    assert [fault for rule in RULES for fault in faults(rule["expr"], known)] == []


def test_every_rule_says_how_grave_it_is_and_what_to_do() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description"}
        for text in rule["annotations"].values():
            assert not re.search(r"\{\{(?! (\$labels\.\w+|\$value [^}]*) \}\})", text)


def test_promtool_takes_the_rules() -> None:
    done = run("check", "rules", FILE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_has_nothing_to_say_of_the_metrics(exposition: str) -> None:
    done = run("check", "metrics", given=exposition)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_each_alert_fires_when_it_should_and_none_while_all_is_well(tmp_path: Path) -> None:
    assert sorted(BAD) == sorted(rule["alert"] for rule in RULES)
    scenes = {"rule_files": [str(FILE)], "evaluation_interval": "1m", "tests": list(scenarios())}
    file = tmp_path / "scenes.yml"
    file.write_text(yaml.safe_dump(scenes), encoding="utf-8")
    done = run("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
