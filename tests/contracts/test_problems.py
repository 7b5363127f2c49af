"""What is wrong with a contract, told in one line."""

from typing import Any

import pytest
from pydantic import ValidationError

from driftgate.contracts.contract import Contract
from driftgate.contracts.problems import dotted, first_problem


def problem(raw: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Contract.of_content(raw)
    path, pointer, told = first_problem(caught.value, raw)
    return f"{dotted(path)}{'/' + pointer if pointer else ''}: {told}"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"mod": "x"}, "mod: unknown key; did you mean 'mode'?"),
        ({"mode": "x"}, "mode: 'x' is unknown; give one of observe, enforce"),
        ({"name": 3}, "name: is 3; give a text"),
        ({"name": "X"}, "name: 'X' cannot be; give lower-case letters, digits, _ and -"),
        ({"priority": "high"}, "priority: is 'high'; give a whole number"),
        ({"output": 3}, "output: is 3; give a table"),
        ({"output": {"shema": {}}}, "output.shema: unknown key; did you mean 'schema'?"),
        (
            {"output": {"schema": {"properties": {"x": {"pattern": "("}}}}},
            "output.schema/properties/x/pattern: the pattern '(' does not compile: missing )",
        ),
        ({"output": {"forbid": ["a", 3]}}, "output.forbid[1]: is 3; give a text"),
        ({"output": {"tools": {"required": "no"}}}, "output.tools.required: is 'no'; give true"),
        ({"fallback": [{"model": "a"}, {"modl": "a"}]}, "fallback[1].modl: unknown key; did"),
        ({"applies": {"tag": {}}}, "applies.tag: unknown key; did you mean 'tags'?"),
        ({"retry": {"attempts": 0}}, "retry.attempts: 0 cannot be; give 1 or more"),
        ({"retry": {"total_s": "1"}}, "retry.total_s: is '1'; give a number"),
        ({"parameters": {"always": {"top": 1}}}, "parameters.always.top: unknown parameter; did"),
        ({"repair": {"qqq": 1}}, "repair.qqq: unknown key; known: steps"),
        ({"zzz": 1, "version": 3}, "zzz: unknown key; known: name, version"),
    ],
)
def test_each_problem_names_the_place_and_what_to_do(wrong: dict[str, Any], line: str) -> None:
    assert problem({"name": "x", **wrong}).startswith(line)


def test_what_is_missing_is_named() -> None:
    assert problem({}) == "name: is missing; add it"
