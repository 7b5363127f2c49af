"""Who asked."""

import json
from typing import Any

import pytest

from driftgate.proxy.dialects.identity import read_identity
from driftgate.proxy.dialects.meaning import Identity

TURN = json.dumps({"thread_id": "t", "turn_id": "u", "request_kind": "turn", "window_id": "t:0"})


def test_codex_headers_are_read() -> None:
    headers = {
        "thread-id": "t", "session-id": "s", "x-codex-window-id": "t:1", "originator": "codex_exec",
        "user-agent": "codex_exec/0.169.0", "x-codex-turn-metadata": TURN,
    }  # fmt: skip
    assert read_identity(headers, {}, None) == Identity(
        "t", "t", "u", "t:1", "turn", "codex_exec", "codex_exec/0.169.0", None
    )


def test_the_body_says_the_same_without_headers() -> None:
    said = {"thread_id": "t", "turn_id": "v", "x-codex-turn-metadata": TURN}
    found = read_identity({}, said, None)
    assert (found.session_id, found.turn_id, found.window_id, found.request_kind) == (
        "t", "v", "t:0", "turn",
    )  # fmt: skip


def test_the_own_header_wins_over_every_other_session() -> None:
    headers = {"x-driftgate-session": "mine", "thread-id": "t"}
    assert read_identity(headers, {}, {"session_id": "x"}).session_id == "mine"


def test_metadata_names_the_session_of_other_clients() -> None:
    assert read_identity({}, {}, {"session_id": "a", "session": "b"}).session_id == "a"
    assert read_identity({}, {}, {"session": "b"}).session_id == "b"
    assert read_identity({}, {}, "b").session_id is None


def test_the_retry_count_is_a_small_number_or_nothing() -> None:
    for text, count in (("2", 2), ("0", 0), ("-1", None), ("9" * 5000, None), ("\u00b2", None)):
        assert read_identity({"x-stainless-retry-count": text}, {}, None).client_retry == count


def test_broken_metadata_is_nothing() -> None:
    for broken in ("{", "[]", "[" * 100_000, 3, None):
        said: dict[str, Any] = {"x-codex-turn-metadata": broken, "thread_id": 5}
        assert read_identity({}, said, None) == Identity()


def test_metadata_in_the_request_body_is_found(make: Any) -> None:
    body = {"messages": [], "metadata": {"session_id": "s"}}
    headers = [("X-Stainless-Retry-Count", "1"), ("User-Agent", "OpenAI/Python")]
    found = make.call("/v1/chat/completions", body, headers=headers).identity
    assert (found.session_id, found.client_retry, found.user_agent) == ("s", 1, "OpenAI/Python")


@pytest.mark.parametrize(
    ("header", "parent"),
    [
        (" 0190A0A0-0000-7000-8000-00000000000A ", "0190a0a000007000800000000000000a"),
        ("0190a0a000007000800000000000000a", "0190a0a000007000800000000000000a"),
        ("00000000-0000-0000-0000-000000000000", None),
        ("0190a0a0-0000-7000-8000-00000000000g", None),
        ("0190a0a0-0000-7000-8000-00000000000a0", None),
        ("", None),
    ],
)
def test_the_call_that_it_is_part_of_is_named_by_its_id_alone(
    header: str, parent: str | None
) -> None:
    found = read_identity({"x-driftgate-parent-call-id": header}, {}, None)
    assert found.parent_call_id == parent
