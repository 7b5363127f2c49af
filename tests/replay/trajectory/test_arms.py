"""The arms of a run over trajectories."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.trajectory.arms import Arms, check
from driftgate.replay.trajectory.task import Prompt, Task
from tests.replay.run.made import Made
from tests.replay.trajectory.recorded import Talk

URL = "http://127.0.0.1:9001"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path, URL)
    yield history
    history.journal.close()


def task(call_id: str, **more: Any) -> Task:
    told: dict[str, Any] = {"session": "s", "model": "gemma4", "upstream": "default"}
    return Task(call_id=call_id, prompts=(Prompt(()),), **{**told, **more})


def arms(made: Made, *tasks: Task, sandbox: Any = None, **candidate: Any) -> Arms:
    made.drain()
    both = {Arm.BASELINE: Configuration(), Arm.CANDIDATE: Configuration(**candidate)}
    with open_history(made.path, drain=False) as reader:
        base = Codex(model="unnamed", sandbox="danger-full-access", approvals="accept")
        return Arms.read(reader, tasks, both, made.settings, base=base, sandbox=sandbox)


def test_each_arm_asks_its_own_server_and_model(made: Made) -> None:
    one = task(Talk(made, "t1").turn("fix it"))
    found = arms(made, one, upstream="http://127.0.0.1:9002", model="gemma5")
    assert found.upstreams[Arm.BASELINE]["default"].url == URL
    assert found.upstreams[Arm.CANDIDATE]["default"].url == "http://127.0.0.1:9002"
    assert found.codex(Arm.BASELINE, one).model == "gemma4"
    assert found.codex(Arm.CANDIDATE, one).model == "gemma5"
    assert found.lane(Arm.BASELINE) != found.lane(Arm.CANDIDATE)
    assert found.servers.models == [("default", "gemma4")]
    same = arms(made, one, model="gemma5")
    assert same.lane(Arm.BASELINE) == same.lane(Arm.CANDIDATE)


def test_somebodys_own_codex_runs_in_a_sandbox_that_nobody_lets_it_out_of(made: Made) -> None:
    one = task(Talk(made, "t1").turn("fix it"))
    codex = arms(made, one).codex(Arm.BASELINE, one)
    assert (codex.sandbox, codex.approvals, codex.isolation) == (
        "workspace-write",
        "refuse",
        "pool",
    )
    assert arms(made, one, sandbox="read-only").codex(Arm.BASELINE, one).sandbox == "read-only"


def agents_call(made: Made) -> Task:
    call_id = Talk(made, "t1").turn("fix it")
    made.drain()
    return task(call_id, agent="agent")


def test_an_agent_runs_as_it_was_configured(made: Made) -> None:
    one = agents_call(made)
    found = arms(made, one)
    own = Codex(
        model="gemma4", instructions="Be kind.", directory="named", path=Path("/w"), processes=3
    )
    codex = Arms(found.servers, found.upstreams, {"agent": own}, found.base, None).codex(
        Arm.BASELINE, one
    )
    assert (codex.instructions, codex.sandbox, codex.processes) == ("Be kind.", "read-only", 3)
    assert (codex.directory, codex.path) == ("fresh", None)


def test_an_agent_without_a_sandbox_is_refused_until_one_is_named(made: Made) -> None:
    one = agents_call(made)
    found = arms(made, one)
    own = Codex(model="gemma4", sandbox="danger-full-access")
    open_ = Arms(found.servers, found.upstreams, {"agent": own}, own, None)
    with pytest.raises(UsageError, match="without a sandbox"):
        open_.codex(Arm.BASELINE, one)
    closed = Arms(found.servers, found.upstreams, {"agent": own}, own, "read-only")
    assert closed.codex(Arm.BASELINE, one).sandbox == "read-only"


@pytest.mark.parametrize(
    "more",
    [
        {"set": {"temperature": 0.1}},
        {"unset": ["seed"]},
        {"system": "Be kind."},
        {"headers_env": {"X-Key": "KEY"}},
        {"fresh": ["ids"]},
    ],
)
def test_what_changes_recorded_requests_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"the candidate sets `{next(iter(more))}`"):
        check(Arm.CANDIDATE, Configuration(**more))
    check(Arm.CANDIDATE, Configuration(model="m", upstream=URL, retries=0, k=3))


def test_a_key_goes_where_one_was_sent_then_or_where_its_variable_is_named(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("THEIRS", "sk-theirs")
    call_id = Talk(made, "t1").turn("fix it")
    with_key, without = task(call_id, authorized=True), task(call_id)
    plain = arms(made, with_key)
    assert plain.authorization(Arm.BASELINE, with_key) == "Bearer sk-mine"
    assert plain.authorization(Arm.BASELINE, without) is None
    elsewhere = arms(made, with_key, upstream="http://127.0.0.1:9002")
    assert elsewhere.authorization(Arm.CANDIDATE, with_key) is None
    named = arms(made, with_key, upstream="http://127.0.0.1:9002", api_key_env="THEIRS")
    assert named.authorization(Arm.CANDIDATE, without) == "Bearer sk-theirs"
