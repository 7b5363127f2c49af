"""Tasks out of recorded bodies: what each thread was asked, turn by turn."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from driftgate.contracts.json_values import cut
from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.call import text_id
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.describe import DECODE_LIMIT, dialect_of
from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.record import Recorded
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.candidate.prepared import Unreplayable
from driftgate.replay.candidate.whole import PREVIOUS, made_whole
from driftgate.replay.run.reading import continued
from driftgate.replay.trajectory.choosing.prompts import cwd_of, history_of, prompt_of
from driftgate.replay.trajectory.choosing.threads import Thread
from driftgate.replay.trajectory.task import Prompt, Task

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

Earlier = Callable[[str], Recorded | None]


class UnrunnableError(Exception):
    """A thread that cannot be run again; says why in a few words."""


def tasks(
    reader: "Reader", threads: Sequence[Thread], agents: Mapping[str, Codex]
) -> tuple[list[Task], list[str]]:
    """The tasks, and a line for each thread that cannot be run again, or not all of it.

    Args:
        reader: the history.
        threads: what is run.
        agents: how the agents are configured, by name.
    """
    found, refused, cut_off = [], [], []
    for thread in threads:
        recorded = reader.recorded_many(list(thread.calls))
        try:
            found.append(_task(reader, thread, recorded, agents))
        except UnrunnableError as error:
            refused.append(f"call {thread.call_id} is left out: {error}")
            continue
        ran = len(thread.calls)
        if ran < thread.turns:
            cut_off.append(
                f"call {thread.call_id}: the first {ran} of its {thread.turns} turns are run"
            )
    return found, [*refused, *cut_off]


def _task(
    reader: "Reader", thread: Thread, recorded: Sequence[Recorded], agents: Mapping[str, Codex]
) -> Task:
    first = recorded[0]
    ((session, model),) = reader.ask(
        "SELECT coalesce(session_id, thread_id, call_id::VARCHAR), coalesce(model, '') FROM all_calls "
        "WHERE call_id = ?::UUID",
        [thread.call_id],
    ).rows
    if thread.agent is None:
        return thread_task(thread, recorded, session=session, model=model)
    codex = agents.get(thread.agent)
    if codex is None:
        raise UnrunnableError(f"nothing says how the agent {cut(thread.agent)!r} is configured")
    earlier = continued(reader, [thread.call_id])
    return agent_task(thread, first, codex, session=session, earlier=earlier.get)


def thread_task(thread: Thread, recorded: Sequence[Recorded], *, session: str, model: str) -> Task:
    """Of a thread of somebody's own Codex.

    Raises:
        UnrunnableError: the user said nothing that can be said again.
    """
    bodies = [_body(each) for each in recorded]
    prompts = [found for found in map(prompt_of, bodies) if found is not None]
    if len(prompts) != len(bodies):
        raise UnrunnableError(
            f"{len(bodies) - len(prompts)} of its {len(bodies)} turns begin with no message of a user"
        )
    return Task(
        call_id=thread.call_id,
        session=session,
        model=model,
        upstream=recorded[0].upstream,
        prompts=tuple(prompts),
        history=history_of(bodies[0]),
        cwd=cwd_of(bodies[0]),
        authorized=_authorized(recorded[0]),
    )


def agent_task(
    thread: Thread, recorded: Recorded, codex: Codex, *, session: str, earlier: Earlier
) -> Task:
    """Of a call that an agent answered: one turn, with what was said before it.

    Raises:
        UnrunnableError: it asks for no turn, or builds on what was not recorded.
    """
    dialect, body = dialect_of(recorded.target) or "", _body(recorded)
    try:
        asked = read(dialect, _whole(dialect, body, earlier), lambda _: None)
    except (AgentError, Unreplayable) as error:
        raise UnrunnableError(str(error)) from None
    return Task(
        call_id=thread.call_id,
        session=session,
        model=codex.model,
        upstream=codex.model_upstream or "",
        prompts=(Prompt(tuple(asked.input), asked.schema),),
        history=tuple(asked.history),
        instructions=asked.instructions,
        cwd=None if codex.path is None else str(codex.path),
        agent=thread.agent,
        authorized=_authorized(recorded),
    )


def _authorized(recorded: Recorded) -> bool:
    return any(name.lower() == "authorization" for name, _ in recorded.request_headers)


def _whole(dialect: str, body: bytes, earlier: Earlier) -> bytes:
    value = parse(body) if dialect == "responses" else None
    if not isinstance(value, dict) or not value.get(PREVIOUS):
        return body
    return json.dumps(made_whole(value, earlier)).encode()


def _body(recorded: Recorded) -> bytes:
    """The body without its content coding.

    Raises:
        UnrunnableError: it was not recorded whole.
    """
    codings = [v for k, v in recorded.request_headers if k.lower() == "content-encoding"]
    data, complete = decode(recorded.request_body, ",".join(codings) or None, DECODE_LIMIT)
    if not complete or recorded.request_truncated:
        raise UnrunnableError(f"its call {text_id(recorded.call_id)} was not recorded whole")
    return data
