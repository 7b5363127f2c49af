"""A small history that has everything the pages must show, made by real recording, once a session.

`shown` is that history, for reading alone; `shown_history` a copy of it for one test, to write into. Both
are fixtures, and give a Shown: where it lies and which of its calls is what. HOSTILE are the texts that
strangers wrote into every field they can write.
"""

import asyncio
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from driftgate.proxy.call import text_id
from driftgate.proxy.fingerprint.facts import fingerprint
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.settings.model import journal_root
from tests.support import shown_calls, shown_failed
from tests.support.shown_calls import MODEL, SESSION
from tests.support.shown_hostile import DEEP, HOSTILE, LONG, hostile, record
from tests.support.shown_runs import gates, hostile_rows
from tests.support.shown_stage import Stage, staged

__all__ = ["DEEP", "HOSTILE", "LONG", "MODEL", "SESSION", "Shown", "copied", "make"]
_BEFORE = {
    "server": "ollama",
    "digest": "a1b2c3",
    "quantization": "Q8_0",
    "n_ctx": 8192,
    "version": "0.12.1",
}
_AFTER = {**_BEFORE, "digest": "d4e5f6", "quantization": "Q4_K_M", "version": "0.12.2"}


@dataclass(frozen=True)
class Shown:
    """A history and what in it is what.

    path: the file. calls: ids by name: chat_plain, chat_streamed (likewise responses_, ollama_,
    completions_), images, turn_0_0 to turn_1_end, tool, tool_end, loop, passing, failing, violating,
    repaired, retried, fallback, unmended, dropped, not_found, busy, upstream_refused, upstream_invalid,
    upstream_reset, upstream_timeout, client_gone, client_invalid, refused, interrupted, failed,
    agent, agent_0, agent_1, hostile_N
    (of HOSTILE[N]), long, deep, bytes, order_0 to order_39.
    runs: ids by name: passed, drifted, running (it has no result), hostile.
    session: a Codex session of two turns. model: of most calls; its fingerprint changed between them.
    """

    path: Path
    calls: dict[str, str]
    runs: dict[str, str]
    session: str = SESSION
    model: str = MODEL

    def __getitem__(self, name: str) -> str:
        """The id of the call of that name."""
        return self.calls[name]


def make(folder: Path) -> Shown:
    """Makes it in an empty folder; takes a few seconds."""
    with ThreadPoolExecutor(1) as pool:  # a loop of its own, whatever loop is about
        return pool.submit(asyncio.run, _made(folder / "history.duckdb")).result()


def copied(shown: Shown, folder: Path) -> Shown:
    """A copy of it there."""
    path = folder / shown.path.name
    shutil.copyfile(shown.path, path)
    return replace(shown, path=path)


async def _made(path: Path) -> Shown:
    drain = Drain(path, journal_root(path))
    calls: dict[str, str] = {}
    async with staged(path) as stage:
        _see(drain, _BEFORE)
        _settle(drain)
        orders = await shown_calls.many(stage)
        calls |= {f"order_{number}": each for number, each in enumerate(orders)}
        await stage.gate.ended(len(calls))
        _see(drain, _AFTER)
        calls |= await _scenes(stage)
        await stage.gate.ended(len(calls))
        _settle(drain)
        runs = await gates(stage, orders)
        stage.gate.gateway.refuse_clients()
        calls["refused"] = await stage.ask("chat", shown_calls.user("Hi"), b"")
    _settle(drain)
    runs["hostile"], rows = hostile_rows()
    strange = hostile(time.time_ns())
    record(drain.store, strange)
    _take_rows(drain.store, rows)
    drain.store.tidy()
    calls |= {name: text_id(each.call_id) for name, each in strange.items()}
    return Shown(path, calls, runs)


async def _scenes(stage: Stage) -> dict[str, str]:
    calls: dict[str, str] = {}
    for scene in (
        shown_calls.talk,
        shown_calls.session,
        shown_calls.tools,
        shown_calls.judged,
        shown_failed.failed,
        shown_calls.agents,
    ):
        calls |= await scene(stage)
    return calls


def _see(drain: Drain, facts: dict[str, Any]) -> None:
    """The prober finds the model's server so."""
    made = fingerprint({}, MODEL, weights=facts)
    drain.seen.append(
        Seen(time.time_ns(), "local", MODEL, str(UUID(made.id)), {**made.facts, **facts})
    )


def _settle(drain: Drain) -> None:
    while drain.step().more:
        pass


def _take_rows(store: Store, rows: list[tuple[str, dict[str, Any]]]) -> None:
    events = [
        JournalEvent(
            time.time_ns(), "rows", json.dumps({"table": table, "rows": [row]}, default=str)
        )
        for table, row in rows
    ]
    store.apply([Batch("runs", [], events, Position(0, 1))])
