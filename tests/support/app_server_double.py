"""A stand-in for an app server: what it is asked is kept, what it answers is scripted."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from driftgate.proxy.agent.failures import died, silent
from driftgate.proxy.agent.steps import Ended, Item, Step
from tests.support.processes import ROOT

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[Json]]

THREAD, TURN = "thread-1", "turn-1"
_RECORDED = ROOT / "tests" / "proxy" / "agent" / "turns" / "notifications"


def recorded(name: str) -> list[Json]:
    """The notifications of a turn of Codex 0.169, as it sent them; paths and times are made plain."""
    lines = (_RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def recordings() -> list[str]:
    """The names of all recorded turns."""
    return sorted(path.stem for path in _RECORDED.glob("*.jsonl"))


def note(method: str, **params: Any) -> Json:
    """A notification of the turn."""
    return {"method": method, "params": {"threadId": THREAD, "turnId": TURN, **params}}


def completed(status: str = "completed", **turn: Any) -> Json:
    """The end of the turn."""
    return note("turn/completed", turn={"id": TURN, "items": [], "status": status, **turn})


def ends(steps: Sequence[Step]) -> list[Ended]:
    """The ends among the steps: exactly one, the last, in every good turn."""
    return [step for step in steps if isinstance(step, Ended)]


def items(steps: Sequence[Step]) -> list[Item]:
    """The whole items among the steps."""
    return [step for step in steps if isinstance(step, Item)]


class AppServerDouble:
    """Speaks as `AppServer`.

    turns: the notifications of each turn, sent when it begins; None: the process dies there.
    answers: what a method answers instead, as an exception or a function of the parameters.
    after_stop: sent when a turn is interrupted.
    asked: what it was asked, in order. told: what it was answered. closed: whether it was ended.
    """

    version = "0.169.0"
    suspect = False

    def __init__(self, *turns: Sequence[Json | None]) -> None:
        self.turns = list(turns)
        self.answers: dict[str, Exception | Answer] = {}
        self.after_stop: list[Json | None] = [completed("interrupted")]
        self.asked: list[tuple[str, Json]] = []
        self.told: list[tuple[Any, Any]] = []
        self.closed = False
        self.forgotten: list[str] = []
        self.notes: asyncio.Queue[Json | None] = asyncio.Queue()

    @property
    def methods(self) -> list[str]:
        """The methods that were asked for."""
        return [method for method, _ in self.asked]

    def wanted(self, method: str) -> Json:
        """The parameters of the first request for this method."""
        return next(params for name, params in self.asked if name == method)

    async def request(self, method: str, params: Mapping[str, Any], timeout_s: float = 30) -> Json:
        """Answer as scripted."""
        self.asked.append((method, dict(params)))
        answer = self.answers.get(method)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            try:
                return await asyncio.wait_for(answer(dict(params)), timeout_s)
            except TimeoutError:
                self.suspect = True
                raise silent(self.version, method, timeout_s) from None
        if self.closed:
            raise died(self.version, "its process is gone")
        if method == "turn/interrupt":
            self.send(*self.after_stop)
        if method == "turn/start":
            self.send(*self.turns.pop(0))
            return {"turn": {"id": TURN}}
        return {"thread": {"id": THREAD}} if method == "thread/start" else {}

    def send(self, *notes: Json | None) -> None:
        """Send notifications."""
        for each in notes:
            self.notes.put_nowait(each)

    def listen(self, thread_id: str) -> "asyncio.Queue[Json | None]":
        """The thread's queue."""
        assert thread_id == THREAD
        return self.notes

    def forget(self, thread_id: str) -> None:
        """Nobody listens any more."""
        self.forgotten.append(thread_id)

    async def respond(self, request_id: Any, result: Json) -> None:
        """An answer to a server request."""
        self.told.append((request_id, result))

    async def refuse(self, request_id: Any, message: str) -> None:
        """A server request is refused."""
        self.told.append((request_id, message))

    async def close(self, limit_s: float = 5) -> None:
        """The process is ended."""
        self.closed = True
        self.send(None)
