"""Processes are ended whatever happens, and their failures are told."""

from pathlib import Path

import pytest

from driftgate.guarded import Watched, output_of, started
from driftgate.proxy.errors import DriftgateError


def test_a_process_is_ended_when_its_block_fails(tmp_path: Path) -> None:
    seen: list[Watched] = []

    def fail() -> None:
        with started("sim", "sim", "--listen", "127.0.0.1:0", folder=tmp_path) as sim:
            assert sim.url.startswith("http://127.0.0.1:")
            seen.append(sim)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert seen[0].process.returncode == 0


def test_a_process_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(DriftgateError, match="sim did not start: driftgate: --listen nowhere"),
        started("sim", "sim", "--listen", "nowhere", folder=tmp_path),
    ):
        pytest.fail("it cannot have started")


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.duckdb")
    with pytest.raises(DriftgateError, match=r"none\.duckdb"):
        output_of("query", "SELECT 1", "--history", missing)


def test_the_demo_does_not_see_the_machines_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTGATE_HISTORY", "/nowhere/else.duckdb")
    with pytest.raises(DriftgateError) as caught:
        output_of("query", "SELECT 1")
    assert "else.duckdb" not in str(caught.value)
