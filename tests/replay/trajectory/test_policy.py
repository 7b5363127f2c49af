"""The policy of trajectories."""

from pathlib import Path

from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.policy_file import read
from driftgate.replay.trajectory.policy import ALARMS, MARGINS, TrajectoryPolicy


def test_one_file_serves_both_kinds_of_gates(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(
        "[margins]\ncontract_pass = 0.01\ncheck_pass = 0.2\n[alarms]\nlatency_p95 = 0.5\n"
        '"agreement:commands" = 0.3\n'
    )
    of_calls, whole = read(path, Policy), read(path, TrajectoryPolicy)
    assert of_calls.margins == {"served": 0.02, "contract_pass": 0.01}
    assert "check_pass" not in of_calls.gating()
    assert whole.margins == {"completed": 0.1, "check_pass": 0.2}
    assert whole.alarms == {**ALARMS, "agreement:commands": 0.3}
    assert TrajectoryPolicy.model_validate(whole.model_dump(mode="json")) == whole


def test_without_a_check_nothing_is_asked_of_it() -> None:
    assert TrajectoryPolicy().margins == MARGINS
    assert TrajectoryPolicy().without_check().gating() == {"completed": 0.1, **ALARMS}
