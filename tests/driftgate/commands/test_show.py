"""`driftgate show` over a real history."""

import gzip
import json
import subprocess

import pytest

from driftgate import cli
from tests.driftgate.commands.recorded_answers import answer, gave_up
from tests.support.processes import DRIFTGATE, ROOT
from tests.support.recorded_calls import Recording, call_id, record


def test_the_page_of_a_call(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", str(call_id(0))[:13]]) == 0
    out = capsys.readouterr().out
    assert f"call {call_id(0)}" in out
    assert "== conversation, 2 items" in out
    assert "    Hi \\x07there" in out
    assert "== tool call look call_1" in out


def test_last_and_headers(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "last", "--headers"]) == 0
    out = capsys.readouterr().out
    assert "request      GET /unknown?a=1" in out
    assert "Content-Encoding: gzip" in out


@pytest.mark.parametrize(
    ("side", "number", "expected"),
    [
        ("request", 0, record(0).request_body),
        ("response", 0, record(0).chunks[0].data),
        ("response", 2, gzip.compress(b"\xff\x00binary", mtime=0)),
        ("request", 2, b""),
    ],
)
def test_raw_gives_the_exact_bytes(
    recording: Recording, side: str, number: int, expected: bytes
) -> None:
    command = [*DRIFTGATE, "show", str(call_id(number)), "--raw", side]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    if expected[:2] == b"\x1f\x8b":  # gzip writes the time into its head
        assert gzip.decompress(done.stdout) == gzip.decompress(expected)
    else:
        assert done.stdout == expected


def test_the_verdict_shows_on_the_page_and_in_json(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", str(call_id(0))]) == 0
    page = capsys.readouterr().out
    assert "== verdict fail, contract builtin" in page
    assert "tool_calls/0" in page
    assert cli.main(["show", str(call_id(0)), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["verdict"], shown["violations"]) == ("fail", 1)
    assert [each["attempt"] for each in shown["tries"]] == [1]
    assert [each["severity"] for each in shown["violations_found"]] == ["error"]
    assert "call_id" not in shown["violations_found"][0]


def test_json_holds_all_that_is_known(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", str(call_id(0)), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["id"] == str(call_id(0))
    assert json.loads(shown["request"]["text"])["model"] == "gemma4"
    assert shown["request"]["headers"][0] == ["Host", "127.0.0.1:8787"]
    assert [item["role"] for item in shown["items"]] == ["system", "user"]
    assert shown["answer"]["tool_calls"][0]["name"] == "look"
    assert shown["client"] == "127.0.0.1:5000"
    assert shown["tokens"]["output"] == 3


def test_an_unknown_id_names_others(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", "ffffffff"]) == 2
    assert str(call_id(2)) in capsys.readouterr().err


def test_raw_and_json_contradict(recording: Recording) -> None:
    assert cli.main(["show", "last", "--raw", "request", "--json"]) == 2


@pytest.fixture
def gave(recording: Recording) -> str:
    """The id of a call with two attempts and an error of driftgate's own."""
    recording.add(gave_up(7, "one", "two\x1b[2J"))
    return str(call_id(7))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["request", "--attempt", "1"], gave_up(7).request_body),
        (["request", "--attempt", "2"], b'{"model": "gemma4", "messages": [], "again": true}'),
        (["response", "--attempt", "1"], answer(7, "one").chunks[0].data),
        (["response", "--attempt", "2"], answer(7, "two\x1b[2J").chunks[0].data),
        (["response"], gave_up(7).chunks[0].data),
    ],
)
def test_raw_gives_the_exact_bytes_of_an_attempt(
    gave: str, words: list[str], expected: bytes, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert cli.main(["show", gave, "--raw", *words]) == 0
    assert capsysbinary.readouterr().out == expected


def test_programs_get_an_attempt_as_json(gave: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", gave, "--attempt", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["call"], told["attempt"], told["reason"]) == (gave, 2, "reask")
    assert told["answer"]["text"] == "two\x1b[2J"
    assert json.loads(told["request"]["text"])["again"] is True
