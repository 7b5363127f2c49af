"""A recorded call and a replay of it."""

from typing import Any

import pytest

from driftgate.dashboards.again.beside import beside, call_row, models, parameters, read
from driftgate.proxy.dialects.meaning import Parameters
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from tests.support.shown import Shown


def row(**sent: Any) -> dict[str, Any]:
    return {**dict.fromkeys(Parameters.__dataclass_fields__), **sent}


def test_parameters_that_neither_has_are_left_out_and_others_compared() -> None:
    then, now = row(model="a", seed=0, stream=False, stop=["x", "y"]), row(model="b", seed=0)
    found = list(parameters(then, now))
    assert [(each.name, each.then, each.now, each.differs) for each in found] == [
        ("model", "a", "b", True),
        ("stream", "no", "", True),
        ("seed", "0", "0", False),
        ("stop", "x, y", "", True),
    ]


def test_a_long_parameter_is_cut() -> None:
    (found,) = parameters(row(metadata="m" * 1000), row())
    assert found.then.endswith("\u2026 (1,000 characters)")
    assert len(found.then) < 500


def test_the_newest_replay_is_beside_the_record_unless_another_is_chosen(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        found = read(reader, shown["order_1"])
        ids = [each["call_id"] for each in found.listed]
        other = read(reader, shown["order_1"], ids[-1])
    assert found.now is not None
    assert found.now["call_id"] == ids[0]
    assert other.now is not None
    assert other.now["call_id"] == ids[-1]
    told = beside(found)
    assert told is not None
    assert (told.then.name, told.now.name) == ("as recorded", "asked again")
    assert told.then.answer.call_id == shown["order_1"]


def test_a_call_nobody_asked_again_has_none(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        found = read(reader, shown["chat_plain"])
    assert (list(found.listed), beside(found)) == ([], None)


def test_what_is_no_replay_of_it_is_not_shown(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        with pytest.raises(NotFoundError, match="is no replay of call"):
            read(reader, shown["order_1"], shown["chat_plain"])
        with pytest.raises(NotFoundError, match="no call"):
            call_row(reader, "00000000-0000-0000-0000-000000000000")


def test_models_are_named_by_how_often_they_were_asked(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        assert models(reader)[0] == shown.model
