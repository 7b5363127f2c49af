"""The gate over whole agent turns that options mean."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.commands import gate_run
from driftgate.commands.gate_asked import Asked
from driftgate.commands.gate_trajectories import Wanted
from driftgate.commands.gate_trajectories_run import AT_ONCE, THREADS, gate
from driftgate.commands.replay_selecting import Selecting
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.run.kept import Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.rows import run_row
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.trajectory.rows import SETUPS, TABLE, Setup, row, setup_row
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made
from tests.replay.trajectory.made import trajectory, turn
from tests.replay.trajectory.recorded import Talk
from tests.replay.trajectory.test_rows import ran

SCRIPT = "#!/bin/sh\necho codex-cli 0.169.0\n"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("driftgate.replay.run.historian.Historian", InProcess)
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    program.write_text(SCRIPT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    (tmp_path / "c.toml").write_text('model = "other"\nk = 3\n')
    (tmp_path / "driftgate.toml").write_text(
        '[upstreams.default]\nurl = "http://127.0.0.1:1"\n'
        '[upstreams.mine]\nkind = "codex"\ncodex = { model = "m", instructions = "Be kind." }\n'
    )
    history = Made(tmp_path)
    yield history
    history.journal.close()


def asked(made: Made, *, n: int = 300, wanted: dict[str, Any] | None = None, **more: Any) -> Asked:
    made.drain()
    told: dict[str, Any] = {"candidate": Path("c.toml"), **more}
    if "resume" in more:
        told.pop("candidate")
    return Asked(
        history=made.path,
        contracts=Path("contracts"),
        chosen=Selecting(Criteria(), n),
        wanted=Wanted(trajectories=True, **(wanted or {})),
        **told,
    )


def test_a_new_gate_has_few_threads_and_both_arms(made: Made, tmp_path: Path) -> None:
    for number in range(THREADS + 2):
        Talk(made, f"t{number}").turn(f"do {number}")
    found, refused = gate(asked(made, wanted={"check": "make", "workspace": "w"}))
    assert refused == []
    assert len(found.tasks) == len(found.selection.calls) == THREADS
    assert (found.candidate.model, found.baseline.model) == ("other", None)
    assert (found.k, found.concurrency) == (3, AT_ONCE)
    assert found.setup.workspace == str(tmp_path / "w")
    assert (found.setup.check_command, found.setup.check_timeout_s) == ("make", 300)
    assert "check_pass" in found.policy.margins
    assert found.program.version == "0.169.0"
    assert found.base.instructions == "Be kind."


def test_without_a_check_none_is_asked_for_and_the_folder_is_the_recorded_one(made: Made) -> None:
    Talk(made, "t").turn("do it")
    found, _ = gate(asked(made, n=5, k=1, wanted={"sandbox": "read-only"}))
    assert "check_pass" not in found.policy.margins
    assert (found.setup.workspace, found.setup.check_command) == ("recorded", None)
    assert (found.sandbox, found.k) == ("read-only", 1)


@pytest.mark.parametrize(
    ("more", "wanted", "said"),
    [
        ({"stop_early": True}, {}, "leave out --stop-early"),
        ({"shadow": True}, {}, "leave out --shadow"),
        ({}, {"sandbox": "danger-full-access"}, "trajectories run in no other"),
        ({}, {"agent": "nobody"}, "no upstream of kind codex has that name; known: mine"),
    ],
)
def test_what_trajectories_do_not_do_is_said(
    made: Made, more: dict[str, Any], wanted: dict[str, Any], said: str
) -> None:
    Talk(made, "t").turn("do it")
    with pytest.raises(UsageError, match=said):
        gate(asked(made, wanted=wanted, **more))


def test_without_codex_nothing_can_be_checked(made: Made, tmp_path: Path) -> None:
    Talk(made, "t").turn("do it")
    (tmp_path / "bin" / "codex").unlink()
    with pytest.raises(CouldNotCheckError, match="nothing was checked: the Codex program"):
        gate(asked(made))


def begun(made: Made, setup: Setup) -> Run:
    """A run of trajectories that the history has begun."""
    found, _ = gate(asked(made, wanted={"workspace": "empty"}))
    configurations: dict[str, Any] = {
        "baseline": found.baseline.public(),
        "baseline_hash": found.baseline.hash(),
        "candidate": found.candidate.public(),
        "candidate_hash": found.candidate.hash(),
    }
    made.drain()
    (latest,) = made.ask("SELECT max(started_at) FROM calls")
    run = Run(
        run_id=text_id(new_id(2_000_000_000_000_000_000)),
        started_at=latest[0],
        kind=results.TRAJECTORIES,
        selection_id=selection_id(found.selection),
        cases=1,
        k=3,
        policy=found.policy.model_dump(mode="json"),
        **configurations,
    )
    heads, calls = selection_rows(found.selection, run.started_at)
    made.journal.rows("selection_calls", calls)
    made.journal.rows("selections", heads)
    made.journal.rows(SETUPS, [setup_row(run.run_id, setup)])
    made.journal.rows("runs", [run_row(run)])
    made.drain()
    return run


SETUP = Setup(workspace="empty", workspace_digest="d", sandbox="read-only", codex_version="0.169.0")


def test_a_run_goes_on_as_it_was_set_up(made: Made) -> None:
    Talk(made, "t").turn("do it")
    run = begun(made, SETUP)
    found, _ = gate(asked(made, resume=run.run_id))
    assert found.setup == SETUP
    assert (found.sandbox, found.k, found.candidate.model) == ("read-only", 3, "other")
    assert found.resumed == results_run(made, run.run_id)
    assert len(found.tasks) == 1
    for wanted in (
        {"workspace": "w"},
        {"check": "make"},
        {"sandbox": "workspace-write"},
        {"check_timeout_s": 7.0},
        {"agent": "a"},
    ):
        with pytest.raises(UsageError, match="began with another one"):
            gate(asked(made, resume=run.run_id, wanted=wanted))


def results_run(made: Made, run_id: str) -> Run:
    with open_history(made.path, drain=False) as reader:
        return results.run(reader, run_id)


def test_a_run_is_gone_on_with_as_what_it_is(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    Talk(made, "t").turn("do it")
    run = begun(made, SETUP)
    plain = asked(made, resume=run.run_id)
    told = Asked(
        history=plain.history, contracts=plain.contracts, chosen=plain.chosen, resume=run.run_id
    )
    assert told.of_trajectories()
    seen: list[Asked] = []
    monkeypatch.setattr(gate_run, "trajectories", lambda given, **_: seen.append(given))
    gate_run.gated(told, quiet=True)
    assert seen == [told]


def test_what_a_run_made_can_be_shown_and_compared(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    call_id = Talk(made, "t").turn("do it")
    run = begun(made, SETUP)
    one = replace(ran(trajectory(turn("ls"), passes=True)), job=Job(call_id, Arm.BASELINE, 1))
    other = replace(
        ran(trajectory(turn("cat a"), passes=False), second=1), job=Job(call_id, Arm.CANDIDATE, 1)
    )
    made.journal.rows(TABLE, [row(run.run_id, each) for each in (one, other)])
    made.drain()
    words = ["--history", str(made.path)]
    assert cli.main(["replay", "diff", call_id, *words]) == 0
    shown = capsys.readouterr().out
    assert "- $ ls" in shown
    assert "+ $ cat a" in shown
    assert cli.main(["replay", "show", "last", *words]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["baseline", "1", "1", "1", "1", "0", "20", "1.0s"] in lines
    assert cli.main(["replay", "show", "last", call_id, *words]) == 0
    assert "$ cat a" in capsys.readouterr().out
