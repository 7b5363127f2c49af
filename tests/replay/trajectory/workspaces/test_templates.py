"""Which workspace a task begins in."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.trajectory.task import Prompt, Task
from driftgate.replay.trajectory.workspaces.templates import Templates


def task(number: int = 1, **more: Any) -> Task:
    told: dict[str, Any] = {"session": "s", "model": "m", "upstream": "u"}
    return Task(call_id=f"call-{number}", prompts=(Prompt(()),), **{**told, **more})


def folder(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "file").write_text(content)
    return path


def test_a_folder_that_is_given_is_every_tasks(tmp_path: Path) -> None:
    given = folder(tmp_path / "w", "given")
    templates = Templates(str(given), tmp_path / "run")
    tasks = [task(1, cwd="/gone"), task(2)]
    templates.prepare(tasks, {})
    assert templates.of(tasks[0], {}) is templates.of(tasks[1], {})
    assert (templates.of(tasks[0], {}).folder / "file").read_text() == "given"


def test_recorded_means_where_each_thread_worked(tmp_path: Path) -> None:
    one, other = folder(tmp_path / "1", "one"), folder(tmp_path / "2", "other")
    agents = {
        "fresh": Codex(model="m"),
        "named": Codex(model="m", directory="named", path=other),
    }
    tasks = [task(1, cwd=str(one)), task(2, agent="fresh"), task(3, agent="named")]
    templates = Templates("recorded", tmp_path / "run")
    templates.prepare(tasks, agents)
    origins = [templates.of(each, agents).origin for each in tasks]
    assert origins == [one, None, other]


@pytest.mark.parametrize(
    ("cwd", "said"),
    [
        (None, "does not say where it worked"),
        ("..", "does not say where it worked"),
        ("/gone", "which is not there"),
    ],
)
def test_a_thread_whose_folder_is_not_known_says_what_to_give(
    cwd: str | None, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Templates("recorded", tmp_path).prepare([task(cwd=cwd)], {})
    assert "--workspace" in str(caught.value)
    Templates("empty", tmp_path / "run").prepare([task(cwd=cwd)], {})


def test_the_digest_is_of_what_was_copied(tmp_path: Path) -> None:
    given = folder(tmp_path / "w", "given")

    def made(name: str) -> str:
        templates = Templates(str(given), tmp_path / name)
        templates.prepare([task()], {})
        return templates.digest

    before = made("a")
    assert made("b") == before
    (given / "file").write_text("changed")
    assert made("c") != before
