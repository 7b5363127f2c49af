"""What a person is warned about before a run."""

from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.candidate.checks import warnings
from driftgate.replay.candidate.config import Configuration
from tests.replay.candidate.recorded import call

CHAT = call({"model": "m", "messages": [{"role": "user", "content": "x"}]})
MASKED = call({"messages": [{"role": "user", "content": "redacted:0123456789abcdef"}]})


def told(said: dict[str, Any], *calls: Any, **more: Any) -> list[str]:
    more.setdefault("environ", {})
    return warnings(Configuration.model_validate(said), calls, **more)


def test_nothing_is_wrong_with_a_plain_candidate() -> None:
    assert told({"upstream": "http://a", "model": "m"}, CHAT, models=["m"], asked=["old"]) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"set": {"seed": 1}}, "set.seed = 1 makes all repetitions draw the same"),
        ({"set": {"temperature": 0}}, "set.temperature = 0 is not deterministic"),
        ({"k": 1}, "k = 1 measures no noise floor"),
        ({"set": {"num_ctx": 5}}, "set.num_ctx cannot be set in chat: 2 calls without it"),
        ({"unset": ["seed"]}, "`unset` changes nothing in any of 2 selected calls"),
        ({"system": "{recorded}"}, "`system` changes nothing in any of 2 selected calls"),
        ({"tools": {"drop": ["x"]}}, "`tools` changes nothing in any of 2 selected calls"),
        (
            {"patch": [{"op": "remove", "path": "/zz"}]},
            "`patch` changes nothing in any of 2 selected calls: patch[0] (remove /zz) does not",
        ),
        ({"api_key_env": "MY_KEY"}, "environment variable MY_KEY is not set: its header is not"),
        ({"headers_env": {"X-A": "MY_KEY"}}, "environment variable MY_KEY is not set"),
    ],
)
def test_each_trap_is_told_once(said: dict[str, Any], words: str) -> None:
    found = told(said, CHAT, CHAT)
    assert len([line for line in found if line.startswith(f"candidate: {words}")]) == 1


def test_what_does_its_work_is_not_told() -> None:
    environ = {"MY_KEY": "x"}
    said = {
        "api_key_env": "MY_KEY",
        "patch": [{"op": "replace", "path": "/model", "value": "n"}],
        "system": "New.",
        "set": {"temperature": 0.5},
    }
    assert told(said, CHAT, environ=environ) == []


def test_a_model_that_the_upstream_does_not_list_is_told_with_those_it_does() -> None:
    models = [f"m{n}" for n in range(7)]
    (line,) = told({"model": "gemma9"}, models=models, arm="baseline")
    assert line.startswith("baseline: model 'gemma9' is not among those that the upstream lists")
    assert "m0, m1, m2, m3, m4 and 2 more" in line
    assert told({"model": "gemma9"}) == []
    assert told({}, models=["gemma4:latest"], asked=["gemma4", "gemma4"]) == []
    assert len(told({}, models=["a"], asked=["b", "b", "c"])) == 2


def test_calls_that_were_redacted_are_counted() -> None:
    (line,) = told({}, CHAT, MASKED)
    assert line == "candidate: 1 selected call was recorded with redacted text, and is sent with it"


def test_a_secret_that_no_header_can_carry_is_told_before_the_run() -> None:
    with pytest.raises(UsageError, match="environment variable MY_KEY: holds"):
        told({"api_key_env": "MY_KEY"}, environ={"MY_KEY": "a\nb"})
