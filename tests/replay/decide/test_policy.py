"""Gate policies: defaults, what is added to them, and the one line for what cannot be used."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.decide.metrics import METRICS
from driftgate.replay.decide.policy import Policy, read_policy

names = st.sampled_from([*METRICS, "violation:enum", "agreement:mine"])
margins = st.dictionaries(names, st.floats(0, 1), max_size=4)


def of(text: str, folder: Path) -> Policy:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return read_policy(path)


def test_an_empty_file_is_the_default_policy(tmp_path: Path) -> None:
    policy = of("", tmp_path)
    assert policy == Policy()
    assert policy.margins == {"contract_pass": 0.02, "served": 0.02}
    assert policy.alarms == {"tool_agreement": 0.03, "json_agreement": 0.05}


def test_what_is_given_is_added_to_the_defaults_or_replaces_them(tmp_path: Path) -> None:
    policy = of(
        "alpha = 0.1\n[margins]\ncontract_pass = 0.05\ntool_agreement = 0.1\nlatency_p95 = 0.1\n"
        '[alarms]\n"violation:enum" = 0\n[ignore]\nmetrics = ["json_agreement"]\n',
        tmp_path,
    )
    assert policy.gating() == {
        "contract_pass": 0.05,
        "served": 0.02,
        "tool_agreement": 0.1,
        "latency_p95": 0.1,
        "violation:enum": 0,
    }
    assert policy.must_show("tool_agreement")
    assert not policy.must_show("violation:enum")
    assert "json_agreement" not in [each.name for each in policy.measured(list(METRICS.values()))]


def test_a_metric_that_must_be_shown_by_default_may_be_made_an_alarm(tmp_path: Path) -> None:
    policy = of("[alarms]\nserved = 0.05\n", tmp_path)
    assert not policy.must_show("served")


@given(first=margins, second=margins)
def test_a_policy_comes_back_from_json_as_it_was(
    first: dict[str, float], second: dict[str, float]
) -> None:
    alarms = {name: value for name, value in second.items() if name not in first}
    policy = Policy.model_validate({"margins": first, "alarms": alarms})
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy
    assert {**first, **alarms}.items() <= policy.gating().items()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("margin = 1", "1: margin: unknown key; did you mean 'margins'?"),
        (
            "\n[margins]\ncontract_pas = 0.1",
            "3: margins.contract_pas: unknown metric; did you mean",
        ),
        ("[margins]\nserved = 2", "2: margins.served: 2 cannot be; give a share of 1: 0.02 is 2 %"),
        ("[margins]\nserved = -0.1", "2: margins.served: -0.1 cannot be; give 0 or more"),
        ("[margins]\nserved = '2 points'", "2: margins.served: is '2 points'; give a number"),
        ("[margins]\nserved = nan", "2: margins.served: is nan; give a number"),
        ("[margins]\nzzz = 1", "unknown metric; known: contract_pass, "),
        ("margins = 3", "1: margins: is 3; give a table"),
        ("minimum = true", "1: minimum: is true; give a whole number"),
        ("alpha = 0.0", "1: alpha: 0.0 cannot be; give more than 0"),
        ("answers = 1", "1: answers: is 1; give true or false"),
        (
            "answers = true\npermutations = 99",
            "1: answers cannot break the gate by 99 permutations; give 999 or more",
        ),
        ("[slices]\ngates = []", "2: slices.gates: unknown key; did you mean 'gate'?"),
        ("[slices]\ngate = ['contact']", "2: slices.gate[0]: unknown kind of slices; give of con"),
        ("[ignore]\nmetrics = ['latency']", "2: ignore.metrics[0]: unknown metric; did you mean"),
        ("[margins]\nserved=0.1\n[alarms]\nserved=0.1", "1: 'served' is among margins and alarms"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_key(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        of(text, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'gate.toml'}:")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
