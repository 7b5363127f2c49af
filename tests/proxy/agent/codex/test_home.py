"""An agent's CODEX_HOME."""

import os
import sqlite3
import stat
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.codex.home import config, prepare, toml, write
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.settings.codex import Codex

CODEX = Codex(model="gemma4")
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, max_size=3))
def test_values_are_written_as_toml_reads_them(told: dict[str, Any]) -> None:
    assert tomllib.loads(f"a = {toml(told)}") == {"a": told}


def test_a_lone_surrogate_is_no_reason_to_fail() -> None:
    told = toml("x\ud800\x7f")
    assert tomllib.loads(f"a = {told}") == {"a": "x?\x7f"}


def test_the_configuration_says_what_the_settings_say() -> None:
    codex = Codex(
        model='ge"mma\n4',
        sandbox="workspace-write",
        approval_policy="untrusted",
        reasoning_effort="low",
        context_window=8192,
        instructions="be brief",
        base_instructions="you are",
    )
    read = tomllib.loads(config(codex, Path("/h")))
    assert read["model"] == 'ge"mma\n4'
    assert read["sandbox_mode"] == "workspace-write"
    assert "approval_policy" not in read, "Codex would not start; the thread is told"
    assert read["model_reasoning_effort"] == "low"
    assert read["model_context_window"] == 8192
    assert read["developer_instructions"] == "be brief"
    assert read["model_instructions_file"] == "/h/base.md"


def test_what_is_not_set_is_left_to_codex() -> None:
    read = tomllib.loads(config(CODEX, Path("/h")))
    assert not {"model_context_window", "model_reasoning_effort", "model_instructions_file"} & {
        *read
    }


def test_nothing_reaches_out_of_the_machine() -> None:
    read = tomllib.loads(config(CODEX, Path("/h")))
    assert read["analytics"] == {"enabled": False}
    assert read["check_for_update_on_startup"] is False
    assert read["web_search"] == "disabled"
    assert not any(read["features"].values())
    assert {"plugins", "apps", "shell_snapshot", "unbounded_connection_retries"} <= {
        *read["features"]
    }


def test_commands_run_in_no_login_shell_and_see_no_settings() -> None:
    read = tomllib.loads(config(CODEX, Path("/h")))
    assert read["allow_login_shell"] is False
    policy = read["shell_environment_policy"]
    assert policy["set"] == {"SHLVL": "1"}
    assert "CODEX_HOME" in policy["exclude"]


def test_the_directory_is_the_users_alone(tmp_path: Path) -> None:
    home = tmp_path / "a" / "agent"
    home.mkdir(parents=True, mode=0o755)
    prepare(CODEX.model_copy(update={"base_instructions": "you are"}), home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("config.toml", "base.md"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert (home / "base.md").read_text() == "you are"


def test_what_an_earlier_run_has_left_is_written_anew(tmp_path: Path) -> None:
    prepare(CODEX, tmp_path)
    (tmp_path / "config.toml").write_text('model = "other"')
    prepare(CODEX, tmp_path)
    assert (tmp_path / "config.toml").read_text() == config(CODEX, tmp_path)
    assert [each.name for each in tmp_path.glob(".config*")] == []


def test_codex_cannot_log_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "logs_2.sqlite").write_bytes(b"old")
    (tmp_path / "logs_2.sqlite-wal").write_bytes(b"old")
    prepare(CODEX, tmp_path)
    prepare(CODEX, tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(tmp_path / "logs_2.sqlite").execute("CREATE TABLE logs (a)")
    assert not (tmp_path / "logs_2.sqlite-wal").exists()


def test_what_turns_of_a_killed_driftgate_have_left_goes_after_a_day(tmp_path: Path) -> None:
    for age in ("old", "new"):
        (tmp_path / f"turn-{age}").mkdir()
        (tmp_path / f"turn-{age}" / "schema.json").touch()
        (tmp_path / f"turn-{age}.config.toml").touch()
    yesterday = time.time() - 90_000
    for path in tmp_path.glob("turn-old*"):
        os.utime(path, (yesterday, yesterday))
    prepare(CODEX, tmp_path)
    left = {each.name for each in tmp_path.glob("turn*")}
    assert left == {"turn-new", "turn-new.config.toml"}


def test_a_home_that_cannot_be_made_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AgentError) as caught:
        prepare(CODEX, tmp_path / "file" / "home")
    assert caught.value.error.code == "workspace_failed"
    assert "\n" not in caught.value.error.message


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write(tmp_path / "a", "old")
    with pytest.raises(TypeError):
        write(tmp_path / "a", 3)  # type: ignore[arg-type]  # what makes it fail
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "old")]


def test_turns_that_begin_at_one_time_are_in_nobody_s_way(tmp_path: Path) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as threads:
            homes = [tmp_path / str(number % 6) for number in range(96)]
            made = [threads.submit(prepare, CODEX, home) for home in sorted(homes)]
    finally:
        sys.setswitchinterval(before)
    assert [each.exception() for each in made] == [None] * 96


def test_what_a_killed_run_left_of_a_client_s_key_is_soon_removed_and_what_runs_stays(
    tmp_path: Path,
) -> None:
    for age in (10, 300):
        path = tmp_path / f"turn-{age}.config.toml"
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    prepare(Codex(model="m"), tmp_path)
    assert [path.name for path in tmp_path.glob("turn-*")] == ["turn-10.config.toml"]
