"""Turns of an agent as steps, and what a client reads out of the bytes that they give."""

import json
from collections.abc import Sequence
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.dialects.write import Writer, writer
from driftgate.proxy.agent.failures import died
from driftgate.proxy.agent.steps import (
    Began,
    Ended,
    Item,
    Kind,
    ModelCall,
    Step,
    Text,
    Thought,
    Usage,
)
from driftgate.proxy.dialects.describe import read_answer
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.record import Chunk

NOW = 1_700_000_000.5
USAGE = Usage(2_000, 500, 60, 10)
DONE = Ended("completed", usage=USAGE, model_calls=2)
FAILED = Ended("failed", died("0.169.0", "signal 9").error)
LS = (
    Began(Kind.COMMAND, "c1", "ls -la"),
    Item(kind=Kind.COMMAND, item="c1", title="ls -la", exit_code=0, text="a.py\n", cwd="/w"),
)
CHANGES = (("add", "b.py", "print()\n"), ("delete", "a.py", ""))
EDIT = Item(kind=Kind.FILE_CHANGE, item="f1", title="b.py, a.py", changes=CHANGES)
# a turn that thinks, runs a command, changes files and says two things
TURN: tuple[Step, ...] = (
    Item(kind=Kind.WARNING, item="w", title="Model metadata not found"),
    Thought("r1", "Look "),
    Thought("r1", "first."),
    Item(kind=Kind.REASONING, item="r1", title="", text="Look first."),
    Text("m1", "I "),
    Text("m1", "look."),
    Item(kind=Kind.MESSAGE, item="m1", title="", text="I look."),
    *LS,
    ModelCall(USAGE),
    EDIT,
    Text("m2", '{"files":'),
    Item(kind=Kind.MESSAGE, item="m2", title="", text='{"files":1}'),
    ModelCall(USAGE),
    DONE,
)


def question(dialect: str, **more: Any) -> Asked:
    """A request to an agent."""
    said = {"messages": [{"role": "user", "content": "Which files?"}]}
    body = {"model": "agent", **(said if dialect == "chat" else {"input": "Which files?"}), **more}
    return read(dialect, json.dumps(body).encode(), lambda _: None)


def streamed(asked: Asked, steps: Sequence[Step] = TURN) -> tuple[Writer, list[bytes]]:
    """The writer at the end of a turn, and the bytes that each step gave."""
    made = writer(asked, "1f", NOW)
    return made, [made.feed(step) for step in steps]


def events(data: bytes) -> list[dict[str, Any]]:
    """The JSON of a stream's events; [DONE] is left out."""
    read = read_events([Chunk(0, data)])
    assert read.malformed is None
    return [json.loads(event.data) for event in read if event.data != b"[DONE]"]


def answer_of(asked: Asked, data: bytes) -> Answer:
    """The answer as driftgate itself reads it, a few bytes at a time."""
    chunks = [Chunk(at, data[at : at + 61]) for at in range(0, len(data), 61)]
    return read_answer(asked.dialect, chunks, "text/event-stream" if asked.stream else "")
