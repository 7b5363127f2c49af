"""A turn that goes in circles ends."""

from driftgate.proxy.agent.steps import Began, Item, Kind, ModelCall, Step, TurnError, Usage
from driftgate.proxy.agent.turns.guard import Guard
from driftgate.proxy.settings.codex import Codex

COMPACTION = Began(Kind.COMPACTION, "x", "history shortened")


def seen(codex: Codex, steps: list[Step]) -> list[TurnError | None]:
    guard = Guard(codex)
    return [guard.see(step) for step in steps]


def test_one_model_call_too_many_ends_the_turn() -> None:
    *before, last = seen(Codex(model="m", max_model_calls=3), [ModelCall(Usage())] * 4)
    assert before == [None] * 3
    assert last is not None
    assert last.code == "turn_loop"
    assert "3 model calls (setting codex.max_model_calls)" in last.message


def test_one_compaction_too_many_ends_the_turn_before_it_is_made() -> None:
    first, last = seen(Codex(model="m", max_compactions=1), [COMPACTION] * 2)
    assert first is None
    assert last is not None
    assert "1 compactions (setting codex.max_compactions)" in last.message


def test_no_compaction_at_all_may_be_wanted() -> None:
    assert seen(Codex(model="m", max_compactions=0), [COMPACTION])[0] is not None


def test_other_steps_do_not_count() -> None:
    others: list[Step] = [
        Began(Kind.COMMAND, "c", "ls"),
        Item(kind=Kind.COMPACTION, item="x", title="history shortened"),
    ]
    assert seen(Codex(model="m", max_model_calls=1, max_compactions=0), others * 9) == [None] * 18
