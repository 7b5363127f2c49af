"""Where payloads stand: whole bodies, data of events, in every framing."""

import pytest

from driftgate.proxy.redact.payloads import payloads

SSE = "text/event-stream; charset=utf-8"


def texts(body: str, kind: str = "") -> list[str]:
    return [payload.text for payload in payloads(body, kind)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_data_of_events_is_found_with_every_end_of_line(end: str) -> None:
    body = end.join(["event: a", "data: one", "", ": comment", "data:two", "data:  three", "", ""])
    assert texts(body, SSE) == ["one", "two\n three"]


def test_the_last_event_counts_without_its_end() -> None:
    assert texts("data: one\n\ndata: tw", SSE) == ["one", "tw"]


def test_an_event_stream_is_known_by_its_beginning_too() -> None:
    assert texts('data: {"a":1}\n\n') == ['{"a":1}']
    assert texts('event: x\ndata: {"a":1}\n\n', "application/octet-stream") == ['{"a":1}']


def test_json_is_one_payload_and_other_text_is_none() -> None:
    assert texts(' {"a":1}\n{"a":2}\n') == [' {"a":1}\n{"a":2}\n']
    assert texts("hello") == []
    assert texts("") == []


def test_places_of_a_payload_are_places_in_the_body() -> None:
    body = 'event: x\r\ndata: {"a":\r\ndata: "bc"}\r\n\r\n'
    [payload] = payloads(body, SSE)
    at = payload.text.index('"bc"')
    start, end = payload.span(at, at + 4)
    assert body[start:end] == '"bc"'
    start, end = payload.span(0, len(payload.text))
    assert body[start:end] == '{"a":\r\ndata: "bc"}'
