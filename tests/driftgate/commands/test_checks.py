"""A short question to a server, and what is found."""

import socket

import pytest

from driftgate.commands.checks import Finding, NoReplyError, State, ask, inside, version_of
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned


def test_an_answer_comes_with_status_headers_and_json(canned: Canned) -> None:
    canned.answer("/base/x", {"a": 1}, 418, {"X-Name": "v"})
    reply = ask(f"{canned.url}/base/", "/x", method="POST", body={"q": 2}, headers={"A": "b"})
    assert (reply.status, reply.json, reply.headers["x-name"]) == (418, {"a": 1}, "v")
    method, _path, headers, body = canned.asked[0]
    assert (method, headers["A"], body) == ("POST", "b", b'{"q": 2}')
    assert headers["User-Agent"].startswith("driftgate-doctor/")


def test_a_body_that_is_no_json_is_none(canned: Canned) -> None:
    canned.answer("/x", b"[" * 200_000)
    assert ask(canned.url, "/x").json is None


def test_a_refused_connection_says_so() -> None:
    with pytest.raises(NoReplyError, match="connection refused"):
        ask(f"http://127.0.0.1:{free_port()}", "/")


def test_a_silent_server_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(NoReplyError, match="no answer within 0 s"):
            ask(url, "/", timeout_s=0.05)


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://host:port", "http://[::1"])
def test_an_address_that_is_none_gets_no_reply(url: str) -> None:
    with pytest.raises(NoReplyError):
        ask(url, "/", timeout_s=1)


def test_versions_compare_as_numbers() -> None:
    assert version_of("codex-cli 0.169.0\n") == (0, 169, 0)
    assert version_of("0.13.10") > version_of("0.13.4")
    assert version_of("none") == ()


def test_looking_inside_never_raises() -> None:
    assert inside({"a": [{"b": 1}]}, "a", 0, "b") == 1
    assert inside({"a": [1]}, "a", 5) is None
    assert inside("text", "a") is None


def test_a_finding_as_json_has_all_its_parts() -> None:
    assert Finding("disk", State.GOOD, "fine").as_object() == {
        "check": "disk",
        "state": "good",
        "what": "fine",
        "remedy": None,
    }
