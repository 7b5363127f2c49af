"""Where a report comes from."""

from driftgate.replay.report.origin import arm_name, head, reproduce
from tests.replay.report.made import RUN_ID, decision, finding, run


def test_an_arm_is_named_by_what_it_changes() -> None:
    assert arm_name({}) == "as recorded"
    assert arm_name({"model": "m"}) == "m"
    assert arm_name({"upstream": "http://u", "model": "m"}) == "m at http://u"
    assert arm_name({"upstream": "http://u"}) == "http://u"


def test_the_head_says_what_was_compared() -> None:
    told = dict(head(run(), decision()))
    assert told["cases"] == "300 recorded calls of 84 sessions, 2 answers of each arm"
    assert told["candidate"] == "gemma4-v2 at http://127.0.0.1:8081"
    assert told["run"] == f"{RUN_ID}, 2026-11-28 13:48 UTC"
    alone = dict(head(run(), decision(findings=[finding(sessions=1)])))
    assert alone["cases"].startswith("300 recorded calls of 1 session,")


def test_what_it_takes_to_have_it_again_is_told() -> None:
    told = dict(reproduce(run(name="golden"), decision()))
    assert told["seed"] == "7"
    assert told["selection id"].startswith("7d1f9b5e")
    assert told["baseline configuration"] == "4a1c9e"
    assert told["driftgate"] == "0.1.0"
    assert told["golden set"] == "golden"
    assert told["policy"] == '{"alpha": 0.05}'
    assert "golden set" not in dict(reproduce(run(), decision()))
