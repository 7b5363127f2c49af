"""`driftgate status`: what runs, and how it is."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from driftgate.commands import options
from driftgate.commands.alarms import alarms
from driftgate.commands.status_dashboard import dashboard, dashboard_rows
from driftgate.commands.status_host import host_rows
from driftgate.commands.values import as_json as to_json
from driftgate.commands.values import counted
from driftgate.commands.when import ago
from driftgate.proxy.errors import DriftgateError, Exit
from driftgate.proxy.harmless import one_line
from driftgate.proxy.reached import Reached, reached
from driftgate.proxy.running import Running, running
from driftgate.proxy.units import seconds, size, span

EXAMPLES = ("driftgate status", "driftgate status --json | jq .unrecorded")


def command(
    as_json: options.AsJson = False,
    limit: options.Limit = 20,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What runs: upstreams, rates, journal, holder of the history, fingerprints.

    Exit code 0 when the proxy runs, 4 when nothing does.
    """
    found = running(history)
    found.dashboard = dashboard(found, history)
    kept = _kept(history)
    if as_json:
        sys.stdout.write(to_json(report(found, kept, history), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in page(found, kept, history, limit))
    if not found.any:
        raise typer.Exit(Exit.COULD_NOT_CHECK)


def _kept(history: Path) -> dict[str, Any]:
    """What the history holds, as far as it can be read right now."""
    if not history.exists():
        return {"bytes": None, "calls": None, "failed": None, "problem": "there is none yet"}
    kept: dict[str, Any] = dict.fromkeys(("calls", "failed", "problem"))
    kept["bytes"] = history.stat().st_size
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    try:
        with open_history(history, wait_s=3.0, drain=False) as reader:
            counts = "SELECT count(*), count(*) FILTER (verdict = 'fail') FROM calls"
            kept["calls"], kept["failed"] = reader.ask(counts).rows[0]
    except DriftgateError as error:
        kept["problem"] = str(error)
    return kept


def report(found: Running, kept: dict[str, Any], history: Path) -> dict[str, Any]:
    """The status as JSON."""
    return {
        "running": found.any,
        "history": {"path": str(history.absolute()), **kept},
        "calls_open": found.total("calls_open"),
        "calls_per_min": found.calls_per_minute(),
        "unrecorded": found.total("unrecorded"),
        "historian": found.historian,
        "host": found.host,
        "dashboard": found.dashboard,
        "workers": found.workers,
    }


def page(found: Running, kept: dict[str, Any], history: Path, limit: int) -> list[str]:
    """The status as lines for people."""
    lines = [f"!! {alarm}" for alarm in alarms(found)]
    if found.any:
        lines += [*_proxy(found), *_upstreams(found, limit)]
        lines += [_row(*each) for each in (*host_rows(found), *dashboard_rows(found))]
        lines += _historian(found.historian, limit)
    else:
        lines.append("nothing runs on this history: start `driftgate serve`")
    return [*lines, *_history(kept, history)]


def _row(name: str, *parts: str) -> str:
    return f"{name:<12} {', '.join(one_line(part) for part in parts if part)}"


def _proxy(found: Running) -> Iterator[str]:
    if not found.workers:
        yield _row("proxy", "no worker answers")
        return
    listens = sorted({str(worker.get("listen")) for worker in found.workers.values()})
    pids = ", ".join(str(worker.get("pid")) for worker in found.workers.values())
    number = len(found.workers)
    yield _row("proxy", *listens, f"{number} worker{'' if number == 1 else 's'} (PID {pids})")
    yield _row(
        "calls",
        f"{found.total('calls_open')} open",
        f"{found.calls_per_minute():.1f} a minute",
        f"{found.total('calls_total')} since start",
    )
    yield from _contracts(found)
    yield from _shadow(found)


def _shadow(found: Running) -> Iterator[str]:
    """Copies to a candidate, over all workers."""
    told = [worker["shadow"] for worker in found.workers.values() if worker.get("shadow")]
    if not told:
        return
    sent, failed, dropped = (
        sum(each.get(name) or 0 for each in told) for name in ("sent", "failed", "dropped")
    )
    errors = [str(each["last_error"]) for each in told if each.get("last_error")]
    yield _row(
        "shadow",
        str(told[0].get("url")),
        f"{sent} copies sent, {failed} failed, {dropped} dropped",
        f"LAST FAILURE: {errors[-1]}" if errors else "",
    )


def _contracts(found: Running) -> Iterator[str]:
    """One line for each set in force: workers may differ for a second."""
    told = [_in_force(worker) for worker in found.workers.values() if "contracts" in worker]
    for line in dict.fromkeys(told):
        yield _row("contracts", line)


def _in_force(worker: dict[str, Any]) -> str:
    """Those that enforce by name; of the others the number. An older worker tells no modes."""
    names, enforcing = worker.get("contracts") or [], worker.get("contracts_enforcing")
    if enforcing is None or not names:
        return f"{len(names) or 'none'} in force" + (f": {', '.join(names)}" if names else "")
    told = [f"{each} (enforce)" for each in enforcing]
    others = len(names) - len(told)
    if told and others:
        told.append(f"{others} {'other' if others == 1 else 'others'}")
    return f"{len(names)} in force: {', '.join(told) or 'all observe'}"


def _upstreams(found: Running, limit: int) -> Iterator[str]:
    for name, known in list(reached(found).items())[: limit or None]:
        counts = f"{counted(known.calls, 'call')}, {counted(known.errors, 'error')}"
        yield _row(f"upstream {name}", known.url, _state(known), counts)


def _state(known: Reached) -> str:
    if known.failing and known.last_error_at is not None:
        return f"LAST CALL FAILED {ago(known.last_error_at)}: {known.last_error}"
    if known.last_ok_at is None:
        return "no call yet"
    return f"reachable, last answer {ago(known.last_ok_at)}"


def _historian(facts: dict[str, Any] | None, limit: int) -> Iterator[str]:
    if facts is None:
        yield _row("historian", "does not answer: calls stay in the journal until it is back")
        return
    lag = facts.get("lag_s")
    yield _row(
        "journal",
        f"{size(facts.get('backlog_bytes'))} to read",
        "" if lag is None else f"{span(lag * 1000)} behind",
        f"{facts.get('ingested_total')} calls read",
    )
    holder = facts.get("waiting_for")
    if holder:
        yield _row("waiting", f"the history file is held: {holder}")
    if facts.get("error") and not (holder and holder in facts["error"]):  # else told already
        yield _row("error", str(facts["error"]))
    for path in (facts.get("quarantined") or [])[: limit or None]:
        yield _row("quarantined", f"{path}: a damaged part of the journal, kept for you to look at")
    for upstream, models in (facts.get("fingerprints") or {}).items():
        for model, mark in list(models.items())[: limit or None]:
            changed = seconds(mark.get("changed_at"))
            since = "" if changed is None else f"since {ago(changed)}"
            yield _row("fingerprint", f"{upstream} {model}".strip(), str(mark.get("id")), since)


def _history(kept: dict[str, Any], history: Path) -> Iterator[str]:
    number = "" if kept["calls"] is None else counted(kept["calls"], "call")
    failed = f"{kept['failed']} with a failed verdict" if kept["failed"] else ""
    yield _row("history", str(history.absolute()), size(kept["bytes"]), number, failed)
    if kept["problem"]:
        yield _row("", f"not read: {kept['problem']}")
