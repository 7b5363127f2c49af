"""The attempts of managed calls as the history has them, with the bytes that went and came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.lenient import parse
from tests.support.backends import Served


@dataclass(frozen=True)
class Tried:
    """One attempt. `asked`, `given`: the client's side of its call; `as_asked`: sent unchanged."""

    call_id: str
    attempt: int
    reason: str
    dialect: str
    verdict: str
    text: str | None
    status: int
    keywords: tuple[str, ...]
    as_asked: bool
    sent: Any
    came: bytes
    asked: Any
    given: bytes


def tried(served: Served, calls: int, dialect: str = "responses") -> list[list[Tried]]:
    """All attempts of the first calls of a dialect, by call, in their order."""
    ended = f"SELECT call_id FROM calls WHERE dialect = '{dialect}' AND total_ms IS NOT NULL"
    ids = [f"'{call_id}'" for (call_id,) in served.ask_until(ended, calls)]
    rows = served.ask(
        f"""
        SELECT call_id::VARCHAR, attempt, reason, attempts.dialect, attempts.verdict,
               attempts.output_text, attempts.status,
               (SELECT list(keyword ORDER BY position) FROM violations v
                WHERE v.call_id = attempts.call_id AND v.attempt = attempts.attempt),
               attempts.request_body, attempts.response_body,
               calls.request_body, calls.response_body
        FROM attempts JOIN calls USING (call_id)
        WHERE call_id IN ({", ".join(ids)}) ORDER BY calls.started_at, attempt
        """
    )
    found: dict[str, list[Tried]] = {}
    kept = bodies_of(served, [each for row in rows for each in row[-4:]])
    for call_id, number, reason, spoken, verdict, text, status, keywords, *bodies in rows:
        sent, came, asked, given = (kept[each] for each in bodies)
        found.setdefault(call_id, []).append(
            Tried(
                call_id,
                number,
                reason,
                spoken,
                verdict,
                text,
                status,
                keywords=tuple(keywords or ()),
                as_asked=sent is None,
                sent=parse(sent or asked or b""),
                came=came or b"",
                asked=parse(asked or b""),
                given=given or b"",
            )
        )
    return list(found.values())


def bodies_of(served: Served, body_ids: Sequence[Any]) -> dict[Any, bytes | None]:
    """The bytes of bodies in the history, by id; of None: None. They are asked for together.

    To open a history for each of some hundred bodies takes longer than the calls took.
    """
    from driftgate.proxy.history.slices import (  # noqa: PLC0415 - DuckDB only where it is asked
        join,
    )

    wanted = ", ".join(f"'{each}'" for each in {*body_ids} - {None}) or "NULL"
    ids = dict(served.ask(f"SELECT body_id, slices FROM bodies WHERE body_id IN ({wanted})"))
    numbers = ", ".join(str(each) for each in {each for some in ids.values() for each in some})
    rows = served.ask(
        f"SELECT slice_id, codec, size, data FROM slices WHERE slice_id IN ({numbers or 'NULL'})"
    )
    parts = {slice_id: (codec, size, data) for slice_id, codec, size, data in rows}
    joined = {body_id: join([parts[each] for each in some]) for body_id, some in ids.items()}
    return {None: None, **{each: joined[each] for each in body_ids if each is not None}}
