"""Server-sent events as bytes."""

import pytest

from driftgate.dashboards.events import again_after, event


def test_an_event_has_name_id_and_data() -> None:
    assert event("rows", "<tr>", "7-1") == b"event: rows\nid: 7-1\ndata: <tr>\n\n"
    assert event("beat", "") == b"event: beat\ndata: \n\n"
    assert again_after(1000) == b"retry: 1000\n\n"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_no_line_of_data_can_become_a_field(end: str) -> None:
    made = event("rows", f"a{end}event: bad{end}{end}data: x")
    assert made == b"event: rows\ndata: a\ndata: event: bad\ndata: \ndata: data: x\n\n"


def test_ends_of_lines_that_only_others_know_stay() -> None:
    assert event("rows", "a\u2028\x85\x0bb").decode() == "event: rows\ndata: a\u2028\x85\x0bb\n\n"


def test_lone_surrogates_do_not_break_a_stream() -> None:
    assert event("rows", "\ud800") == b"event: rows\ndata: ?\n\n"
