"""The story of a turn in the journal, row by row as it happens: a kill leaves what was done so far.

Rows go to the tables agent_starts, agent_item_rows and agent_ends of the history; its views put
them together. What strangers wrote is bounded, and redacted as the bodies of calls are.
"""

from collections import deque
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.cleaned import Cleaner
from driftgate.proxy.agent.item_rows import began_row, item_row, mark_of, prompt_text
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Began, Ended, Item, Kind, ModelCall, Step, TurnError, Usage
from driftgate.proxy.errors import Fault
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.codex import Codex

ITEMS_LIMIT = 5_000  # items of one turn; what is more is counted
OPEN_LIMIT = 256  # items of one turn that have begun and are not whole
_TOLD_WHEN_BEGUN = frozenset({Kind.COMMAND, Kind.FILE_CHANGE, Kind.OTHER})
_LEFT = TurnError("client_gone", "the client left before the turn had ended", Fault.CLIENT, 499)


class TurnRecord:
    """The record of one turn. Not for several threads.

    Args:
        journal: of the process that runs the turn.
        redactor: of the settings.
        origin: the outer call.

    Raises:
        ValueError: the origin's call_id is no UUID.
    """

    def __init__(self, journal: JournalWriter, redactor: Redactor, origin: Origin) -> None:
        self._journal = journal
        self._clean = Cleaner(redactor, origin.authorization)
        self._key = {"call_id": str(UUID(origin.call_id)), "attempt": origin.attempt}
        self._mark = mark_of(origin.replayed)
        self._thread: dict[str, str] = {}
        self._position = 0
        self._left_out = 0
        self._open: dict[str, deque[int]] = {}  # positions of what has begun, by item
        self._usage, self._model_calls = Usage(), 0
        self._ended = False

    def begin(self, *, agent: str, codex: Codex, version: str, asked: Asked) -> None:
        """The turn begins: once, before any step.

        Args:
            agent: name of the upstream.
            codex: its settings.
            version: of the Codex that runs it.
            asked: what the client asks.
        """
        [prompt] = self._clean(prompt=prompt_text(asked.input))
        start = {
            "started_at": self._now(),
            "agent": agent,
            "codex_version": version,
            "model": codex.model,
            "model_upstream": codex.model_upstream,
            "sandbox": codex.sandbox,
            "workspace": codex.directory,
            "isolation": codex.isolation,
            "prompt": prompt,
        }
        self._write("agent_starts", {**start, **self._mark})

    def thread(self, thread_id: str, turn_id: str | None = None) -> None:
        """Which thread and turn of Codex it is; without it they are read off its model calls."""
        self._thread = {"thread_id": thread_id, **({"turn_id": turn_id} if turn_id else {})}

    def step(self, step: Step) -> None:
        """Something happened. Items and the end are written at once."""
        match step:
            case Item():
                self._item(step)
            case Began():
                self._began(step)
            case ModelCall():
                self._usage += step.usage
                self._model_calls += 1
            case Ended():
                self._end(step)

    def close(self) -> None:
        """Nothing more comes. A turn that has not ended until now was left by its client."""
        self._end(Ended("interrupted", _LEFT, self._usage, self._model_calls))

    def _began(self, step: Began) -> None:
        if step.kind not in _TOLD_WHEN_BEGUN or sum(map(len, self._open.values())) >= OPEN_LIMIT:
            return
        position = self._next()
        if position is not None:
            self._open.setdefault(step.item, deque()).append(position)
            self._write_item(position, began_row(step, self._clean))

    def _item(self, item: Item) -> None:
        begun = self._open.get(item.item)
        if begun and item.kind in _TOLD_WHEN_BEGUN:
            position: int | None = begun.popleft()
            if not begun:
                del self._open[item.item]
        else:
            position = self._next()
        if position is not None:
            self._write_item(position, item_row(item, self._clean))

    def _next(self) -> int | None:
        """The next position; None: there are too many."""
        if self._position >= ITEMS_LIMIT:
            self._left_out += 1
            return None
        self._position += 1
        return self._position - 1

    def _end(self, ended: Ended) -> None:
        if self._ended:
            return
        self._ended = True
        if self._left_out:
            title = f"{self._left_out} more items are not recorded"
            row = item_row(Item(kind=Kind.WARNING, item="", title=title), self._clean)
            self._write_item(self._position, row)
        self._write("agent_ends", {"ended_at": self._now(), **self._thread, **self._how(ended)})

    def _how(self, ended: Ended) -> dict[str, Any]:
        usage, error = ended.usage, ended.error
        row: dict[str, Any] = {
            "status": ended.status,
            "model_calls": ended.model_calls,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        }
        if error is not None:
            [message] = self._clean(error=error.message)
            row.update(error_code=error.code, error=message, fault=error.fault.value)
        return row

    def _write_item(self, position: int, row: dict[str, Any]) -> None:
        self._write("agent_item_rows", {"position": position, "happened_at": self._now(), **row})

    def _write(self, table: str, row: dict[str, Any]) -> None:
        self._journal.rows(table, [{**self._key, **row}])

    def _now(self) -> str:
        return datetime.fromtimestamp(self._journal.now_ns() / 1e9, UTC).isoformat()
