"""A JSON Patch that applies, and one that does not."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.patch import patched
from driftgate.replay.candidate.prepared import Unreplayable

POINTERS = st.lists(st.sampled_from(["a", "b", "0", "-", "1", "~0", ""]), max_size=3).map(
    lambda parts: "".join(f"/{part}" for part in parts)
)
OPERATIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": POINTERS,
        "from": POINTERS,
        "value": st.sampled_from([1, "x", None, {"a": []}]),
    }
)
BODIES = st.sampled_from([{"a": [1, {"b": 2}], "b": "text"}, {"a": None}, {"a": {"0": {}}}, {}])


def test_operations_follow_each_other() -> None:
    operations: list[dict[str, Any]] = [
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "remove", "path": "/b/0"},
        {"op": "test", "path": "/b", "value": [2, 3]},
    ]
    assert patched({"a": [1, 2]}, operations) == {"a": [1, 2, 3], "b": [2, 3]}


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ({"op": "remove", "path": "/z"}, r"patch\[0\] \(remove /z\) does not apply: "),
        ({"op": "test", "path": "/a", "value": 2}, r"patch\[0\] \(test /a\) does not apply: "),
        ({"op": "add", "path": "/a/b/c", "value": 2}, r"patch\[0\] \(add /a/b/c\) does not "),
        ({"op": "replace", "path": "/l/9", "value": 2}, r"patch\[0\] \(replace /l/9\) "),
    ],
)
def test_an_operation_that_does_not_apply_is_named(operation: Any, told: str) -> None:
    with pytest.raises(Unreplayable, match=told) as caught:
        patched({"a": 1, "l": [], "long": "x" * 5000}, [operation])
    assert len(str(caught.value)) < 400


@given(body=BODIES, operations=st.lists(OPERATIONS, max_size=4))
def test_any_patch_applies_or_is_told(body: Any, operations: list[dict[str, Any]]) -> None:
    try:
        configuration = Configuration.model_validate({"patch": operations})
    except ValueError:
        return
    with contextlib.suppress(Unreplayable):
        patched(copy.deepcopy(body), configuration.patch)
    assert list(configuration.patch) == operations
