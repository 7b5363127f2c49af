"""From options to a gate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driftgate.commands.gate_asked import Asked
from driftgate.commands.replay_selecting import Selecting
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import HistoryError, NotFoundError, UsageError
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.toml_file import read
from driftgate.replay.decide.policy import Policy
from driftgate.replay.run.kept import Run
from driftgate.replay.run.rows import run_row
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selected, Selection
from tests.replay.run.made import Made, answered, asked

NO_RUN = "00000000-0000-0000-0000-000000000000"
Ask = Callable[..., Asked]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "c.toml").write_text('upstream = "http://127.0.0.1:9"\nconcurrency = 7\nk = 3\n')
    history = Made(tmp_path)
    yield history
    history.journal.close()


@pytest.fixture
def ask(made: Made) -> Ask:
    """What was asked, over a history with two calls."""
    for number in range(2):
        made.call(asked(number))
    made.drain()

    def asking(**more: Any) -> Asked:
        options = {
            "chosen": Selecting(Criteria(), collapse="resume" in more),
            "candidate": Path("c.toml"),
            **more,
        }
        return Asked(history=made.path, contracts=Path("contracts"), **options)

    return asking


def resumable(made: Made, **more: Any) -> Run:
    """A run over all calls that was begun."""
    ids = [str(row[0]) for row in made.ask("SELECT call_id FROM calls")]
    selection = Selection([Selected(call_id, "s") for call_id in ids], "all")
    at = datetime.now(UTC)
    heads, calls = selection_rows(selection, at)
    candidate = read(Path("c.toml"))
    baseline = candidate.model_validate({})
    run = Run(
        text_id(new_id(1 << 40)),
        at,
        selection_id=selection_id(selection),
        k=2,
        seed=5,
        baseline=baseline.public(),
        candidate=candidate.public(),
        baseline_hash=baseline.hash(),
        candidate_hash=candidate.hash(),
        policy=Policy(coverage=0.5).model_dump(mode="json"),
    )
    run = replace(run, **more)
    for table, rows in (
        ("selections", heads),
        ("selection_calls", calls),
        ("runs", [run_row(run)]),
    ):
        made.journal.rows(table, rows)
    made.drain()
    return run


def test_the_candidates_file_says_what_options_do_not(ask: Ask) -> None:
    gate = ask().gate()
    assert (gate.k, gate.concurrency, gate.seed) == (3, 7, 0)
    assert gate.candidate.upstream == "http://127.0.0.1:9"
    assert gate.baseline == Configuration()
    assert gate.policy == Policy()
    assert len(gate.selection.calls) == 2
    assert gate.settings.history == ask().history
    named = ask(k=1, concurrency=2, budget_tokens=5, budget_minutes=1.5, stop_early=True).gate()
    assert (named.k, named.concurrency, named.stop_early) == (1, 2, True)
    assert (named.budget.tokens, named.budget.minutes) == (5, 1.5)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"candidate": None}, "name what is put to the test with --candidate FILE"),
        ({"candidate": Path("none.toml")}, "none.toml"),
        ({"policy": Path("none.toml")}, "none.toml"),
        ({"chosen": Selecting(Criteria(model="nobody"))}, "nobody"),
        ({"embeddings": Path("nowhere")}, "nowhere"),
        ({"comparators": ["no.module:at_all"]}, "no.module:at_all"),
    ],
)
def test_bad_input_is_one_line(ask: Ask, more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        ask(**more).gate()
    assert "\n" not in str(caught.value)


def test_a_run_goes_on_as_it_began(made: Made, ask: Ask) -> None:
    asking = ask(candidate=None, resume="last")
    run = resumable(made)
    gate = asking.gate()
    assert gate.resumed == run
    assert (gate.k, gate.seed) == (2, 5)
    assert gate.policy.coverage == 0.5
    Path("other.toml").write_text("coverage = 0.8\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other.toml: run .* began with another policy"):
        ask(resume="last", policy=Path("other.toml")).gate()
    assert gate.candidate == ask().gate().candidate
    assert len(gate.selection.calls) == 2
    assert replace(asking, candidate=Path("c.toml")).gate().resumed == run


def test_a_run_does_not_go_on_as_another_one(made: Made, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('upstream = "http://127.0.0.1:8"\n')
    run = resumable(made)
    for more, said in (
        ({"candidate": Path("other.toml")}, "is not the configuration with which run"),
        ({"baseline": Path("other.toml")}, "--baseline other.toml is not"),
        ({"k": 9}, f"run {run.run_id} began with -k 2"),
        ({"chosen": Selecting(Criteria(model="m"))}, "leave out --model m"),
        ({"chosen": Selecting(Criteria(), golden="g")}, "leave out --golden g"),
    ):
        with pytest.raises(UsageError, match=said):
            ask(resume="last", **more).gate()


def test_what_a_run_does_not_keep_must_be_named_again(made: Made, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("be brief")
    (tmp_path / "c.toml").write_text(
        'upstream = "http://127.0.0.1:9"\n[system]\nfile = "prompt.txt"\n'
    )
    resumable(made, candidate={"unknown": 1})
    with pytest.raises(UsageError, match="name the candidate's file as when run"):
        ask(candidate=None, resume="last").gate()
    assert ask(resume="last").gate().candidate.system == "be brief"


@pytest.mark.parametrize(
    "more",
    [{"schema": 2}, {"kind": "shadow"}, {"kind": "watch"}, {"kind": "reference"}],
    ids=["schema", "shadow", "watch", "reference"],
)
def test_some_runs_cannot_go_on(made: Made, ask: Ask, more: dict[str, Any]) -> None:
    resumable(made, **more)
    with pytest.raises((HistoryError, UsageError)) as caught:
        ask(candidate=None, resume="last").gate()
    assert caught.value.exit_code == (4 if "schema" in more else 2)


def test_a_shadow_gate_is_over_calls_of_which_copies_were_sent(made: Made, ask: Ask) -> None:
    of = made.call(asked(7))
    made.call(asked(7), answered("hum"), run_id=NO_RUN, arm="shadow", of=of)
    made.drain()
    asking = ask(candidate=None, shadow=True)
    gate = asking.shadow_gate()
    assert [each.call_id for each in gate.selection.calls] == [of]
    narrow = Selecting(Criteria(where="model = 'none' OR false"))
    with pytest.raises(NotFoundError, match="no live call of which"):
        replace(asking, chosen=narrow).shadow_gate()


@pytest.mark.parametrize("more", [{"candidate": Path("c.toml")}, {"k": 2}, {"stop_early": True}])
def test_a_shadow_gate_asks_nothing(ask: Ask, more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--shadow judges what was sent already: leave out"):
        ask(**{"candidate": None, "shadow": True, **more}).shadow_gate()
