"""What programs read of `driftgate top`."""

import json

from driftgate.commands.top_json import as_object
from driftgate.commands.top_view import view
from driftgate.commands.values import as_json
from driftgate.proxy.running import Running
from tests.driftgate.commands.top_samples import HOSTILE, call, sample


def test_the_json_has_all_that_is_shown() -> None:
    calls = [call(), call(model=HOSTILE, status=500, verdict="fail", error="boom")]
    told = json.loads(as_json(as_object(view(sample(*calls)))))
    assert (told["at"], told["window_s"], told["running"]) == (
        "2026-11-24T12:00:00.000000Z",
        300,
        True,
    )
    assert (told["calls_open"], told["calls_per_min_now"], told["alarms"]) == (2, 9, [])
    assert told["total"]["calls_per_min"] == 0.4
    assert told["total"]["error_rate"] == 0.5
    assert told["total"]["verdicts"] == {"pass": 1, "fail": 1}
    assert told["total"]["first_token_ms"] == {"median": 200, "p95": 200}
    assert [each["model"] for each in told["models"]] == [HOSTILE, "gemma4"]
    assert told["upstreams"][0]["name"] == "local"
    assert told["upstreams"][0]["errors"] == 1
    assert told["journal"]["lag_s"] == 0.4
    assert told["history"]["bytes"] == 1_500_000
    assert [each["problem"] for each in told["calls"]] == [None, "boom"]
    assert told["calls"][0]["ended_at"] == "2026-11-24T11:59:59.000000Z"


def test_where_nothing_runs_the_json_is_whole_too() -> None:
    told = as_object(view(sample(found=Running(), history_bytes=None)))
    assert (told["running"], told["journal"], told["models"], told["upstreams"]) == (
        False,
        None,
        [],
        [],
    )
