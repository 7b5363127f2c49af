"""What `driftgate top` shows, for programs. Pure."""

from dataclasses import asdict
from typing import Any

from driftgate.commands.top_figures import Ended, Figures, Spread
from driftgate.commands.top_view import View
from driftgate.proxy.units import iso

_JOURNAL = ("backlog_bytes", "lag_s", "ingested_total", "waiting_for", "error", "quarantined")


def as_object(shown: View) -> dict[str, Any]:
    """The view as `--json` gives it."""
    historian = shown.found.historian
    return {
        "at": iso(shown.at),
        "window_s": shown.span_s,
        "running": shown.found.any,
        "workers": len(shown.found.workers),
        "calls_open": shown.found.total("calls_open"),
        "calls_per_min_now": shown.per_minute_now,
        "unrecorded": shown.found.total("unrecorded"),
        "alarms": list(shown.alarms),
        "total": _as_object(shown.whole),
        "models": [
            {"model": each.model, "upstream": each.upstream, **_as_object(each.figures)}
            for each in shown.groups
        ],
        "upstreams": [{"name": each.name, **asdict(each.known)} for each in shown.upstreams],
        "journal": None if historian is None else {key: historian.get(key) for key in _JOURNAL},
        "history": {
            "path": str(shown.history.absolute()),
            "bytes": shown.history_bytes,
            "problem": shown.problem,
        },
        "calls": [_call(call) for call in shown.last],
    }


def _as_object(known: Figures) -> dict[str, Any]:
    return {
        "calls": known.calls,
        "calls_per_min": round(known.per_minute, 3),
        "failed": known.failed,
        "error_rate": known.error_rate,
        "first_token_ms": _spread(known.first_token),
        "total_ms": _spread(known.total),
        "tokens_per_second": known.tokens_per_second,
        "input_tokens_per_s": round(known.input_per_s, 3),
        "output_tokens_per_s": round(known.output_per_s, 3),
        "verdicts": dict(known.verdicts),
    }


def _spread(known: Spread) -> dict[str, float | None]:
    return {
        name: value if value is None else round(value, 3) for name, value in asdict(known).items()
    }


def _call(call: Ended) -> dict[str, Any]:
    return {**asdict(call), "call_id": call.call_id, "ended_at": iso(call.ended_at)}
