"""`driftgate show` over a real history."""

import gzip
import json
import subprocess

import pytest

from driftgate import cli
from tests.driftgate.commands.agent_turn import FIRST, OUTER, SECOND, record_turn
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


TREE = f"""\
== turn of agent: completed in 5.0s
    Codex 0.169.0, isolation pool  gemma4 at local  sandbox read-only  directory fresh
    2 model calls  in 24  cached 8  out 6  thread thread-1
├─ ignored: seed
├─ {call_id(FIRST)}  gemma4 at local  200  fail  in 12  out 3  1.5s
│  ├─ tool: look {{"at": 1}}  Codex tells nothing of it
│  ├─ $ ls \\x1b]0;x\\x07 -la  exit 0  12ms
│  └─ approval declined: rm -rf /
└─ {call_id(SECOND)}  gemma4 at local  200  fail  in 12  out 3  1.5s
   ├─ tool: look {{"at": 1}}  Codex tells nothing of it
   ├─ files: a.py (update), b.py (add)
   ├─ message: all done
   └─ $ sleep 9  not ended

== conversation, 2 items"""


def test_a_call_that_an_agent_answered_shows_its_turn_as_a_tree(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    record_turn(recording)
    assert cli.main(["show", str(call_id(OUTER))]) == 0
    assert TREE in capsys.readouterr().out
    assert cli.main(["show", str(call_id(OUTER)), "--attempt", "1"]) == 0
    assert TREE in capsys.readouterr().out
    assert cli.main(["show", str(call_id(OUTER)), "--full"]) == 0
    assert "exit 0  12ms\n│  │      a.py\n│  │      \\x1b]0;x" in capsys.readouterr().out


def test_a_model_call_of_an_agent_shows_its_parent(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    record_turn(recording)
    assert cli.main(["show", str(call_id(FIRST))]) == 0
    page = capsys.readouterr().out
    assert f"part of      {call_id(OUTER)}" in page
    assert "== turn" not in page


def test_programs_get_the_turn_with_its_calls_and_items(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    record_turn(recording)
    for more in ([], ["--attempt", "1"]):
        assert cli.main(["show", str(call_id(OUTER)), "--json", *more]) == 0
        [turn] = json.loads(capsys.readouterr().out)["agent_turns"]
        assert (turn["attempt"], turn["agent"], turn["status"]) == (1, "agent", "completed")
        assert (turn["prompt"], turn["model_calls"]) == ("do it", 2)
        assert [call["call_id"] for call in turn["calls"]] == [
            str(call_id(number)) for number in (FIRST, SECOND)
        ]
        kinds = [item["kind"] for item in turn["items"]]
        assert kinds == ["ignored", "command", "approval", "file_change", "message", "command"]
        assert turn["items"][1]["data"] == {"source": "agent"}
        assert turn["items"][3]["paths"] == ["a.py", "b.py"]
    assert cli.main(["show", str(call_id(FIRST)), "--json"]) == 0
    inner = json.loads(capsys.readouterr().out)
    assert (inner["parent"], inner["inner"], inner["agent_turns"]) == (
        str(call_id(OUTER)),
        True,
        [],
    )
    assert inner["parent_call_id"] == inner["parent"]


def test_last_is_the_call_that_asked_not_what_the_agent_made_of_it(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    record_turn(recording)
    assert cli.main(["show", "last"]) == 0
    assert f"call {call_id(OUTER)}" in capsys.readouterr().out
    lone = [("x-driftgate-parent-call-id", str(call_id(99)))]  # it has not ended yet
    recording.add(record(20, request_headers=lone))
    assert cli.main(["show", "last"]) == 0
    assert f"call {call_id(20)}" in capsys.readouterr().out
