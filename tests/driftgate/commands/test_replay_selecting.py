"""The options that choose calls, as they come from commands."""

import inspect

import pytest

from driftgate.commands import replay_keep, replay_plan
from driftgate.commands.replay_selecting import Selecting
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.criteria import Criteria


def test_commands_that_choose_have_the_same_options() -> None:
    plan, keep = (inspect.signature(each.command).parameters for each in (replay_plan, replay_keep))
    chosen = set(Criteria.__dataclass_fields__) | {"size", "seed", "sessions", "collapse"}
    assert chosen <= set(plan)
    assert chosen <= set(keep)
    assert all(plan[name].annotation == keep[name].annotation for name in chosen)
    assert all(plan[name].default == keep[name].default for name in chosen)


@pytest.mark.parametrize(
    ("selecting", "said"),
    [
        (Selecting(Criteria(model="m"), golden="g"), "leave out --model m"),
        (Selecting(Criteria(), sessions=True, golden="g"), "leave out --sessions"),
        (Selecting(Criteria(), n=10, golden="g"), "leave out -n 10"),
        (Selecting(Criteria(), collapse=False, golden="g"), "leave out --no-collapse"),
    ],
)
def test_a_golden_set_is_chosen_already(selecting: Selecting, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        selecting.selection(None)  # type: ignore[arg-type]  # nothing is read
