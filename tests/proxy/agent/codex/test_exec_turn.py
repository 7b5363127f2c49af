"""A turn in a `codex exec` of its own; it is a scripted one."""

import json
from contextlib import aclosing
from pathlib import Path

import pytest

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex import exec_turn as module
from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.codex.exec_turn import exec_turn
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.codex.rpc import Lines
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Ended, Step, Text, TurnError, Usage
from driftgate.proxy.settings.codex import Codex
from tests.support.fake_codex import fake_codex
from tests.support.processes import alive

PROVIDER = Origin("call-1", authorization="Bearer secret").provider("http://127.0.0.1:1/v1")


class Turn:
    """A turn of a scripted Codex. home: its CODEX_HOME."""

    def __init__(
        self,
        folder: Path,
        text: str,
        *,
        path: Path | None = None,
        limits: dict[str, float] | None = None,
    ) -> None:
        self.home = folder / "home"
        asked = Asked(
            dialect="chat",
            model="m",
            stream=False,
            input=[{"type": "text", "text": text}],
            schema={"type": "object"},
        )
        self.steps = exec_turn(
            Program(str(path or fake_codex(folder)), "0.169.0"),
            Codex.model_validate({"model": "m", **(limits or {})}),
            self.home,
            environment=environment(),
            cwd=folder,
            provider=PROVIDER,
            asked=asked,
        )

    async def all(self) -> list[Step]:
        """All steps; none of its files is left behind them."""
        steps = [step async for step in self.steps]
        assert list(self.home.glob("turn-*")) == []
        return steps


def error(steps: list[Step]) -> TurnError:
    end = steps[-1]
    assert isinstance(end, Ended)
    assert end.status == "failed"
    assert end.error is not None
    return end.error


def text(steps: list[Step]) -> str:
    return "".join(step.text for step in steps if isinstance(step, Text))


async def test_a_turn_says_what_it_says_and_ends(tmp_path: Path) -> None:
    steps = await Turn(tmp_path, "say hello").all()
    assert text(steps) == "hello"
    end = steps[-1]
    assert isinstance(end, Ended)
    assert (end.status, end.usage) == ("completed", Usage(7, 3, 2, 0))


async def test_the_clients_key_is_gone_before_a_command_could_read_it(tmp_path: Path) -> None:
    seen = json.loads(text(await Turn(tmp_path, "words").all()))
    assert seen["cwd"] == str(tmp_path)
    assert seen["arguments"][0] == "exec"
    assert seen["environment"]["CODEX_HOME"] == str(tmp_path / "home")
    assert "secret" not in json.dumps([seen["arguments"], seen["environment"]])


async def test_a_prompt_that_is_no_unicode_and_large_is_taken(tmp_path: Path) -> None:
    steps = await Turn(tmp_path, "say \ud800" + "x" * 300_000).all()
    assert text(steps) == "\ufffd" + "x" * 300_000


async def test_a_run_that_dies_says_how(tmp_path: Path) -> None:
    failure = error(await Turn(tmp_path, "die 9").all())
    assert failure.code == "codex_died"
    assert "exit code 9: it is over" in failure.message


async def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    failure = error(await Turn(tmp_path, "fail no such model").all())
    assert failure.code == "model_failed"
    assert "no such model" in failure.message


async def test_garbage_does_no_harm(tmp_path: Path) -> None:
    assert text(await Turn(tmp_path, "garbage 100").all()) == "garbage 100"


async def test_a_line_without_end_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Lines", lambda: Lines(limit=1000))
    assert error(await Turn(tmp_path, "garbage 5000").all()).code == "codex_protocol"


@pytest.mark.parametrize("limit", ["turn_timeout_s", "silence_timeout_s"])
async def test_a_run_that_hangs_is_ended(tmp_path: Path, limit: str) -> None:
    failure = error(await Turn(tmp_path, "hang", limits={limit: 0.2}).all())
    assert (failure.code, failure.status) == ("turn_timeout", 504)
    assert limit in failure.message


async def test_a_client_that_leaves_ends_the_run_and_what_it_has_started(tmp_path: Path) -> None:
    turn = Turn(tmp_path, "leave")
    async with aclosing(turn.steps) as steps:
        async for step in steps:
            if isinstance(step, Text):
                left = int(step.text)
                break
    assert not alive(left)
    assert list(turn.home.glob("turn-*")) == []


async def test_a_program_that_is_not_there_fails_the_turn(tmp_path: Path) -> None:
    assert error(await Turn(tmp_path, "x", path=Path("/nowhere/codex")).all()).code == "codex_died"


async def test_a_home_that_cannot_be_made_fails_the_turn(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    turn = Turn(tmp_path, "x")
    assert error([step async for step in turn.steps]).code == "workspace_failed"
