"""Recorded threads and agents' calls that can be run again as whole trajectories, out of the history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.settings.model import Settings

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

PROMPTS = 50  # turns of a thread that are run again, the first ones
_OF_IDS = "IN (SELECT unnest(?::VARCHAR[])::UUID)"
# inner calls stand for the outer one; what has neither agent nor thread is no trajectory
_KINDS = f"""
    SELECT DISTINCT
        CASE WHEN outer_calls.call_id IS NOT NULL THEN 'agent'
            WHEN list_contains(?::VARCHAR[], calls.upstream) THEN 'agent'
            WHEN calls.thread_id IS NOT NULL AND calls.turn_id IS NOT NULL THEN 'thread' END AS kind,
        CASE kind WHEN 'agent' THEN coalesce(outer_calls.call_id, calls.call_id)::VARCHAR
            WHEN 'thread' THEN calls.thread_id END AS id
    FROM all_calls AS calls
    LEFT JOIN calls AS outer_calls
        ON outer_calls.call_id = calls.parent_call_id AND calls.previous_response_id IS NULL
    WHERE calls.call_id {_OF_IDS}
"""  # noqa: S608 - our own words
_TURNS = """
    SELECT thread_id, turn_id, call_id::VARCHAR, started_at, left(input_text, 10000)
    FROM calls
    WHERE thread_id IN (SELECT unnest(?::VARCHAR[])) AND turn_id IS NOT NULL AND started_at <= ?::TIMESTAMP
        AND coalesce(request_kind, 'turn') = 'turn' AND dialect = 'responses' AND NOT request_truncated
        AND frame_us IS NULL
    QUALIFY row_number() OVER (PARTITION BY thread_id, turn_id ORDER BY started_at, call_id) = 1
    ORDER BY started_at, call_id
"""
_ASKED = f"""
    SELECT call_id::VARCHAR, started_at, left(input_text, 10000), upstream
    FROM calls WHERE call_id {_OF_IDS} AND NOT request_truncated ORDER BY started_at, call_id
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Thread:
    """Something that can be run again.

    calls: of a Codex thread the first one of each turn; of an agent the call that asked it.
    agent: its name; None: a thread of somebody's own Codex. key: equal of those that ask the same.
    turns: that it had, more than are run again where there are too many.
    """

    calls: tuple[str, ...]
    started_at: datetime
    agent: str | None
    key: str
    turns: int = 1

    @property
    def call_id(self) -> str:
        """The call that stands for it."""
        return self.calls[0]


def threads(
    reader: "Reader", call_ids: Sequence[str], agents: Sequence[str], *, until: datetime
) -> list[Thread]:
    """What these calls belong to, in the order in which it began.

    Args:
        reader: the history.
        call_ids: any calls of threads, outer or inner calls of agents.
        agents: names of the upstreams that are agents.
        until: with its zone; turns that began later are left out, so that a thread that is still
            talked to is the same whenever it is read.

    Raises:
        NotFoundError: none of them belongs to a thread or an agent.
    """
    ids: dict[str, list[str]] = {"agent": [], "thread": []}
    for kind, own_id in reader.ask(_KINDS, [list(agents), list(call_ids)]).rows:
        if kind is not None:
            ids[kind].append(own_id)
    moment = until.astimezone(UTC).replace(tzinfo=None)
    found = [*_of_codex(reader, ids["thread"], moment), *_of_agents(reader, ids["agent"])]
    if not found:
        raise NotFoundError(
            f"none of the {len(call_ids):,} calls belongs to a recorded Codex thread or to an agent "
            "(upstream of kind `codex`); run them as single calls, without --trajectories"
        )
    return sorted(found, key=lambda each: (each.started_at, each.call_id))


def _of_codex(reader: "Reader", ids: Sequence[str], until: datetime) -> list[Thread]:
    turns: dict[str, list[tuple[str, datetime, str]]] = {}
    if ids:
        for thread_id, _, call_id, started_at, text in reader.ask(
            _TURNS, [list(ids), until.isoformat()]
        ).rows:
            turns.setdefault(thread_id, []).append((call_id, started_at, text or ""))
    return [
        Thread(
            tuple(call_id for call_id, *_ in each[:PROMPTS]),
            each[0][1],
            None,
            _key(text for *_, text in each[:PROMPTS]),
            len(each),
        )
        for each in turns.values()
    ]


def _of_agents(reader: "Reader", ids: Sequence[str]) -> list[Thread]:
    if not ids:
        return []
    rows = reader.ask(_ASKED, [list(ids)]).rows
    return [
        Thread((call_id,), started_at, upstream, _key((upstream, text or "")))
        for call_id, started_at, text, upstream in rows
    ]


def _key(texts: Iterable[str]) -> str:
    whole = blake2b(digest_size=16)
    for text in texts:
        whole.update(" ".join(text.split()).encode("utf-8", "replace") + b"\0")
    return whole.hexdigest()


def agents_known(reader: "Reader", settings: Settings) -> list[str]:
    """Names of the agents that there are now, or that the history has turns of."""
    rows = reader.ask("SELECT DISTINCT agent FROM agent_turns WHERE agent IS NOT NULL").rows
    now = [name for name, each in settings.upstreams.items() if each.codex is not None]
    return sorted({*now, *(name for (name,) in rows)})


def distinct(found: Sequence[Thread]) -> list[tuple[Thread, int]]:
    """Of those that ask the same the latest, and how many it stands for."""
    alike: dict[tuple[str, str | None], list[Thread]] = {}
    for each in found:
        alike.setdefault((each.key, each.agent), []).append(each)
    return [(same[-1], len(same)) for same in alike.values()]


def drawn(found: Sequence[tuple[Thread, int]], n: int, seed: int) -> list[tuple[Thread, int]]:
    """At most n of them, in their order; the same seed draws the same."""

    def place(each: tuple[Thread, int]) -> bytes:
        return blake2b(f"{seed} {each[0].call_id}".encode(), digest_size=16).digest()

    chosen = {each[0].call_id for each in sorted(found, key=place)[:n]}
    return [each for each in found if each[0].call_id in chosen]
