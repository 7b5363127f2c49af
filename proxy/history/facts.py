"""What calls ran under: fingerprints of backends, driftgate's own configuration, and events."""

import json
import time
from typing import Any
from uuid import UUID

import duckdb

from driftgate.proxy.history import contract_sets
from driftgate.proxy.history.bodies import Tables
from driftgate.proxy.history.contract_sets import CONTRACTS
from driftgate.proxy.history.fingerprints import Seen, Timeline, changed
from driftgate.proxy.history.prepare import Prepared, WriterState
from driftgate.proxy.history.slices import digest
from driftgate.proxy.history.table import Row, encode, insert, keep_once
from driftgate.proxy.journal.reader import JournalEvent

CONFIG = "config"
DETAIL_LIMIT = 64 << 10  # characters of an event's detail


class Facts:
    """What the file knows of fingerprints and configurations.

    shown: (upstream, model, whether it was another one before) of each that was written, until
        whoever commits takes them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.shown: list[tuple[str, str | None, bool]] = []
        self._timeline = Timeline()
        self._configs: dict[str, list[tuple[int, str]]] = {}  # by writer
        for micros, upstream, model, fingerprint in connection.execute(
            "SELECT epoch_us(seen_at), upstream, model, replace(fingerprint_id::VARCHAR, '-', '') "
            "FROM observations ORDER BY seen_at"
        ).fetchall():
            self._timeline.add(micros * 1000, upstream, model, fingerprint)
        for writer, config in connection.execute(
            "SELECT writer, replace(config_id::VARCHAR, '-', '') FROM journal_positions "
            "WHERE config_id IS NOT NULL"
        ).fetchall():
            self._configs[writer] = [(0, config)]

    def fingerprint_at(self, upstream: str, model: str | None, at_ns: int) -> str | None:
        """The fingerprint a call ran under."""
        return self._timeline.at(upstream, model, at_ns)

    def current(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The last fingerprint by upstream and model ("": the upstream as a whole)."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for upstream, model, since_ns, fingerprint in self._timeline.current():
            entry = {"id": str(UUID(fingerprint)), "changed_at": since_ns / 1e9}
            found.setdefault(upstream, {})[model or ""] = entry
        return found

    def config_at(self, writer: str, at_ns: int) -> str | None:
        """The configuration of that writer: the latest before, else the first known."""
        known = self._configs.get(writer)
        if not known:
            return None
        before = [config for since, config in known if since <= at_ns]
        return before[-1] if before else known[0][1]

    def last_config(self, writer: str) -> str | None:
        """The configuration in force now."""
        known = self._configs.get(writer)
        return known[-1][1] if known else None

    def write(
        self, connection: duckdb.DuckDBPyConnection, tables: Tables, prepared: Prepared
    ) -> None:
        """Writes fingerprints, configurations and events, inside the caller's transaction."""
        events: list[Row] = []
        for seen in prepared.seen:
            events += self._fingerprint(connection, tables, seen)
        for state in prepared.writers:
            events += self._events(connection, tables, state)
        for gone in prepared.gone:
            self._configs.pop(gone, None)
        insert(connection, "events", tables["events"], events)

    def _fingerprint(
        self, connection: duckdb.DuckDBPyConnection, tables: Tables, seen: Seen
    ) -> list[Row]:
        new = seen.fingerprint_id.replace("-", "")
        old = self._timeline.last(seen.upstream, seen.model)
        if new == old:
            return []
        place = {"upstream": seen.upstream, "model": seen.model}
        place = {name: value for name, value in place.items() if value is not None}
        keep_once(
            connection,
            tables,
            "fingerprints",
            {"fingerprint_id": new, "facts": canonical(seen.facts), "first_at": seen.at_ns // 1000},
        )
        row = {**place, "seen_at": seen.at_ns // 1000, "fingerprint_id": new}
        insert(connection, "observations", tables["observations"], [row])
        self._timeline.add(seen.at_ns, seen.upstream, seen.model, new)
        self.shown.append((seen.upstream, seen.model, old is not None))
        if old is None:
            _backfill(connection, seen, new)
            kind = "fingerprint_seen"
            detail: Row = {"fingerprint_id": new}
        else:
            was = connection.execute(
                "SELECT facts FROM fingerprints WHERE fingerprint_id = ?::UUID", [old]
            ).fetchone()
            difference = changed(_object(was[0]) if was else {}, seen.facts)
            kind = "fingerprint_changed"
            detail = {"from": old, "to": new, "changed": difference}
        return [
            {**place, "happened_at": seen.at_ns // 1000, "kind": kind, "detail": encode(detail)}
        ]

    def _events(
        self, connection: duckdb.DuckDBPyConnection, tables: Tables, state: WriterState
    ) -> list[Row]:
        rows = []
        for event in state.events:
            if event.kind == CONFIG:
                rows.append(self._config(connection, tables, state.writer, event))
            elif event.kind == CONTRACTS:
                kept = contract_sets.keep(connection, tables, event)
                rows.append(_event_row(state.writer, kept))
            else:
                rows.append(_event_row(state.writer, event))
        for path in state.quarantined:
            detail = encode({"path": path})
            rows.append(
                _event_row(state.writer, JournalEvent(time.time_ns(), "quarantined", detail))
            )
        return rows

    def _config(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Tables,
        writer: str,
        event: JournalEvent,
    ) -> Row:
        settings = canonical(_object(event.detail))
        config = digest(settings.encode()).hex()
        keep_once(
            connection,
            tables,
            "configs",
            {"config_id": config, "settings": settings, "first_at": event.at_ns // 1000},
        )
        known = self._configs.setdefault(writer, [])
        known.append((event.at_ns, config))
        known.sort()
        return _event_row(writer, JournalEvent(event.at_ns, CONFIG, encode({"config_id": config})))


def canonical(value: dict[str, Any]) -> str:
    """JSON text with its keys in order: equal values, equal text."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def _backfill(connection: duckdb.DuckDBPyConnection, seen: Seen, fingerprint: str) -> None:
    """Calls that came before the first probe had ended belong to what it showed.

    Not those of runs, which ask their servers themselves.
    """
    connection.execute(
        "UPDATE all_calls SET fingerprint_id = ?::UUID WHERE fingerprint_id IS NULL "
        "AND run_id IS NULL AND arm IS DISTINCT FROM 'imported' AND upstream = ? AND (model = ? OR ?::VARCHAR IS NULL)",
        [fingerprint, seen.upstream, seen.model, seen.model],
    )


def _event_row(writer: str, event: JournalEvent) -> Row:
    detail = event.detail[:DETAIL_LIMIT] or "{}"
    told = _object(detail)
    row: Row = {
        "happened_at": event.at_ns // 1000,
        "kind": event.kind,
        "writer": writer,
        "detail": detail if told else encode({"text": detail}) if detail != "{}" else detail,
    }
    for name in ("upstream", "model"):
        if isinstance(told.get(name), str):
            row[name] = told[name]
    return row


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
