"""How fast an answer streamed."""

from typing import Any

from driftgate.dashboards.call.rates import BINS, rates


def row(times: list[int], sizes: list[int]) -> dict[str, Any]:
    return {"chunk_us": times, "chunk_bytes": sizes}


def stream(number: int, event: bytes) -> tuple[dict[str, Any], bytes]:
    return row([100_000 * at for at in range(number)], [len(event)] * number), event * number


def test_events_and_bytes_are_counted_for_each_second() -> None:
    made, body = stream(41, b'data: {"x":1}\n\n')
    events, size = rates(made, body, plain=True)
    assert round(sum(v or 0 for v in events.series[0].values) / len(events.x)) == 10
    assert "Bytes" in size.title
    assert len(events.x) == len(events.series[0].values) <= BINS


def test_lines_of_ndjson_are_events_too() -> None:
    made, body = stream(41, b'{"x":1}\n')
    assert len(rates(made, body, plain=True)) == 2


def test_compressed_bytes_have_no_events() -> None:
    made, body = stream(41, b"data: x\n\n")
    (only,) = rates(made, body, plain=False)
    assert "Bytes" in only.title


def test_an_answer_that_came_at_once_has_no_rate() -> None:
    assert rates(row([5], [10]), b"x" * 10, plain=True) == ()
    assert rates(row([5] * 20, [1] * 20), b"x" * 20, plain=True) == ()
    assert rates({"chunk_us": None, "chunk_bytes": None}, b"", plain=True) == ()
