"""Spans wait within bounds; a call's spans stay together; what finds no room is counted."""

from driftgate.proxy.telemetry import queue
from driftgate.proxy.telemetry.queue import Queue
from driftgate.proxy.telemetry.span import Kind, Span


def span(number: int, content: str = "") -> Span:
    attributes = {"gen_ai.input.messages": content} if content else {}
    return Span(f"{number}", Kind.CLIENT, "0" * 32, f"{number:016x}", None, 0, 0, {**attributes})


def names(spans: list[Span]) -> list[str]:
    return [each.name for each in spans]


def test_they_come_out_in_batches_in_their_order() -> None:
    waiting = Queue()
    for number in range(queue.BATCH + 1):
        waiting.put([span(number)])
    assert names(waiting.take()) == [f"{number}" for number in range(queue.BATCH)]
    assert names(waiting.take()) == [f"{queue.BATCH}"]
    assert waiting.take() == []


def test_what_finds_no_room_is_counted_and_later_ones_find_some_again() -> None:
    waiting = Queue(limit=3)
    waiting.put([span(1), span(2)])
    waiting.put([span(3), span(4)])  # a call's spans stay together
    assert waiting.full
    waiting.put([span(5), span(6)])
    assert (waiting.dropped, len(waiting)) == (2, 4)
    waiting.take()
    waiting.put([span(7)])
    assert (waiting.dropped, names(waiting.take())) == (2, ["7"])


def test_content_is_bounded_in_memory_and_in_a_batch() -> None:
    waiting = Queue(chars=100)
    waiting.put([span(1, "x" * 100)])
    held = [waiting.full, bool(waiting.take()), waiting.full]
    assert held == [True, True, False]
    large = Queue()
    for number in range(3):
        large.put([span(number, "x" * queue.BATCH_CHARS)])
    assert [names(large.take()) for _ in range(3)] == [["0"], ["1"], ["2"]]
