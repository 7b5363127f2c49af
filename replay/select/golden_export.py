"""A golden set out of the history, into a file."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import ValidationError

from driftgate.proxy.call import text_id
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Recorded
from driftgate.replay.select import keep
from driftgate.replay.select.golden_file import (
    Answered,
    Asked,
    Body,
    CallLine,
    Found,
    Head,
    Verdict,
    content_hash,
    written,
    written_body,
    written_time,
)
from driftgate.replay.select.keep import Kept
from driftgate.replay.select.selected import Selected, Selection

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 32  # calls read at once; ingest waits while the history is open, not while they are written


def export(history: Path, name: str, output: Path) -> Kept:
    """Writes the golden set to a file, which is whole or absent; what the history says of the set.

    Raises:
        NotFoundError: there is no such set.
        UsageError: the file cannot be written, or a call cannot be carried.
        HistoryError: the history cannot be read.
    """
    with open_history(history) as reader:
        known = keep.existing(reader, name)
        selection = keep.read(reader, known.selection_id)
        fingerprints = _fingerprints(reader, [call.call_id for call in selection.calls])
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            _write(history, selection, known, fingerprints, file)
        part.replace(output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # what went wrong is told already
            part.unlink(missing_ok=True)
    return known


def _write(
    history: Path,
    selection: Selection,
    known: Kept,
    fingerprints: dict[str, Any],
    file: IO[bytes],
) -> None:
    """The calls first; the head, whose hash is as long whatever it is, in the place kept for it."""
    file.write(written(head(selection, known, fingerprints, "0" * 64)))
    found = content_hash(fingerprints)
    for start in range(0, len(selection.calls), BATCH):
        with open_history(history, drain=False) as reader:
            lines = call_lines(reader, selection.calls[start : start + BATCH])
        for line in lines:
            found.update(line)
            file.write(line)
    file.seek(0)
    file.write(written(head(selection, known, fingerprints, found.hexdigest())))


def head(selection: Selection, known: Kept, fingerprints: dict[str, Any], digest: str) -> Head:
    """The first line. digest: SHA-256 of the others."""
    return Head(
        format="driftgate-golden-set",
        version=1,
        name=known.name or "",
        selection_id=known.selection_id,
        made_at=written_time(known.made_at),
        described=selection.described,
        seed=selection.seed,
        found=selection.found,
        collapsed=selection.collapsed,
        calls=len(selection.calls),
        fingerprints=fingerprints,
        sha256=digest,
    )


def call_lines(reader: "Reader", calls: Sequence[Selected]) -> list[bytes]:
    """The lines of these calls, in their order.

    Raises:
        UsageError: a call is none that can be carried.
    """
    ids = [call.call_id for call in calls]
    verdicts = _verdicts(reader, ids)
    answered_by = _answered_by(reader, ids)
    recorded = reader.recorded_many(ids)
    return [
        _line(call, each, verdicts[call.call_id], answered_by.get(call.call_id))
        for call, each in zip(calls, recorded, strict=True)
    ]


def _line(
    call: Selected, recorded: Recorded, verdict: dict[str, Any], fingerprint: str | None
) -> bytes:
    if recorded.frames:
        raise UsageError(f"call {call.call_id} came over a websocket; a golden set cannot carry it")
    try:
        line = CallLine(
            call_id=text_id(recorded.call_id),
            session=call.session,
            duplicates=call.duplicates,
            slices={kind: list(call.slices[kind]) for kind in sorted(call.slices)},
            started_at=written_time(_EPOCH + timedelta(microseconds=recorded.started_ns // 1000)),
            fingerprint_id=fingerprint,
            outcome=recorded.outcome,
            error=recorded.error or None,
            request=_asked(recorded),
            response=_answered(recorded),
            judged=Verdict(**verdict),
        )
    except ValidationError as error:
        what = error.errors()[0]
        place = ".".join(map(str, what["loc"]))
        raise UsageError(f"call {call.call_id} cannot be carried: {place}: {what['msg']}") from None
    return written(line)


def _asked(recorded: Recorded) -> Asked:
    return Asked(
        method=recorded.method,
        target=recorded.target,
        upstream=recorded.upstream,
        headers=recorded.request_headers,
        size=recorded.request_size,
        body=Body(**written_body(recorded.request_body)),
    )


def _answered(recorded: Recorded) -> Answered:
    chunks = recorded.chunks
    return Answered(
        status=recorded.status,
        headers=recorded.response_headers,
        trailers=recorded.trailers,
        first_byte_ns=recorded.first_byte_ns,
        ended_ns=recorded.ended_ns,
        overhead_ns=recorded.overhead_ns,
        size=recorded.response_size,
        chunks=[(chunk.offset_ns // 1000, len(chunk.data)) for chunk in chunks],
        body=Body(**written_body(b"".join([chunk.data for chunk in chunks]))),
    )


def _answered_by(reader: "Reader", ids: Sequence[str]) -> dict[str, str]:
    """The fingerprint of the backend, by call; only those that the history holds."""
    sql = (
        "SELECT call_id::VARCHAR, fingerprint_id::VARCHAR FROM all_calls JOIN fingerprints "
        "USING (fingerprint_id) WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID)"
    )
    return dict(reader.ask(sql, [list(ids)]).rows)


def _fingerprints(reader: "Reader", ids: Sequence[str]) -> dict[str, Any]:
    """What these were, by id, in its order."""
    sql = (
        "SELECT fingerprint_id::VARCHAR, facts FROM fingerprints WHERE fingerprint_id IN "
        "(SELECT unnest(?::VARCHAR[])::UUID) ORDER BY fingerprint_id"
    )
    wanted = sorted(set(_answered_by(reader, ids).values()))
    return {each: json.loads(facts) for each, facts in reader.ask(sql, [wanted]).rows}


def _verdicts(reader: "Reader", ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By call, as `Verdict` takes them; the violations are those of the answer that the client got."""
    among = "call_id IN (SELECT unnest(?::VARCHAR[])::UUID)"
    rows = reader.ask(
        "SELECT call_id::VARCHAR, contract, contract_id::VARCHAR, verdict, repairs, judged_us "  # noqa: S608 - our own words
        f"FROM all_calls WHERE {among}",
        [list(ids)],
    ).rows
    found: dict[str, list[Found]] = {}
    violations = reader.ask(
        "SELECT call_id::VARCHAR, v.source, v.keyword, v.path, v.reason, v.severity FROM all_violations AS v "  # noqa: S608 - likewise
        f"JOIN all_calls USING (call_id) WHERE {among} AND v.attempt = attempts ORDER BY v.position",
        [list(ids)],
    ).rows
    for call_id, source, keyword, path, reason, severity in violations:
        found.setdefault(call_id, []).append(
            Found(source=source, keyword=keyword, path=path, reason=reason, severity=severity)
        )
    return {
        call_id: {
            "contract": contract,
            "contract_id": contract_id,
            "verdict": verdict,
            "violations": found.get(call_id, []),
            "repairs": repairs or [],
            "judged_us": judged_us,
        }
        for call_id, contract, contract_id, verdict, repairs, judged_us in rows
    }
