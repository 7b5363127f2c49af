"""One trajectory, against a stand-in for Codex."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.failures import missing
from driftgate.proxy.agent.origin import PARENT_HEADER, REPLAYED_HEADER, Origin
from driftgate.proxy.agent.steps import Ended, Step
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.trajectory.play import Stand, play
from driftgate.replay.trajectory.task import Prompt, Task
from driftgate.replay.trajectory.trajectory import Trajectory
from driftgate.replay.trajectory.workspaces.check import Checker
from driftgate.replay.trajectory.workspaces.workspace import Template, take
from tests.replay.trajectory.workspaces.test_check import PLAIN
from tests.support.app_server_double import AppServerDouble, completed, note
from tests.support.waiting import wait_until_async

ORIGIN = Origin("0190a0a0-0000-7000-8000-000000000001", 1, "Bearer key", "run/arm/of/1")
CODEX = Codex(model="gemma4", sandbox="workspace-write")


class Server(AppServerDouble):
    """A Codex that writes a file in each turn, whatever it is asked."""

    async def request(self, method: str, params: Any, timeout_s: float = 30) -> Any:
        if method == "turn/start":
            place = Path(self.wanted("thread/start")["cwd"])
            (place / f"out{len(self.turns)}").write_text("made")
        return await super().request(method, params, timeout_s)


class Pool:
    """Gives out this server, or cannot."""

    def __init__(self, server: AppServerDouble | Exception) -> None:
        self._server, self.given = server, 0

    @asynccontextmanager
    async def server(self) -> AsyncIterator[Any]:
        if isinstance(self._server, Exception):
            raise self._server
        self.given += 1
        yield self._server
        self.given -= 1


class Record:
    """What was recorded of a turn."""

    def __init__(self) -> None:
        self.origins: list[Origin] = []
        self.steps: list[Step] = []
        self.closed = 0

    def begin(self, origin: Origin, _prompt: Prompt, thread_id: str) -> "Record":
        assert thread_id == "thread-1"
        self.origins.append(origin)
        return self

    def step(self, step: Step) -> None:
        self.steps.append(step)

    def close(self) -> None:
        self.closed += 1


def task(*prompts: str, **more: Any) -> Task:
    made = tuple(Prompt(({"type": "text", "text": each},)) for each in prompts or ("go",))
    told: dict[str, Any] = {"call_id": "c", "session": "s", "model": "m", "upstream": "u"}
    return Task(prompts=made, **{**told, **more})


@pytest.fixture
def template(tmp_path: Path) -> Template:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/README").write_text("hello")
    return take(tmp_path / "w", tmp_path / "template")


async def played(
    server: AppServerDouble | Exception,
    template: Template,
    wanted: Task,
    *,
    checker: Checker | None = None,
    record: Record | None = None,
) -> Trajectory:
    pool = Pool(server)
    begun = (record or Record()).begin
    stand = Stand(
        pool=pool, codex=CODEX, base_url="http://127.0.0.1:1/u/u/v1", checker=checker, record=begun
    )
    copy = template.folder.parent / "copy"
    made = await play(stand, wanted, template, copy, ORIGIN)
    assert pool.given == 0
    assert not copy.exists()
    return made


def ended(*notes: Any) -> Sequence[Any]:
    """The notifications of a turn that completes."""
    return [*notes, completed()]


async def test_all_prompts_are_put_to_one_thread_in_a_fresh_copy(template: Template) -> None:
    server, record = Server(ended(), ended()), Record()
    text = {"type": "message", "role": "user", "content": []}
    wanted = task("look at /home/me/w/README", "and now", cwd="/home/me/w", history=[text])
    made = await played(server, template, wanted, record=record)
    assert made.completed
    assert [each.prompt for each in made.turns] == ["look at /home/me/w/README", "and now"]
    assert made.changes is not None
    assert [(each.path, each.kind) for each in made.changes] == [("out1", "add"), ("out2", "add")]
    assert server.methods.count("thread/start") == 1
    copy = Path(server.wanted("thread/start")["cwd"])
    assert server.wanted("turn/start")["input"][0]["text"] == f"look at {copy}/README"
    provider = server.wanted("thread/start")["config"]["model_providers.driftgate"]
    headers = provider["http_headers"]
    assert headers[PARENT_HEADER] == ORIGIN.call_id
    assert headers[REPLAYED_HEADER] == "run/arm/of/1"
    assert "thread/inject_items" in server.methods
    assert [each.attempt for each in record.origins] == [1, 2]
    assert len([each for each in record.steps if isinstance(each, Ended)]) == record.closed == 2
    assert template.folder.joinpath("README").read_text() == "hello"


async def test_a_turn_that_fails_ends_it_and_there_is_nothing_to_compare(
    template: Template,
) -> None:
    error = {"message": "status 503", "codexErrorInfo": None}
    server = Server([completed("failed", error=error)])
    made = await played(server, template, task("one", "two"))
    assert len(made.turns) == 1
    assert made.failed is not None
    assert "503" in made.failed


async def test_the_check_sees_the_copy_as_it_was_left(template: Template, tmp_path: Path) -> None:
    program = tmp_path / "codex"
    program.write_text(PLAIN)
    program.chmod(0o755)
    checker = Checker(Program(str(program), "0"), "ls out1 README && touch later", 20, {})
    made = await played(Server(ended()), template, task(), checker=checker)
    assert made.check is not None
    assert (made.check.passed, made.check.output) == (True, "README\nout1\n")
    assert made.changes is not None
    assert [each.path for each in made.changes] == ["out1"]


async def test_a_codex_that_is_not_there_is_a_failure_and_no_error(template: Template) -> None:
    made = await played(missing("codex"), template, task())
    assert made.turns == ()
    assert made.failed is not None
    assert "npm install" in made.failed


async def test_a_copy_that_cannot_be_made_is_one_too(template: Template) -> None:
    (template.folder.parent / "copy").mkdir()
    pool = Pool(Server())
    stand = Stand(pool=pool, codex=CODEX, base_url="", checker=None, record=Record().begin)
    made = await play(stand, task(), template, template.folder.parent / "copy", ORIGIN)
    assert made.failed is not None
    assert made.failed.startswith("no copy of the workspace")


async def test_one_that_is_stopped_leaves_nothing_behind(template: Template) -> None:
    server, record = Server([note("turn/started", turn={"id": "turn-1"})]), Record()
    running = asyncio.create_task(played(server, template, task(), record=record))
    await wait_until_async(lambda: "turn/start" in server.methods)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "turn/interrupt" in server.methods
    assert record.closed == 1
    assert not (template.folder.parent / "copy").exists()
