"""Calls as lines of an OpenAI batch file."""

import pytest

from driftgate.commands import batch
from tests.support.recorded_calls import ID, REQUEST, MakeCall


def test_a_chat_call_becomes_a_batch_request_without_streaming(make_call: MakeCall) -> None:
    assert batch.line(make_call()) == {
        "custom_id": str(ID),
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gemma4", "messages": REQUEST["messages"]},
    }


def test_a_prefix_of_the_path_is_not_part_of_the_url(make_call: MakeCall) -> None:
    line = batch.line(make_call(path="/u/local/v1/chat/completions"))
    assert line is not None
    assert line["url"] == "/v1/chat/completions"


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_no_batch_request(make_call: MakeCall, body: bytes) -> None:
    assert batch.line(make_call(body)) is None


def test_other_dialects_and_cut_bodies_are_left_out(make_call: MakeCall) -> None:
    assert batch.line(make_call(path="/api/chat")) is None
    assert batch.line(make_call(request_truncated=True)) is None
