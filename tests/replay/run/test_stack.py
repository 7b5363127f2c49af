"""An arm's own proxy and agents, with real processes and a stand-in for Codex."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy import admin
from driftgate.proxy.agent import mark
from driftgate.proxy.agent.origin import (
    ATTEMPT_HEADER,
    CALL_HEADER,
    PARENT_HEADER,
    REPLAYED_HEADER,
)
from driftgate.proxy.record import Replayed
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.run.stack import Stack
from driftgate.replay.run.targets import CouldNotCheckError
from tests.replay.run.made import Made, asked, says
from tests.support.fake_codex import fake_codex
from tests.support.processes import alive
from tests.support.scripted import Scripted, always
from tests.support.waiting import wait_until

RUN, OF = bytes(range(16)), bytes(range(1, 17))
MARK = mark.written(Replayed(RUN, "candidate", OF, 2))
CALL = "0199a000-0000-7000-8000-000000000001"
FALLS_BACK = """\
name = "strict"
mode = "enforce"
output.schema = { type = "object" }
fallback = [{ upstream = "elsewhere" }]
[applies]
dialects = ["chat"]
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    history = Made(tmp_path)
    yield history
    history.journal.close()


def upstreams(folder: Path, url: str = "http://127.0.0.1:1", **plan: Any) -> dict[str, Upstream]:
    """Those of an arm: a server and an agent."""
    codex = {"model": "m", "model_upstream": "default", "program": str(fake_codex(folder, **plan))}
    agent = {"kind": "codex", "codex": codex}
    return Settings.model_validate(
        {"upstreams": {"default": {"url": url}, "agent": agent}}
    ).upstreams


def post(stack: Stack, upstream: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """Status and JSON."""
    url = f"{stack.url}/u/{upstream}/v1/chat/completions"
    told = {"content-type": "application/json", **headers}
    request = urllib.request.Request(url, body, told)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def left(settings: Settings) -> list[str]:
    """What of a stack is still there."""
    sockets = [name for name in admin.sockets(settings.history) if name.startswith("agents")]
    folder = settings.history.parent
    return sockets + [path.name for path in folder.iterdir() if path.suffix == ".replays"]


def pids(stack: Stack) -> list[int]:
    return [process.pid for process in stack._processes]


async def test_turns_and_their_model_calls_are_recorded_as_the_arms(
    made: Made, tmp_path: Path
) -> None:
    marks = {CALL_HEADER: CALL, ATTEMPT_HEADER: "1", REPLAYED_HEADER: MARK}
    inner = {PARENT_HEADER: CALL, REPLAYED_HEADER: MARK}
    contracts = tmp_path / "strict"
    contracts.mkdir()
    (contracts / "strict.toml").write_text(FALLS_BACK)

    async with Scripted(always(says("ho"))).running() as server:

        def asking() -> list[Any]:
            told = upstreams(tmp_path, server.url)
            with Stack(made.settings, told, "candidate", contracts=contracts) as stack:
                said = json.dumps(
                    {"model": "a", "messages": [{"role": "user", "content": "words"}]}
                )
                answers = [
                    post(stack, "agent", said.encode(), **marks),
                    post(stack, "default", asked(1), **inner),
                    post(stack, "default", asked(2)),
                ]
                stack.check()
            return answers

        (first, turn), (second, _), (third, _) = await asyncio.to_thread(asking)
    assert (first, second, third) == (200, 200, 200)
    seen = json.loads(turn["choices"][0]["message"]["content"])
    # no command of a turn may write to the configuration of its Codex, or to another turn's files
    beside = str(made.path.with_name("h.duckdb.replays"))
    assert seen["environment"]["CODEX_HOME"].startswith(beside)
    assert left(made.settings) == []
    made.drain()
    run, of = (str(UUID(bytes=each)) for each in (RUN, OF))
    # judged by the arm's contracts, which are not enforced; the third call belongs to no replay
    assert made.ask(
        "SELECT run_id::VARCHAR, arm, replay_of::VARCHAR, repetition, parent_call_id::VARCHAR, "
        "contract, verdict, attempts FROM all_calls"
    ) == [(run, "candidate", of, 2, CALL, "strict", "fail", 1)]
    assert made.ask(
        "SELECT run_id::VARCHAR, arm, call_id::VARCHAR, agent, status FROM all_agent_turns"
    ) == [(run, "candidate", CALL, "agent", "completed")]
    assert len(server.seen) == 2


def test_without_agents_there_is_a_proxy_alone(made: Made, tmp_path: Path) -> None:
    with Stack(made.settings, {"default": Upstream(url="http://127.0.0.1:1")}, "baseline") as stack:
        assert len(pids(stack)) == 1
        assert left(made.settings) == []
        assert post(stack, "default", asked(1))[0] == 502
    assert not any(map(alive, pids(stack)))


def test_one_that_ends_during_the_run_is_said(made: Made, tmp_path: Path) -> None:
    with Stack(made.settings, upstreams(tmp_path), "baseline") as stack:
        stack.check()
        os.kill(pids(stack)[0], signal.SIGKILL)
        stack._processes[0].wait(20)
        with pytest.raises(CouldNotCheckError, match=r"baseline's own proxy has ended.*SIGKILL"):
            stack.check()
    assert not any(map(alive, pids(stack)))
    assert left(made.settings) == []


def test_a_codex_that_is_not_there_is_said_before_anything_starts(made: Made) -> None:
    codex = {"kind": "codex", "codex": {"model": "m", "program": "/no/codex"}}
    stack = Stack(made.settings, {"agent": Upstream.model_validate(codex)}, "candidate")
    with pytest.raises(CouldNotCheckError, match="nothing was checked: the Codex program"), stack:
        pass
    assert pids(stack) == []
    assert left(made.settings) == []


def test_a_proxy_that_does_not_start_is_said_with_its_reason(made: Made, tmp_path: Path) -> None:
    stack = Stack(made.settings, upstreams(tmp_path), "candidate", contracts=tmp_path / "nowhere")
    with (
        pytest.raises(CouldNotCheckError, match=r"nothing was checked: .*there is no folder"),
        stack,
    ):
        pass
    assert not any(map(alive, pids(stack)))
    assert left(made.settings) == []


def test_a_run_that_is_killed_takes_them_along_and_the_next_one_tidies(
    made: Made, tmp_path: Path
) -> None:
    told = {name: each.model_dump(mode="json") for name, each in upstreams(tmp_path).items()}
    script = (
        "import json, sys, time\n"
        "from driftgate.proxy.settings.model import Settings, Upstream\n"
        "from driftgate.replay.run.stack import Stack\n"
        "settings, told = map(json.loads, sys.argv[1:])\n"
        "upstreams = {name: Upstream.model_validate(each) for name, each in told.items()}\n"
        "with Stack(Settings.model_validate(settings), upstreams, 'baseline') as stack:\n"
        "    print(*(each.pid for each in stack._processes), flush=True)\n"
        "    time.sleep(600)\n"
    )
    words = [sys.executable, "-c", script, made.settings.model_dump_json(), json.dumps(told)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        began = [int(word) for word in process.stdout.readline().split()]
        process.kill()
    assert len(began) == 2
    wait_until(lambda: not any(map(alive, began)), 20, what="their end")
    assert "h.duckdb.replays" in left(made.settings)
    with Stack(made.settings, upstreams(tmp_path), "baseline"):
        assert len(list(made.path.with_name("h.duckdb.replays").iterdir())) == 1
    assert left(made.settings) == []
