"""`driftgate watch`: options, exit codes, and the line of each round."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.commands.watch_run import Asked
from driftgate.proxy.errors import UsageError
from driftgate.proxy.journal.frame import NO_CALL, Kind
from driftgate.replay.candidate.toml_file import read
from driftgate.replay.decide.decision import Decision, GateVerdict, Health
from driftgate.replay.rounds import Round
from driftgate.replay.run.interrupt import Terminated
from driftgate.replay.run.kept import Run
from driftgate.replay.run.rows import run_row
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.select.keep import selection_id
from driftgate.replay.sitting import RunInterruptedError
from driftgate.replay.watching import Watching
from tests.replay.run.made import Made
from tests.replay.watches import watched_of

HEALTH = Health(3, 6, {"baseline": 6, "candidate": 6}, 1.0, {}, 0.9, 0.9, [], [])
AT = datetime(2026, 11, 28, tzinfo=UTC)
RUN = Run("0190a0a0", AT, "watch", name="g", cases=3, baseline_fingerprint={"digest": "1"})


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """A history with the golden set `g`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.toml").write_text('upstream = "http://127.0.0.1:9"\nconcurrency = 7\nk = 3\n')
    history = Made(tmp_path)
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(history.path))
    watched_of(history, None, 2)
    yield history
    history.journal.close()


def watching(made: Made, **more: Any) -> Any:
    options = {"candidate": Path("c.toml"), "golden": "g", **more}
    return Asked(history=made.path, contracts=Path("contracts"), **options).watching()


def holding(monkeypatch: pytest.MonkeyPatch, found: Decision | BaseException | None) -> None:
    """A round comes out so."""

    def once(self: Watching) -> Round:
        if isinstance(found, BaseException):
            raise found
        held = Round(RUN, found)
        self._telling.told(held, "it was asked for")
        return held

    monkeypatch.setattr(Watching, "once", once)


@pytest.mark.parametrize(
    ("verdict", "code"), [("pass", 0), ("drift", 1), ("inconclusive", 3), ("could_not_check", 4)]
)
def test_the_verdict_of_a_single_round_is_the_exit_code(
    made: Made,
    verdict: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holding(monkeypatch, Decision(GateVerdict(verdict), "As it is.", HEALTH))
    assert cli.main(["watch", "g", "--candidate", "c.toml", "--once", "--json"]) == code
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    told = json.loads(line)
    assert {name: told[name] for name in ("set", "run", "verdict", "sentence", "why")} == {
        "set": "g",
        "run": "0190a0a0",
        "verdict": verdict,
        "sentence": "As it is.",
        "why": "it was asked for",
    }


def test_making_the_reference_is_good_and_a_line(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holding(monkeypatch, None)
    assert cli.main(["watch", "g", "--candidate", "c.toml", "--once"]) == 0
    line = capsys.readouterr().out
    assert "  reference  3 calls asked 2 times; later rounds are held against this one." in line
    assert line.endswith("(run 0190a0a0; it was asked for)\n")


def test_a_server_that_is_down_is_one_line_and_4(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holding(monkeypatch, CouldNotCheckError("nothing was checked: it is down"))
    assert cli.main(["watch", "g", "--candidate", "c.toml", "--once"]) == 4
    assert capsys.readouterr().err == "driftgate: nothing was checked: it is down\n"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (KeyboardInterrupt(), 130),
        (Terminated(), 0),
        (RunInterruptedError("0190", 3), 130),
        (RunInterruptedError("0190", 3, terminated=True), 0),
    ],
)
def test_a_signal_ends_a_watch_in_good_order(
    made: Made,
    end: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ended(_watching: Watching) -> None:
        raise end

    monkeypatch.setattr(Watching, "run", ended)
    assert cli.main(["watch", "g", "--candidate", "c.toml"]) == code
    said = capsys.readouterr().err
    assert said.startswith("driftgate: watching g; Ctrl-C ends it\n")
    assert ("run 0190 was stopped" in said) is isinstance(end, RunInterruptedError)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--every", "daily"], "--every daily: write how long"),
        (["--check-every", "0s"], "--check-every 0s: write how long"),
        (["--webhook-on", "all"], "--webhook-on all: give drift or verdict"),
        (["--webhook", "example.org"], "--webhook: give an address"),
        (["--webhook-on", "verdict"], "--webhook-on is for a webhook"),
        (["--webhook-token-env", "X"], "--webhook-token-env is for a webhook"),
        (["--candidate", "none.toml"], "none.toml"),
        (["--policy", "none.toml"], "none.toml"),
        (["--history", "none.duckdb"], "no history at none.duckdb"),
    ],
)
def test_bad_input_is_one_line_and_2(
    made: Made, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["watch", "g", "--once", *words]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1


def test_an_unknown_set_is_one_line_and_2(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", "none", "--candidate", "c.toml"]) == 2
    assert "no golden set 'none': there is g" in capsys.readouterr().err


def test_options_reach_the_watch_as_they_were_given(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("p.toml").write_text("[margins]\nlatency_p95 = 0.1\n")
    given = watching(
        made,
        policy=Path("p.toml"),
        budget_tokens=5,
        budget_minutes=1.5,
        every=timedelta(hours=1),
        webhook="http://h/x",
        webhook_always=True,
    )
    assert "latency_p95: does not gate in a watch" in capsys.readouterr().err
    watched = given._watched
    assert (watched.k, watched.concurrency, len(watched.selection.calls)) == (3, 7, 2)
    assert (watched.tokens, watched.minutes) == (5, 1.5)
    assert "latency_p95" not in watched.policy.margins
    assert given._rhythm.every == timedelta(hours=1)
    assert given._telling.always
    gates = [watched.gate(None), watched.gate(RUN)]
    assert [gate.kind for gate in gates] == ["reference", "watch"]
    assert gates[0].budget is not gates[1].budget


def test_later_rounds_ask_as_often_as_the_reference_did(made: Made) -> None:
    selection = watching(made)._watched.selection
    run = Run(
        "0190a0a0-0000-7000-8000-000000000001",
        AT,
        "reference",
        name="g",
        selection_id=selection_id(selection),
        k=4,
        candidate_hash=read(Path("c.toml")).hash(),
    )
    made.journal.rows("runs", [run_row(run)])
    event(made, "no JSON")
    assert watching(made)._watched.k == 3
    event(made, json.dumps({"run": run.run_id}))
    assert watching(made)._watched.k == 4
    assert watching(made, k=2, accept=True)._watched.k == 2
    with pytest.raises(UsageError, match="-k 2: the reference has 4 answers"):
        watching(made, k=2)


def event(made: Made, detail: str) -> None:
    made.journal.add(Kind.EVENT, NO_CALL, 1, f"watch_reference\n{detail}".encode())
    made.journal.commit(NO_CALL)
    made.drain()
