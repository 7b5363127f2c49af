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

from driftgate import __version__
from driftgate.contracts.load import load
from driftgate.proxy.call import text_id
from driftgate.proxy.fingerprint.facts import fingerprint
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.settings.model import journal_root
from tests.support import shown_agents, shown_calls, shown_failed, shown_more
from tests.support.shown_calls import MODEL, ORDERS, SESSION, user
from tests.support.shown_hostile import DEEP, HOSTILE, LONG, SCRIPT, hostile, record
from tests.support.shown_runs import gates, hostile_rows, trajectory_rows
from tests.support.shown_stage import Stage, staged
from tests.support.waiting import wait_until_async

__all__ = ["DEEP", "HOSTILE", "LONG", "MODEL", "ORDERS", "SESSION", "Shown", "copied", "make"]
_BEFORE = {
    "server": "ollama",
    "digest": "a1b2c3",
    "quantization": "Q8_0",
    "n_ctx": 8192,
    "version": "0.12.1",
}
CHANGED_HOURS_AGO = 12
_AFTER = {**_BEFORE, "digest": "d4e5f6", "quantization": "Q4_K_M", "version": "0.12.2"}


@dataclass(frozen=True)
class Shown:
    """A history and what in it is what.

    path: the file; beside it the folder `contracts` that was in force.
    calls: ids by name:
        chat_plain, chat_streamed, likewise responses_*, ollama_*, completions_*; images;
        turn_0_0, turn_0_1, turn_0_end, turn_1_*: of `session`; tool, tool_end, loop: of `weather talk`;
        passing, failing, violating (of contract orders), repaired, retried, fallback, unmended (of
        strict, which is enforced), dropped (parameters that did not take effect);
        not_found, busy, upstream_refused, upstream_invalid, upstream_reset, upstream_timeout,
        client_gone, client_invalid, refused, interrupted, failed;
        agent, with its model calls agent_0, agent_1; agent_failed, of hostile items;
        encoded (gzip), models, embeddings, unknown (no dialect), story, continued, first_try,
        client_retry, shadowed_0 to _2 (with copies), websocket;
        order_0 to order_39: one an hour until now, sessions of four; driftgate and the fingerprint
        changed before order_28;
        hostile_N: HOSTILE[N] in every field; hostile_order: in names that break a contract;
        long (LONG in every field), deep (DEEP), bytes (no UTF-8, no JSON).
    runs: ids by name: passed, drifted, running (it has no result), hostile, trajectories.
    session: a Codex session of two turns. model: of most calls.
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
    async with staged(path) as stage:
        calls = await _past(stage, drain)
        orders = [calls[f"order_{number}"] for number in range(ORDERS)]
        calls |= await _now(stage)
        await wait_until_async(lambda: not stage.gate.gateway.open)
        _settle(drain)
        runs = await gates(stage, orders)
        stage.gate.gateway.refuse_clients()
        calls["refused"] = await stage.ask("chat", user("Hi"), b"")
    _settle(drain)
    runs["hostile"], rows = hostile_rows()
    runs["trajectories"], more = trajectory_rows(calls["turn_0_0"])
    strange = hostile(time.time_ns())
    record(drain.store, strange, load(path.with_name("contracts")))
    _take_rows(drain.store, rows + more)
    drain.store.tidy()
    calls |= {name: text_id(each.call_id) for name, each in strange.items()}
    return Shown(path, calls, runs)


async def _past(stage: Stage, drain: Drain) -> dict[str, str]:
    """The orders of the last 40 hours; before the last 12 driftgate and the model were others."""
    change = ORDERS - CHANGED_HOURS_AGO
    await stage.at(hours_ago=ORDERS)
    stage.begin("0.0.9")
    _see(drain, stage, _BEFORE)
    calls = await shown_calls.orders(stage, range(change))
    await stage.at(hours_ago=CHANGED_HOURS_AGO)
    stage.begin(__version__)
    _see(drain, stage, _AFTER)
    _see(drain, stage, {"template": SCRIPT, SCRIPT: SCRIPT}, SCRIPT)
    calls |= await shown_calls.orders(stage, range(change, ORDERS))
    await stage.at(hours_ago=0)
    return calls


async def _now(stage: Stage) -> dict[str, str]:
    scenes = (
        *(shown_calls.talk, shown_calls.session, shown_calls.tools, shown_calls.judged),
        *(shown_failed.failed, shown_agents.agents, shown_more.more, shown_more.copied),
    )
    calls: dict[str, str] = {}
    for scene in scenes:
        calls |= await scene(stage)
    return calls


def _see(drain: Drain, stage: Stage, facts: dict[str, Any], model: str = MODEL) -> None:
    """The prober finds the model's server so."""
    made = fingerprint({}, model, weights=facts)
    at_ns = stage.gate.journal.now_ns()
    drain.seen.append(Seen(at_ns, "local", model, made.id, {**made.facts, **facts}))


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
