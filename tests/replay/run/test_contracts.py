"""Which contracts judge an arm."""

from pathlib import Path

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.contracts import contracts_of

CONTRACT = (
    'name = "{name}"\nversion = "1"\n[applies]\neverything = true\n[output]\njson = "whole"\n'
)


def folder(path: Path, name: str) -> Path:
    path.mkdir()
    (path / f"{name}.toml").write_text(CONTRACT.format(name=name))
    return path


def test_an_arm_has_its_own_contracts_or_those_in_force(tmp_path: Path) -> None:
    settings = Settings(contracts=folder(tmp_path / "now", "now"))
    own = Configuration(contracts=folder(tmp_path / "next", "next"))
    assert contracts_of(Configuration(), settings).by_name("now") is not None
    assert contracts_of(own, settings).by_name("next") is not None
    assert contracts_of(own, settings).by_name("now") is None


def test_only_the_default_folder_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert contracts_of(Configuration(), Settings()).by_name("summarize") is not None
    with pytest.raises(UsageError, match="there is no folder nowhere"):
        contracts_of(Configuration(), Settings(contracts=Path("nowhere")))


def test_a_contract_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    bad = folder(tmp_path / "bad", "bad")
    (bad / "bad.toml").write_text("name = 1")
    with pytest.raises(UsageError, match=r"bad\.toml"):
        contracts_of(Configuration(), Settings(contracts=bad))
