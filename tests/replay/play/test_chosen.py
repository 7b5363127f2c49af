"""What is played: a golden set, a selection, a run, an arm of it, a session."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import NotFoundError, UsageError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Chunk
from driftgate.replay.arm import Arm
from driftgate.replay.play.chosen import Chosen, chosen, of_session
from driftgate.replay.play.match import Entry
from tests.replay.play.histories import RUN, SET, Written, call, replay
from tests.support.recorded_calls import call_id, record

OTHER_SET = "5e1ec710-0000-4000-8000-000000000002"


def by_session(name: str) -> list[tuple[str, str]]:
    return [("x-driftgate-session", name)]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chosen") / "h.duckdb"
    written = Written(path)
    written.add(*(call(n, f"ask {n}", request_headers=by_session(f"s-{n // 2}")) for n in range(4)))
    models = {"method": "GET", "target": "/v1/models?x=1", "request_body": b""}
    written.add(record(8, **models), record(9, **models), record(10, **models, status=500))
    written.add(
        replay(21, 1, "candidate", "as adapted", 2),
        replay(20, 1, "candidate", "as adapted", 1),
        replay(22, 0, "candidate", "as adapted"),
        replay(23, 2, "candidate", "as adapted", target="/v1/responses"),
        replay(24, 0, "baseline", "ask 0"),
    )
    written.select([2, 0], "checkout")
    written.select([2, 0], "checkout")
    written.select([3], None, OTHER_SET)
    written.run()
    written.run(None, RUN.replace("aa", "bb"), "09:00:00")
    return path


@pytest.fixture
def reader(history: Path) -> Iterator[Reader]:
    with open_history(history, drain=False) as opened:
        yield opened


def numbers(found: Chosen) -> list[tuple[int, int]]:
    known = {str(call_id(number)): number for number in range(40)}
    return [(known[entry.answer], known[entry.asked]) for entry in found.entries]


@pytest.mark.parametrize("named", ["checkout", SET, RUN])
def test_a_golden_set_is_found_by_name_by_id_and_by_its_run(reader: Reader, named: str) -> None:
    found = chosen(reader, named)
    assert numbers(found) == [(0, 0), (2, 2)]  # as recorded, not as selected; each once
    assert named in found.described


def test_the_beginning_of_an_id_is_enough_if_it_is_of_one(reader: Reader) -> None:
    assert numbers(chosen(reader, OTHER_SET.upper())) == [(3, 3)]
    with pytest.raises(NotFoundError, match=f"several: selection {SET}, selection {OTHER_SET}"):
        chosen(reader, "5e1ec7")


def test_last_is_the_newest_run_and_one_without_a_selection_plays_nothing(reader: Reader) -> None:
    with pytest.raises(UsageError, match="bb has no calls"):
        chosen(reader, "last")


def test_an_arm_answers_what_was_recorded_in_its_order(reader: Reader) -> None:
    found = chosen(reader, RUN, Arm.CANDIDATE)
    assert numbers(found) == [(22, 0), (20, 1), (21, 1)]  # 23 was asked in another dialect
    assert numbers(chosen(reader, RUN, Arm.BASELINE)) == [(24, 0)]
    assert "candidate" in found.described


def test_a_selection_has_no_arms(reader: Reader) -> None:
    with pytest.raises(UsageError, match="only a run has answers of the candidate"):
        chosen(reader, "checkout", Arm.CANDIDATE)


def test_what_models_there_are_is_played_as_it_was_answered_last(reader: Reader) -> None:
    assert list(chosen(reader, "checkout").catalogue) == [str(call_id(9))]


def test_a_session_is_found_by_the_beginning_of_its_id(reader: Reader) -> None:
    found = of_session(reader, "s-1")
    assert numbers(found) == [(2, 2), (3, 3)]
    with pytest.raises(NotFoundError, match="several sessions: s-0, s-1"):
        of_session(reader, "s-")
    with pytest.raises(NotFoundError, match="no session 'x'; there are: s-0, s-1"):
        of_session(reader, "x")


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("chekout", "nearest: checkout"),
        ("zzz", f"there are: checkout, run {RUN}"),
        ("", "no run and no selection ''"),
        ("last; DROP TABLE runs", "no run and no selection"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(reader: Reader, named: str, says: str) -> None:
    with pytest.raises(NotFoundError, match=says):
        chosen(reader, named)


def test_an_empty_history_says_so(tmp_path: Path) -> None:
    written = Written(tmp_path / "h.duckdb")
    written.select([1], "gone")
    cases: list[tuple[Callable[[Reader], object], str]] = [
        (lambda reader: chosen(reader, "last"), "no run yet"),
        (lambda reader: chosen(reader, "gone"), "selection gone has no calls"),
        (lambda reader: of_session(reader, "x"), "there is none yet"),
    ]
    with open_history(written.path, drain=False) as reader:
        for ask, says in cases:
            with pytest.raises(UsageError, match=says):
                ask(reader)


def test_response_ids_of_an_arm_lead_back_to_those_of_the_record(tmp_path: Path) -> None:
    def answered(name: str) -> dict[str, Any]:
        text = f'{{"id":"{name}","object":"response","status":"completed","output":[]}}'
        json = [("Content-Type", "application/json")]
        return {
            "target": "/v1/responses",
            "response_headers": json,
            "chunks": [Chunk(1, text.encode())],
        }

    written = Written(tmp_path / "h.duckdb")
    written.add(call(1, "a", **answered("resp_then")))
    written.add(replay(2, 1, "candidate", "a", **answered("resp_now")))
    written.run(None)
    with open_history(written.path, drain=False) as reader:
        found = chosen(reader, RUN, Arm.CANDIDATE)
        assert numbers(chosen(reader, RUN)) == [(1, 1)]
    assert found.follows == {"resp_now": "resp_then"}
    assert found.entries == [Entry(str(call_id(2)), str(call_id(1)))]
