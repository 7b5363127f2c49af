"""Contracts are loaded strictly at the start, and anew when their files change."""

import logging
import os
from pathlib import Path

import pytest

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.enforce.watch import Watch, load_contracts
from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.model import Settings

ONE = 'name = "one"\nversion = "1"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    made.mkdir()
    (made / "one.toml").write_text(ONE)
    return made


def settings(folder: Path) -> Settings:
    return Settings(contracts=folder)


def versions(told: list[ContractSet]) -> list[str]:
    return [each.version for found in told for each in found.contracts if each.name == "one"]


def bad(watch: Watch) -> str | None:
    """What it says now: a checker would keep what it said before."""
    return watch.bad


def test_a_changed_file_comes_into_force_and_is_told(folder: Path) -> None:
    told: list[ContractSet] = []
    watch = Watch(settings(folder), told.append)
    watch.look()
    assert not told
    (folder / "one.toml").write_text(ONE.replace('"1"', '"22"'))
    watch.look()
    assert versions(told) == ["22"]
    assert watch.contracts is told[0]


def test_a_bad_file_leaves_the_old_contracts_in_force(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[ContractSet] = []
    watch = Watch(settings(folder), told.append)
    (folder / "one.toml").write_text(ONE + "mod = 3\n")
    with caplog.at_level(logging.ERROR, "driftgate"):
        watch.look()
    assert not told
    assert watch.contracts.by_name("one") is not None
    assert watch.bad is not None
    assert "one.toml:3" in caplog.text
    (folder / "one.toml").write_text(ONE)
    watch.look()
    assert watch.bad is None


def test_asked_to_it_loads_anew_without_a_change_of_time(folder: Path) -> None:
    told: list[ContractSet] = []
    watch = Watch(settings(folder), told.append)
    before = (folder / "one.toml").stat()
    (folder / "one.toml").write_text(ONE.replace('"1"', '"2"'))
    os.utime(folder / "one.toml", ns=(before.st_atime_ns, before.st_mtime_ns))
    watch.look()
    assert not told
    watch.look(anyway=True)
    assert len(told) == 1


def test_a_missing_folder_is_an_error_only_if_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_contracts(Settings()).by_name("summarize") is not None
    with pytest.raises(SettingsError, match="there is no folder"):
        load_contracts(settings(tmp_path / "nowhere"))


def test_a_fallback_to_an_unknown_upstream_is_told(folder: Path) -> None:
    (folder / "one.toml").write_text(ONE + '[[fallback]]\nupstream = "other"\n')
    with pytest.raises(SettingsError, match=r"'one'.*no upstream 'other'; known are: default"):
        load_contracts(settings(folder))


def test_changes_are_seen_beside_a_link_to_nowhere(folder: Path) -> None:
    told: list[ContractSet] = []
    watch = Watch(settings(folder), told.append)
    link = folder / "zz.json"
    link.symlink_to(folder / "nowhere")
    watch.look()
    (folder / "one.toml").write_text(ONE.replace('"1"', '"22"'))
    watch.look()
    assert versions(told) == ["22"]


def test_a_link_to_nowhere_that_is_mended_is_seen(folder: Path) -> None:
    told: list[ContractSet] = []
    watch = Watch(settings(folder), told.append)
    link = folder / "two.toml"
    link.symlink_to(folder.parent / "two")
    watch.look()
    assert bad(watch) is not None
    (folder.parent / "two").write_text(ONE.replace("one", "two"))
    watch.look()
    assert bad(watch) is None
    assert [each.by_name("two") is not None for each in told] == [True]


def test_the_default_folder_may_be_missing_but_not_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[ContractSet] = []
    watch = Watch(Settings(), told.append)
    watch.look()
    assert bad(watch) is None
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "one.toml").write_text(ONE)
    watch.look()
    assert versions(told) == ["1"]
    (tmp_path / "contracts").rename(tmp_path / "elsewhere")
    watch.look()
    assert bad(watch) is not None
    assert watch.contracts.by_name("one") is not None, (
        "an enforcing contract is lifted by its file alone"
    )
