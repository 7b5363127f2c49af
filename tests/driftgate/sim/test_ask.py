"""What is read from a conversation."""

from driftgate.sim.ask import Ask, Message


def test_the_prompt_is_the_last_user_message() -> None:
    talk = (Message("user", "one"), Message("assistant", "two"), Message("user", "three"))
    assert Ask(messages=talk).prompt == "three"
    assert Ask().prompt == ""


def test_results_are_those_after_the_last_user_message_in_order() -> None:
    talk = (
        Message("user", "one"),
        Message("tool", "old"),
        Message("user", "two"),
        Message("tool", "a"),
        Message("assistant", "x"),
        Message("tool", "b"),
    )
    assert Ask(messages=talk).results == ["a", "b"]
