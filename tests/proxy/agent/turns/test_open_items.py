"""Items that have begun: names and what was streamed."""

from driftgate.proxy.agent.steps import Text, Thought
from driftgate.proxy.agent.turns.open_items import OpenItem, OpenItems

MESSAGE = {"type": "agentMessage", "id": "m"}


def test_two_items_of_one_id_have_two_names() -> None:
    items = OpenItems()
    first, second = items.begin(MESSAGE), items.begin(MESSAGE)
    assert [first.name, second.name] == ["m", "m#2"]
    assert items.close(MESSAGE) is second
    assert items.close(MESSAGE).name == "m#3"


def test_a_name_that_looks_like_a_second_one_is_no_second_one() -> None:
    items = OpenItems()
    assert [items.name(raw) for raw in ("m#2", "m", "m", "m#2", "m")] == [
        *("m#2", "m", "m#3", "m#2#2", "m#4"),
    ]


def test_only_the_rest_of_a_message_is_untold() -> None:
    opened = OpenItem(MESSAGE, "m")
    opened.tell("half ")
    assert opened.untold({**MESSAGE, "text": "half of it"}) == [Text("m", "of it")]
    assert opened.untold({**MESSAGE, "text": "half "}) == []
    assert opened.untold({**MESSAGE, "text": "something else"}) == []


def test_reasoning_that_was_not_streamed_is_untold() -> None:
    whole = {"type": "reasoning", "id": "r", "summary": ["one", "two"]}
    opened = OpenItem(whole, "r")
    assert opened.untold(whole) == [Thought("r", "one\n\ntwo")]
    opened.tell("one")
    assert opened.untold(whole) == []


def test_endless_output_is_kept_up_to_a_limit() -> None:
    opened = OpenItem({"type": "commandExecution", "id": "c"}, "c")
    for _ in range(100):
        opened.tell("x" * 10_000)
    assert len(opened.told) == 65_536


def test_what_is_open_at_the_end_is_told_as_far_as_it_came() -> None:
    items = OpenItems()
    items.begin(MESSAGE).tell("half")
    items.begin({"type": "commandExecution", "id": "c", "command": "ls"}).tell("a.txt\n")
    items.begin({"type": "reasoning", "id": "r"}).tell("hm")
    told = [(item.title, item.status, item.text) for item in items.drain("/room")]
    assert told == [
        ("half", "unfinished", "half"),
        ("ls", "unfinished", "a.txt\n"),
        ("hm", "unfinished", "hm"),
    ]
    assert items.drain("/room") == []
