"""Calls at hand within a limit, others read again."""

from pathlib import Path

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.play.kept import Kept
from tests.replay.play.histories import Written, call
from tests.support.recorded_calls import call_id

IDS = [str(call_id(number)) for number in range(4)]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    written = Written(tmp_path / "h.duckdb")
    written.add(*(call(number, "x" * 1000) for number in range(4)))
    return written.path


def test_calls_come_in_the_order_asked_and_from_the_history_once(history: Path) -> None:
    kept = Kept(history)
    first = kept.get([IDS[2], IDS[0], IDS[2]])
    history.unlink()
    assert [call.call_id.hex() for call in first] == [IDS[i].replace("-", "") for i in (2, 0, 2)]
    assert kept.get([IDS[0]]) == [first[1]]
    with pytest.raises(NotFoundError, match="no history there"):
        kept.get([IDS[1]])


def test_no_more_is_held_than_the_limit_and_the_rest_is_read_again(history: Path) -> None:
    kept = Kept(history, limit=2500)
    whole = [kept.get([each])[0] for each in IDS]
    assert len(kept._calls) == 2
    assert kept._held == sum(
        len(c.request_body) + sum(len(k.data) for k in c.chunks) for c in kept._calls.values()
    )
    assert kept.get(IDS) == whole
    assert len(kept._calls) == 2


def test_what_was_asked_for_last_is_held(history: Path) -> None:
    kept = Kept(history, limit=2500)
    for number in (0, 1, 0, 2):
        kept.get([IDS[number]])
    assert list(kept._calls) == [IDS[0], IDS[2]]


def test_the_history_is_open_only_while_it_is_read(history: Path) -> None:
    kept = Kept(history)
    kept.get(IDS[:1])
    Written(history).add(call(9, "more"))
    with open_history(history, drain=False) as reader:
        assert reader.ask("SELECT count(*) FROM calls").rows == [(5,)]


def test_a_call_that_is_gone_is_named(history: Path) -> None:
    with pytest.raises(NotFoundError, match=str(call_id(30))):
        Kept(history).get([IDS[0], str(call_id(30))])
