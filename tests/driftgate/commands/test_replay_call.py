"""Which call of which run people mean, in a real history."""

from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands.replay_call import find
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.arm import Arm
from tests.driftgate.commands.replayed import OLDER, RUN, build, use


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("history") / "h.duckdb"
    return path, *build(path)


@pytest.fixture(autouse=True)
def calls(made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    use(made[0], monkeypatch)
    return made[1:]


def test_the_newest_run_with_the_call_is_taken_or_the_one_that_is_named(
    made: tuple[Path, str, str],
) -> None:
    path, first, second = made
    with open_history(path, drain=False) as reader:
        assert find(reader, first, None)[0].run_id == RUN
        run, case = find(reader, first, OLDER)
        assert (run.run_id, case.call_id, len(case.of(Arm.CANDIDATE))) == (OLDER, first, 2)
        with pytest.raises(NotFoundError, match=f"no call '{second}' was asked again in run"):
            find(reader, second, OLDER)


def test_unknown_and_ambiguous_calls_are_told_in_one_line(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for words, told in (
        (["ffff"], "no call 'ffff' was asked again in any run"),
        (["ffff", "--run", OLDER], f"no call 'ffff' was asked again in run {OLDER}"),
        ([calls[0][:2]], f"2 calls of any run begin with '{calls[0][:2]}'"),
        ([calls[1], "--run", OLDER], "no call"),
        ([""], "no call ''"),
    ):
        assert cli.main(["replay", "diff", *words]) == 2
        error = capsys.readouterr().err
        assert told in error
        assert error.count("\n") == 1
