"""Tasks out of recorded bodies."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.trajectory.choosing import threads as threads_of
from driftgate.replay.trajectory.choosing.tasks import tasks
from driftgate.replay.trajectory.choosing.threads import threads
from driftgate.replay.trajectory.task import Task
from tests.replay.run.made import JSON, Made, asked
from tests.replay.trajectory.recorded import CODEX, Talk, answered, message

NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def read(
    made: Made, ids: Sequence[str], agents: dict[str, Codex] | None = None
) -> tuple[list[Task], list[str]]:
    made.drain()
    with open_history(made.path, drain=False) as reader:
        known = threads(reader, ids, list(agents or {}), until=NOW)
        return tasks(reader, known, agents or {})


def test_a_thread_becomes_its_prompts_in_their_order(made: Made) -> None:
    talk = Talk(made, "t1", "/home/me/w")
    schema = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    ids = [talk.turn("fix it", "ls"), talk.turn("and that", text=schema)]
    (task,), refused = read(made, ids)
    assert refused == []
    assert [each.text for each in task.prompts] == ["fix it", "and that"]
    assert [each.schema for each in task.prompts] == [None, {"type": "object"}]
    assert (task.call_id, task.session, task.model) == (ids[0], "t1", "gemma4")
    assert (task.cwd, task.upstream, task.agent) == ("/home/me/w", "default", None)
    assert (task.history, task.authorized) == ((), False)


def test_a_thread_whose_beginning_is_not_there_brings_it_along(made: Made) -> None:
    talk = Talk(made, "t1")
    talk._items += [message("user", "before"), message("assistant", "yes")]
    (task,), _ = read(made, [talk.turn("fix it")])
    assert [each["role"] for each in task.history] == ["user", "assistant"]


def test_a_turn_without_a_users_message_cannot_be_said_again(made: Made) -> None:
    talk = Talk(made, "t1")
    ids = [talk.turn("fix it"), talk.turn("<skill>of Codex's own</skill>")]
    found, refused = read(made, ids)
    assert found == []
    assert refused == [
        f"call {ids[0]} is left out: 1 of its 2 turns begin with no message of a user"
    ]


def test_of_a_long_thread_the_beginning_is_run_and_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(made, "t1")
    ids = [talk.turn(f"step {number}") for number in range(3)]
    monkeypatch.setattr(threads_of, "PROMPTS", 2)
    (task,), lines = read(made, ids)
    assert [each.text for each in task.prompts] == ["step 0", "step 1"]
    assert lines == [f"call {ids[0]}: the first 2 of its 3 turns are run"]


def test_a_call_of_an_agent_becomes_one_prompt_with_what_was_said_before(made: Made) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "fix it"},
    ]
    pairs = [*JSON, (b"Authorization", b"Bearer sk-secret-of-mine")]
    call_id = made.call(asked(1, messages=messages), pairs=pairs)
    codex = CODEX.model_copy(update={"model": "other", "model_upstream": "u1"})
    (task,), _ = read(made, [call_id], {"default": codex})
    assert [each.text for each in task.prompts] == ["fix it"]
    assert len(task.history) == 2
    assert (task.instructions, task.agent) == ("Be kind.", "default")
    assert (task.model, task.upstream, task.authorized) == ("other", "u1", True)


def responses(made: Made, text: str, answer: bytes, **more: Any) -> str:
    body = {"model": "gemma4", "input": text, **more}
    return made.call(json.dumps(body).encode(), answer, target="/v1/responses")


def test_a_call_that_builds_on_an_earlier_answer_is_made_whole(made: Made) -> None:
    responses(made, "hello", answered("hi"))
    call_id = responses(made, "fix it", answered("ok", "r2"), previous_response_id="r")
    (task,), refused = read(made, [call_id], {"default": CODEX})
    assert refused == []
    assert [each.text for each in task.prompts] == ["fix it"]
    assert len(task.history) == 2
    lost = responses(made, "fix it", answered(), previous_response_id="gone")
    assert "was not recorded" in read(made, [lost], {"default": CODEX})[1][0]


def test_what_is_no_turn_is_left_out_with_its_reason(made: Made) -> None:
    call_id = made.call(asked(1, messages=[{"role": "assistant", "content": "hi"}]))
    found, refused = read(made, [call_id], {"default": CODEX})
    assert found == []
    assert refused[0].startswith(f"call {call_id} is left out: ")


def test_a_compressed_body_is_read(made: Made) -> None:
    data = gzip.compress(asked(1))
    call_id = made.call(data, pairs=[*JSON, (b"Content-Encoding", b"gzip")])
    (task,), _ = read(made, [call_id], {"default": CODEX})
    assert task.prompts[0].text == "question 1"
