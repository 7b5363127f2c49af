"""What a selection says of its calls, out of the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftgate.replay.select.sample import NO_CONTRACT
from driftgate.replay.select.selected import Selected
from driftgate.replay.select.strata import NO_TOOL, depth_class, length_class

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

PROMPT_LIMIT = 200  # characters
_SQL = f"""
    SELECT call_id::VARCHAR, left(input_text, {PROMPT_LIMIT}), upstream, model, input_tokens, output_tokens,
        total_ms, contract, dialect, len(tool_names) > 0, names, request_items, request_bytes
    FROM all_calls LEFT JOIN (
        SELECT call_id, list(DISTINCT name ORDER BY name) AS names FROM all_tool_calls
        WHERE call_id IN (SELECT unnest($1::VARCHAR[])::UUID) GROUP BY call_id
    ) USING (call_id)
    WHERE call_id IN (SELECT unnest($1::VARCHAR[])::UUID)
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Details:
    """Of one call; the fields of `Selected` with these names."""

    prompt: str
    upstream: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_ms: float | None
    slices: Mapping[str, tuple[str, ...]]


def details(reader: "Reader", call_ids: Sequence[str]) -> dict[str, Details]:
    """By id; calls that the history does not hold are left out."""
    return {row[0]: _details(row) for row in reader.ask(_SQL, [list(call_ids)]).rows}


def selected(
    call_id: str,
    session: str,
    known: Details,
    *,
    duplicates: int = 1,
    slices: Mapping[str, tuple[str, ...]] | None = None,
) -> Selected:
    """The call as a selection holds it. slices: as they were when it was chosen; None: as now."""
    return Selected(
        call_id,
        session,
        known.slices if slices is None else slices,
        duplicates,
        known.prompt,
        known.upstream,
        known.model,
        known.input_tokens,
        known.output_tokens,
        known.total_ms,
    )


def _details(row: Sequence[Any]) -> Details:
    _, prompt, upstream, model, read, written, total_ms, *rest = row
    contract, dialect, offered, called, items, request_bytes = rest
    slices = {
        "contract": (contract or NO_CONTRACT,),
        "dialect": (dialect,) if dialect else (),
        "model": (model,) if model else (),
        "tool": tuple(called) if called else (NO_TOOL,) if offered else (),
        "depth": (depth_class(items),),
        "length": (length_class(read, request_bytes),),
    }
    held = {kind: values for kind, values in slices.items() if values}
    return Details(prompt or "", upstream, model, read, written, total_ms, held)
