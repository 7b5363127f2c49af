"""Which recorded calls meet criteria."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driftgate.commands.checks import AGENT
from driftgate.proxy.errors import NotFoundError, QueryError
from driftgate.proxy.history.reader import Reader
from driftgate.proxy.record import Outcome, Replayed
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.found import found
from tests.replay.select.recorded import chat, history
from tests.support.recorded_calls import call_id

IMPORTED = Replayed(bytes(16), "imported", bytes(16))
RUN = Replayed(call_id(99).bytes, "candidate", call_id(0).bytes)


@pytest.fixture(scope="module")
def one_call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A history with one call."""
    with history(tmp_path_factory.mktemp("found"), chat(0)) as reader:
        yield reader


def numbers(reader: Reader, criteria: Criteria) -> list[int]:
    """The numbers of the calls that meet the criteria."""
    known = {str(call_id(number)): number for number in range(20)}
    return [known[call.call_id] for call in found(reader, criteria)]


def test_only_whole_live_answers_of_models_are_found(tmp_path: Path) -> None:
    calls = [
        chat(0),
        chat(1, target="/v1/embeddings"),
        chat(2, status=500),
        chat(3, chunks=[], outcome=Outcome.UPSTREAM_REFUSED, status=None),
        replace(chat(4), replayed=RUN),
        replace(chat(5), replayed=IMPORTED),
        replace(chat(6), request_truncated=True),
        chat(7, frames=[(1, True, b"x")], status=101),
        chat(8, session="s"),
        chat(9, request_headers=[("User-Agent", AGENT)]),  # `doctor` has tried an agent
    ]
    with history(tmp_path, *calls) as reader:
        assert numbers(reader, Criteria()) == [0, 8]
        assert numbers(reader, Criteria(status="error")) == [2, 3]
        assert numbers(reader, Criteria(sql="SELECT call_id FROM all_calls")) == [0, 5, 8]
        assert [call.session for call in found(reader, Criteria())] == [str(call_id(0)), "s"]


def test_each_criterion_is_kept(tmp_path: Path) -> None:
    calls = [
        chat(0, more={"metadata": {"team": "blue", "labels": ["a", "b"], "n": 7}}),
        chat(1, session="session-1", upstream="other"),
        chat(2, more={"model": "other"}),
        chat(3, target="/api/chat", chunks=[]),
    ]
    with history(tmp_path, *calls) as reader:
        one = {
            "upstream": ("other", [1]),
            "session": ("session", [1]),
            "model": ("gem*", [0, 1]),
            "tag": ("blue", [0]),
            "where": ("model = 'other' -- so", [2]),
            "sql": ("SELECT call_id::VARCHAR AS call_id FROM calls WHERE model = 'other';", [2]),
            "contract": ("builtin", [0, 1, 2]),
            "dialect": ("chat", [0, 1, 2]),
            "since": ("2026-11-24T12:00:01Z", [1, 2]),
            "until": ("2026-11-24T12:00:01Z", [0]),
        }
        for name, (value, wanted) in one.items():
            assert numbers(reader, Criteria(**{name: value})) == wanted, name
        for tag in ("team=blue", "labels=a", "b", "n=7"):
            assert numbers(reader, Criteria(tag=tag)) == [0]
        with pytest.raises(NotFoundError, match="--tag team=red"):
            found(reader, Criteria(tag="team=red"))


@pytest.mark.parametrize(
    "where",
    [
        "modle = 'a'",
        "true) OR (true",
        "true ORDER BY model",
        "true UNION SELECT 1",
        "true; SELECT 1",
        "(",
    ],
)
def test_what_is_no_condition_is_refused(one_call: Reader, where: str) -> None:
    with pytest.raises(QueryError, match="--where: "):
        found(one_call, Criteria(where=where))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT model FROM calls",
        "DELETE FROM all_calls",
        "SELECT 1 AS call_id) UNION (SELECT 2",
        "FROM read_csv('/etc/passwd')",
    ],
)
def test_what_is_no_question_for_calls_is_refused(one_call: Reader, sql: str) -> None:
    with pytest.raises(QueryError, match="--sql: "):
        found(one_call, Criteria(sql=sql))


def test_where_nothing_is_found_it_says_what_was_left_out(tmp_path: Path) -> None:
    frames = chat(1, frames=[(1, True, b"x")], status=101, target="/v1/responses")
    with history(tmp_path, chat(0, target="/v1/embeddings"), frames) as reader:
        with pytest.raises(NotFoundError, match="1 ask no model, 1 came over a websocket"):
            found(reader, Criteria(status="completed"))
        with pytest.raises(NotFoundError, match=r"no calls for --model x in .*calls that failed"):
            found(reader, Criteria(model="x"))


def test_what_agents_asked_is_chosen_only_where_it_is_asked_for(tmp_path: Path) -> None:
    inner = chat(1, upstream="ollama", session="thread")
    part_of = ("x-driftgate-parent-call-id", str(call_id(0)))
    inner = replace(inner, request_headers=[*inner.request_headers, part_of])
    with history(tmp_path, chat(0), inner) as reader:
        assert numbers(reader, Criteria()) == [0]
        for asked_for in (
            Criteria(upstream="ollama"),
            Criteria(session="thread"),
            Criteria(where="parent_call_id IS NOT NULL"),
            Criteria(sql="SELECT call_id FROM calls WHERE parent_call_id IS NOT NULL"),
        ):
            assert numbers(reader, asked_for) == [1]
        with pytest.raises(NotFoundError, match="1 are model calls of an agent"):
            found(reader, Criteria(where="upstream = 'ollama'"))
