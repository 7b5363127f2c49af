"""One attempt on a page of its own."""

import pytest

from driftgate import cli
from tests.driftgate.commands.recorded_answers import gave_up
from tests.support.recorded_calls import Recording, call_id


@pytest.fixture
def gave(recording: Recording) -> str:
    """The id of a call with two attempts and an error of driftgate's own."""
    recording.add(gave_up(7, "one", "two\x1b[2J"))
    return str(call_id(7))


def test_an_attempt_has_a_page_of_its_own(gave: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", gave, "--attempt", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"attempt 2 of call {gave}\n[2] reask: local gemma4 completed 200 fail")
    assert '"again": true' in out
    assert "== answer\n    two\\x1b[2J\n" in out
    assert "contract_failed" not in out
    assert cli.main(["show", gave, "--attempt", "1"]) == 0
    first = capsys.readouterr().out
    assert "List the cities" in first
    assert "== answer\n    one\n" in first


def test_a_call_that_passed_through_is_its_own_only_attempt(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", str(call_id(0)), "--attempt", "1"]) == 0
    assert "== tool call look call_1" in capsys.readouterr().out
    assert cli.main(["show", str(call_id(0)), "--attempt", "2"]) == 2
    assert "has no attempt 2; it has 1" in capsys.readouterr().err
    assert cli.main(["show", str(call_id(2)), "--attempt", "1"]) == 0
