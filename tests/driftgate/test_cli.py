"""The command line as a whole: help, versions, and how an error leaves the program."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftgate import __version__, cli
from driftgate.proxy.errors import HistoryBusyError
from tests.support.processes import DRIFTGATE, ROOT

SLOW = ("rich", "duckdb", "pydantic", "aiohttp", "asyncio", "driftgate.commands.query")


def put(monkeypatch: pytest.MonkeyPatch, name: str, command: object) -> None:
    """Make `command` the function behind the command `name`."""
    module = SimpleNamespace(command=command)
    monkeypatch.setitem(sys.modules, f"driftgate.commands.{name}", module)


def raising(error: BaseException) -> object:
    def command() -> None:
        raise error

    return command


def test_help_names_every_command_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in out] == []
    assert "driftgate serve --upstream" in out


def test_help_loads_nothing_slow() -> None:
    code = (
        "import sys; from driftgate.cli import main; main(['--help']);"
        f"sys.stderr.write(repr([name for name in {SLOW} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]"


def test_no_arguments_print_the_help_and_count_as_wrong_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main([]) == 2
    assert "Usage: driftgate" in capsys.readouterr().out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"driftgate {__version__}\n"


@pytest.mark.parametrize("name", ["query", "calls", "tail", "show", "export", "status", "doctor"])
def test_every_command_has_help_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"    driftgate {name}" in out.partition("Examples:")[2]
    assert {"--history", "--json", "--limit"} <= set(out.split())


def test_an_unknown_command_names_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["quer"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("driftgate: no such command 'quer'")
    assert "'query'" in err
    assert err.count("\n") == 1


def test_an_unknown_option_names_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calls", "--sinc", "1h"]) == 2
    err = capsys.readouterr().err
    assert "did you mean --since?" in err
    assert "'driftgate calls --help'" in err


def test_an_error_of_ours_is_one_line_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, "status", raising(HistoryBusyError("held by x\x1b[31m (PID 7)")))
    assert cli.main(["status"]) == 4
    assert capsys.readouterr().err == "driftgate: held by x\\x1b[31m (PID 7)\n"


def test_an_unforeseen_error_is_one_line_and_says_where_its_traceback_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    put(monkeypatch, "status", raising(ZeroDivisionError("by\nzero")))
    assert cli.main(["status"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("driftgate: our own fault, ZeroDivisionError: by zero; the traceback")
    (written,) = tmp_path.glob("driftgate-*.log")
    assert str(written) in err
    assert "ZeroDivisionError" in written.read_text()


def test_ctrl_c_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, "status", raising(KeyboardInterrupt()))
    assert cli.main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_command_that_is_not_installed_only_shows_when_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "nowhere", "Is not there.")
    assert cli.main(["--help"]) == 0
    assert cli.main(["nowhere"]) == 2
    assert "'nowhere' is not part of this installation" in capsys.readouterr().err


def test_a_reader_that_has_gone_ends_it_quietly() -> None:
    code = (
        "import sys, types\n"
        "def command():\n"
        "    while True: print('x' * 1000)\n"
        "sys.modules['driftgate.commands.status'] = types.SimpleNamespace(command=command)\n"
        "from driftgate.cli import main\n"
        "sys.exit(main(['status']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [*DRIFTGATE, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"driftgate {__version__}\n"


@pytest.mark.parametrize("above", cli.SUBCOMMANDS)
def test_a_group_names_its_commands_and_loads_none(
    above: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([above, "--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in cli.SUBCOMMANDS[above] if f"\n  {name} " not in out] == []
    assert f"driftgate {above} list" in out.partition("Examples:")[2]


@pytest.mark.parametrize("name", ["list", "show", "check", "copy"])
def test_every_command_of_a_group_has_help_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["contracts", name, "--help"]) == 0
    assert f"    driftgate contracts {name}" in capsys.readouterr().out.partition("Examples:")[2]


def test_an_unknown_command_of_a_group_names_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["contracts", "chek"]) == 2
    err = capsys.readouterr().err
    assert "'check'" in err
    assert "'driftgate contracts --help'" in err
    assert cli.main(["contracts"]) == 2
    assert "missing command" in capsys.readouterr().err
