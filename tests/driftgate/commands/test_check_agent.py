"""The doctor on agents: Codex, host, directory and a turn."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.commands.check_agent import check_agent
from driftgate.commands.checks import Finding, State
from driftgate.proxy.running import Running
from driftgate.proxy.settings.upstream import Upstream
from tests.support.recorded_calls import Canned

TURN = "/u/agent/v1/chat/completions"
READY = {"agents": {"agent": {"model": "gemma4", "model_upstream": "local", "error": None}}}


def codex(folder: Path, says: str = "codex-cli 0.169.0", **more: Any) -> Upstream:
    """An agent whose Codex only says its version."""
    program = folder / "codex"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o700)
    given = {"kind": "codex", "codex": {"model": "gemma4", "program": str(program), **more}}
    return Upstream.model_validate(given)


def serving(url: str, host: dict[str, Any] | None = READY) -> Running:
    return Running(host=host, workers={"w": {"listen": url}})


def of(findings: list[Finding], state: State) -> list[str]:
    return [each.what for each in findings if each.state is state]


def test_a_turn_that_answers_is_the_proof(tmp_path: Path, canned: Canned) -> None:
    message = {"choices": [{"message": {"content": "Hello"}}], "driftgate": {"model_calls": 1}}
    canned.answer(TURN, message)
    found = list(check_agent("agent", codex(tmp_path), serving(canned.url)))
    assert {each.state for each in found} == {State.GOOD}
    assert [each.what for each in found[1:]] == [
        "ready for turns with gemma4 at upstream local",
        "a turn answered after 1 model call",
    ]


@pytest.mark.parametrize(
    ("says", "state", "what"),
    [
        ("codex-cli 0.160.0", State.WARNING, "driftgate was tested with 0.169.0"),
        ("codex-cli 0.1.0", State.PROBLEM, "is too old"),
        ("nonsense", State.PROBLEM, "unknown version"),
    ],
)
def test_a_codex_that_does_not_fit_is_told_with_its_version(
    tmp_path: Path, says: str, state: State, what: str
) -> None:
    (first, *_) = check_agent("agent", codex(tmp_path, says), Running())
    assert first.state is state
    assert what in first.what
    assert first.remedy


def test_a_missing_codex_is_told_with_the_remedy(tmp_path: Path) -> None:
    (first, *_) = check_agent("agent", codex(tmp_path, program="/no/codex"), Running())
    assert (first.state, first.what) == (
        State.PROBLEM,
        "the Codex program '/no/codex' is not there",
    )
    assert "npm install" in (first.remedy or "")


def test_what_is_wrong_with_codex_is_said_once(tmp_path: Path, canned: Canned) -> None:
    why = "the Codex program '/no/codex' is not there; install it"
    host = {"agents": {"agent": {"error": why}}}
    missing = codex(tmp_path, program="/no/codex")
    (found,) = check_agent("agent", missing, serving(canned.url, host))
    assert found.what == "the Codex program '/no/codex' is not there"


def test_without_a_proxy_no_turn_is_tried(tmp_path: Path) -> None:
    found = list(check_agent("agent", codex(tmp_path), Running()))
    assert of(found, State.NOTE) == ["no proxy runs on this history, so no turn was tried"]
    assert list(check_agent("agent", None, Running())) == found[1:]


def test_a_host_that_is_not_there_or_not_ready_is_a_problem(canned: Canned) -> None:
    silent = list(check_agent("agent", None, serving(canned.url, None)))
    assert of(silent, State.PROBLEM) == ["the agents' host does not answer"]
    unready = {"agents": {"agent": {"error": "Codex 0.1 is too old; update it"}}}
    (found,) = check_agent("agent", None, serving(canned.url, unready))
    assert (found.what, found.remedy) == ("Codex 0.1 is too old", "update it")
    assert canned.asked == []


def test_a_turn_that_fails_says_why(canned: Canned) -> None:
    canned.answer(TURN, {"error": {"message": "a model call failed; start it"}}, 502)
    *_, failed = check_agent("agent", None, serving(canned.url))
    assert (failed.state, failed.what) == (
        State.PROBLEM,
        "a turn failed: a model call failed",
    )
    assert failed.remedy == "start it"
    canned.answer(TURN, {"choices": [{"message": {"content": ""}}]})
    *_, mute = check_agent("agent", None, serving(canned.url))
    assert mute.state is State.WARNING


def test_a_model_with_too_small_a_context_is_told_with_the_two_remedies(canned: Canned) -> None:
    error = {"message": "the turn does not fit", "code": "context_length_exceeded"}
    canned.answer(TURN, {"error": error}, 400)
    *_, failed = check_agent("agent", None, serving(canned.url))
    assert failed.state is State.PROBLEM
    assert "larger context, or set codex.base_instructions" in (failed.remedy or "")


def test_no_turn_is_run_where_nothing_may_be_asked(canned: Canned) -> None:
    list(check_agent("agent", None, serving(canned.url), probe=False))
    assert canned.asked == []


def test_a_directory_must_be_what_it_is_for(tmp_path: Path) -> None:
    named = codex(tmp_path, directory="named", path=tmp_path / "none")
    assert of(list(check_agent("a", named, Running())), State.PROBLEM) == [
        f"{tmp_path / 'none'} is no directory"
    ]
    tree = codex(tmp_path, directory="worktree", path=tmp_path)
    assert "no git repository" in of(list(check_agent("a", tree, Running())), State.PROBLEM)[0]
    (tmp_path / ".git").mkdir()
    assert of(list(check_agent("a", tree, Running())), State.PROBLEM) == []
