"""Under which configuration calls ran: the backend's, driftgate's own, the schema's."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.calling import chat, driftgate, post
from tests.support.backends import Backend, Served, Start, start_sim

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]


def _load_model(sim: Backend, name: str) -> None:
    request = urllib.request.Request(f"{sim.url}/sim/model", name.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_a_change_of_the_backend_is_an_event_and_calls_link_what_they_met(
    proc: Start, serve: Serve
) -> None:
    sim = start_sim(proc)
    served = serve(sim.url, env={"DRIFTGATE_FINGERPRINT_INTERVAL_S": "0.2"})
    url = f"{served.url}/v1/chat/completions"
    seen = "SELECT fingerprint_id FROM observations WHERE model IS NULL ORDER BY seen_at"
    served.ask_until(seen, 1)
    post(url, chat("echo: before"))
    _load_model(sim, "gemma4-sim:v2")
    served.ask_until(seen, 2)
    post(url, chat("echo: after"))
    changed = (
        "SELECT upstream, detail FROM events WHERE kind = 'fingerprint_changed' AND model IS NULL"
    )
    [(upstream, detail), *_] = served.ask_until(changed, 1)
    assert upstream == "default"
    assert "v2" in detail
    rows = served.ask(
        "SELECT input_text, facts FROM calls LEFT JOIN fingerprints USING (fingerprint_id) "
        "WHERE dialect = 'chat' ORDER BY started_at"
    )
    told = {text: json.loads(facts) for text, facts in rows}
    assert told["echo: before"] != told["echo: after"]
    assert "v1" in json.dumps(told["echo: before"]["model"])
    status = json.loads(driftgate(served, "status", "--json"))
    [(now,)] = served.ask(f"SELECT max_by(fingerprint_id, seen_at)::VARCHAR FROM ({_all(seen)})")
    assert status["historian"]["fingerprints"]["default"][""]["id"] == now
    page = driftgate(served, "status").decode()
    assert now in page


def _all(sql: str) -> str:
    return sql.replace("SELECT fingerprint_id", "SELECT fingerprint_id, seen_at")


def test_driftgates_own_configuration_is_kept_and_linked(
    proc: Start, serve: Serve, sim: Backend, tmp_path: Path
) -> None:
    history = tmp_path / "h.duckdb"
    for limit in ("5", "6"):
        served = serve(sim.url, history=history, env={"DRIFTGATE_RECORD__BODY_LIMIT_MB": limit})
        post(f"{served.url}/v1/chat/completions", chat(f"echo: {limit}"))
        assert served.process.stop() == 0
    rows = served.ask(
        "SELECT input_text, settings FROM calls JOIN configs USING (config_id) "
        "WHERE dialect = 'chat' ORDER BY started_at"
    )
    limits = [(text, json.loads(told)["record"]["body_limit_mb"]) for text, told in rows]
    assert limits == [("echo: 5", 5), ("echo: 6", 6)]
    kinds = [kind for (kind,) in served.ask("SELECT kind FROM events ORDER BY happened_at")]
    assert kinds.count("started") == 2
    assert kinds.count("config") + kinds.count("config_changed") >= 1


def test_the_schema_says_which_steps_made_it(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    steps = served.ask("SELECT * FROM schema_migrations ORDER BY 1")
    assert [row[0] for row in steps] == sorted(row[0] for row in steps)
    assert len(steps) >= 4
