"""Finding Codex and its version."""

from pathlib import Path

import pytest

from driftgate.proxy.agent.codex.program import Program, find, native
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.settings.codex import Codex
from tests.support.fake_codex import fake_codex
from tests.support.parts import codex_program


def found(path: Path | str, folder: Path | None = None) -> Program:
    environ = {"PATH": str(folder or "/nowhere") + ":/usr/bin:/bin"}
    return find(Codex(model="m", program=str(path)), environ)


def refused(path: Path | str) -> AgentError:
    with pytest.raises(AgentError) as caught:
        found(path)
    return caught.value


def test_a_path_is_asked_for_its_version(tmp_path: Path) -> None:
    path = fake_codex(tmp_path, version="0.171.2")
    assert found(path) == Program(str(path), "0.171.2")


def test_a_name_is_looked_for_on_the_path(tmp_path: Path) -> None:
    path = fake_codex(tmp_path)
    assert found("codex", tmp_path).path == str(path)


def test_the_tested_version_is_the_one_of_the_captures(tmp_path: Path) -> None:
    assert found(fake_codex(tmp_path)).version == "0.169.0"


def test_a_preview_of_a_new_version_is_new_enough(tmp_path: Path) -> None:
    path = fake_codex(tmp_path, version="0.170.0-alpha.3")
    assert found(path).version == "0.170.0-alpha.3"


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    error = refused(tmp_path / "no").error
    assert error.code == "codex_missing"
    assert "is not there; install it with `npm install" in error.message


def test_a_file_that_is_no_program_is_said(tmp_path: Path) -> None:
    path = tmp_path / "codex"
    path.write_bytes(b"\x7fELF\x00nothing")
    for mode in (0o755, 0o644):
        path.chmod(mode)
        error = refused(path).error
        assert error.code == "codex_missing"
        assert "is no program that can be run; install it" in error.message


def test_an_old_version_is_said_with_the_one_that_is_needed(tmp_path: Path) -> None:
    error = refused(fake_codex(tmp_path, version="0.99.1")).error
    assert error.code == "codex_too_old"
    assert "0.99.1" in error.message
    assert "0.150.0" in error.message


def test_another_program_of_that_name_is_said(tmp_path: Path) -> None:
    error = refused(fake_codex(tmp_path, version_line="Codex \x1b[1m\nPilot 4")).error
    assert error.code == "codex_protocol"
    assert "\x1b" not in error.message
    assert "\n" not in error.message


def installed(folder: Path, native_at: str) -> tuple[Path, Path]:
    launcher = folder / "node_modules/@openai/codex/bin/codex.js"
    program = folder / "node_modules/@openai" / native_at / "vendor/x86_64-musl/bin/codex"
    for path in (launcher, program):
        path.parent.mkdir(parents=True)
        path.touch(0o755)
    link = folder / "codex"
    link.symlink_to(launcher)
    return link, program


@pytest.mark.parametrize(
    "where", ["codex-linux-x64", "codex/node_modules/@openai/codex-linux-x64", "codex"]
)
def test_the_native_program_is_found_behind_npms_launcher(tmp_path: Path, where: str) -> None:
    link, program = installed(tmp_path, where)
    assert native(str(link)) == str(program)


def test_a_launcher_without_its_program_is_left_as_it_is(tmp_path: Path) -> None:
    link, program = installed(tmp_path, "codex-linux-x64")
    program.unlink()
    assert native(str(link)) == str(link)


def test_a_native_program_that_is_not_executable_is_not_taken(tmp_path: Path) -> None:
    link, program = installed(tmp_path, "codex-linux-x64")
    program.chmod(0o644)
    assert native(str(link)) == str(link)


def test_the_real_codex_says_its_version() -> None:
    assert found(codex_program()).version.startswith("0.")
