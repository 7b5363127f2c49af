"""`driftgate replay show` over a real history."""

import json
from pathlib import Path

import pytest

from driftgate import cli
from tests.driftgate.commands.replayed import OPEN, RUN, build, use


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("history") / "h.duckdb"
    return path, *build(path)


@pytest.fixture(autouse=True)
def calls(made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    use(made[0], monkeypatch)
    return made[1:]


def test_a_run_is_shown_with_both_arms_and_what_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "show", RUN]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"run {RUN}  ")
    assert any(line.startswith("verdict      drift: Contract pass rate fell") for line in lines)
    assert "== baseline 4a1c9e" in lines
    assert "upstream     as recorded" in lines
    assert lines[lines.index("== candidate 77fe02") + 1] == "upstream     http://127.0.0.1:8081"
    assert "quantization Q4_K_M" in lines
    answers = [line.split()[:7] for line in lines[lines.index("== answers") + 3 :]]
    assert answers == [
        ["baseline", "2", "2", "2", "2", "0", "10"],
        ["candidate", "2", "3", "2", "2", "0", "10"],
    ]


def test_a_run_without_answers_or_verdict_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "show", OPEN]) == 0
    out = capsys.readouterr().out
    assert "verdict      undecided\n" in out
    assert out.endswith("== answers\nnone yet\n")


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "show", RUN, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "drift"
    assert told["candidate_fingerprint"] == {"quantization": "Q4_K_M"}
    assert [(arm["arm"], arm["answers"], arm["served"]) for arm in told["arms"]] == [
        ("baseline", 2, 2),
        ("candidate", 3, 2),
    ]


def test_a_call_is_shown_with_every_answer(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "show", RUN, calls[0]]) == 0
    out = capsys.readouterr().out
    assert [line.split()[1:3] for line in out.splitlines() if line.startswith("== ")] == [
        ["record", "1"],
        ["baseline", "1"],
        ["candidate", "1"],
        ["candidate", "2"],
    ]
    assert '    {"title": "t", "mood": "<bad>\\x07"}' in out
    assert "slices       contract=summarize, dialect=chat" in out
    assert "\x1b" not in out


def test_a_call_is_given_to_programs_whole(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "show", RUN, calls[1], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["call_id"] == calls[1]
    assert [each["served"] for each in told["answers"]] == [True, True, False]


def test_an_unknown_call_or_run_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "show", RUN, "ffff"]) == 2
    assert f"no call 'ffff' was asked again in run {RUN}" in capsys.readouterr().err
    assert cli.main(["replay", "show", "nonsense"]) == 2
    assert "no run 'nonsense'" in capsys.readouterr().err
