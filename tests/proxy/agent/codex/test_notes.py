"""What waits to be read of a thread."""

from typing import Any

from driftgate.proxy.agent.codex import notes
from driftgate.proxy.agent.codex.notes import Notes

Json = dict[str, Any]


def note(method: str, **params: Any) -> Json:
    return {"method": method, "params": {"threadId": "t", "turnId": "u", **params}}


def piece(text: str, item: str = "m", method: str = "item/agentMessage/delta") -> Json:
    return note(method, itemId=item, delta=text)


def told(queue: Notes, *messages: Json) -> list[Json | None]:
    for message in messages:
        queue.tell(message, 10)
    return [queue.get_nowait() for _ in range(queue.qsize())]


def test_messages_come_in_their_order() -> None:
    messages = [note("a"), piece("x"), note("b"), piece("y"), piece("z", "n")]
    assert told(Notes(), *messages) == messages


def test_pieces_of_one_text_that_have_waited_are_one_piece() -> None:
    assert told(Notes(), note("a"), piece("x"), piece("y"), piece("z"), note("b")) == [
        note("a"),
        piece("xyz"),
        note("b"),
    ]


def test_pieces_that_are_read_at_once_are_not_held_back() -> None:
    queue = Notes()
    assert [told(queue, piece("x")), told(queue, piece("y"))] == [[piece("x")], [piece("y")]]


def test_pieces_of_other_texts_stay_apart() -> None:
    apart = [
        piece("a", method="item/reasoning/textDelta") | {},
        note("item/reasoning/textDelta", itemId="m", delta="b", contentIndex=1),
        piece("c"),
        {**piece("d"), "id": 4},
    ]
    assert told(Notes(), *apart) == apart


async def test_a_reader_that_waits_is_woken() -> None:
    queue = Notes()
    queue.tell(piece("x"), 5)
    assert await queue.get() == piece("x")
    queue.end()
    assert await queue.get() is None
    assert queue.empty()


def test_of_a_commands_output_only_the_end_waits() -> None:
    queue = Notes()
    output = "item/commandExecution/outputDelta"
    for number in range(1000):
        queue.tell(piece(f"{number:03}" * 100, method=output), 300)
    (message,) = told(queue)
    assert message is not None
    assert len(message["params"]["delta"]) <= 64 << 10
    assert message["params"]["delta"].endswith("999")


def test_a_turn_that_says_too_much_for_its_reader_is_told_as_failed(monkeypatch: Any) -> None:
    monkeypatch.setattr(notes, "MAX_WAITING", 1 << 20)
    queue = Notes()
    assert queue.tell(note("a"), 600_000)
    assert not queue.tell(note("b"), 600_000)
    assert queue.over
    assert not queue.tell(note("c"), 1)
    queue.end()
    first, last, gone = told(queue)
    assert (first, gone) == (note("a"), None)
    assert last is not None
    assert last["method"] == "turn/completed"
    assert last["params"]["threadId"] == "t"
    assert last["params"]["turn"]["id"] == "u"
    assert last["params"]["turn"]["status"] == "failed"
    assert "reads too slowly" in last["params"]["turn"]["error"]["message"]


def test_what_has_been_read_makes_room(monkeypatch: Any) -> None:
    monkeypatch.setattr(notes, "MAX_WAITING", 1 << 20)
    queue = Notes()
    for _ in range(10):
        assert queue.tell(piece("x" * 300_000), 300_000)
        assert queue.tell(piece("x" * 300_000), 300_000)
        assert len(told(queue)) == 1
