"""Steps made into a turn."""

from driftgate.proxy.agent.failures import looped
from driftgate.proxy.agent.steps import Ended, Item, Kind, ModelCall, Step, Text, Usage
from driftgate.replay.trajectory.trajectory import Command, Turn
from driftgate.replay.trajectory.turning import COMMANDS, MESSAGE, OUTPUT, Turning

PLACE = "/w/copy"


def turned(*steps: Step, ended: Ended | None = None) -> Turn:
    turning = Turning("fix it", [PLACE])
    for step in steps:
        turning.feed(step)
    return turning.turn(ended or Ended("completed"), 12.5)


def ran(command: str, **more: object) -> Item:
    told = {"item": "c", "title": f"bash -lc {command}", "data": {"command": command}}
    return Item(kind=Kind.COMMAND, **{**told, **more})  # type: ignore[arg-type]  # a test's own words


def test_commands_edits_and_the_last_message_are_kept_without_the_place_of_the_copy() -> None:
    made = turned(
        Item(kind=Kind.MESSAGE, item="1", title="", text="I look."),
        ran(f"/bin/bash -lc 'cat {PLACE}/a'", exit_code=1, duration_ms=7, text=f"{PLACE}/a: no"),
        Item(
            kind=Kind.FILE_CHANGE, item="2", title="", changes=(("add", f"{PLACE}/b/c.py", "+x"),)
        ),
        Item(kind=Kind.APPROVAL, item="3", title="", status="declined"),
        Item(kind=Kind.WARNING, item="4", title="noise"),
        Item(kind=Kind.MESSAGE, item="5", title="", text=f"See {PLACE}/b."),
    )
    expected = Command("cat <workspace>/a", 1, 7, "completed", "<workspace>/a: no")
    assert made.commands == (expected,)
    assert (made.edits, made.others) == (("b/c.py",), ("approval declined",))
    assert made.message == "See <workspace>/b."
    assert (made.prompt, made.status, made.duration_ms) == ("fix it", "completed", 12.5)


def test_an_edit_that_was_refused_is_none() -> None:
    changes = (("add", "a", ""),)
    item = Item(kind=Kind.FILE_CHANGE, item="2", title="", status="declined", changes=changes)
    assert turned(item).edits == ()


def test_pieces_of_text_stand_for_a_message_that_was_never_whole() -> None:
    pieces = (Text("1", "old"), Text("2", "The "), Text("2", "answer"))
    assert turned(*pieces).message == "The answer"


def test_tokens_are_those_of_the_turn_or_else_of_its_model_calls() -> None:
    calls = (ModelCall(Usage(10, 0, 1)), ModelCall(Usage(20, 0, 2)))
    assert turned(*calls).usage == Usage(30, 0, 3)
    assert turned(*calls).model_calls == 2
    told = turned(*calls, ended=Ended("completed", usage=Usage(5), model_calls=3))
    assert (told.usage, told.model_calls) == (Usage(5), 3)


def test_why_it_ended_is_told_in_one_line() -> None:
    error = looped("max_model_calls", 100, "model\ncalls").error
    made = turned(ended=Ended("failed", error))
    assert (made.status, made.code) == ("failed", "turn_loop")
    assert "\n" not in made.error


def test_a_turn_without_end_stays_small() -> None:
    many = [ran("ls", text="x" * 10_000) for _ in range(COMMANDS + 5)]
    texts = [Text("1", "y" * MESSAGE) for _ in range(5)]
    made = turned(*many, *texts)
    assert len(made.commands) == COMMANDS
    assert len(made.commands[0].output) == OUTPUT
    assert len(made.message) == MESSAGE
