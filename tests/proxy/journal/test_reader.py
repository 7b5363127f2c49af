"""Tails: restart positions, dead writers, damage, release."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.proxy.journal import head
from driftgate.proxy.journal.assemble import START
from driftgate.proxy.journal.frame import Kind, pack
from driftgate.proxy.journal.reader import Tail, backlog_bytes, segment_path, writers
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded

FREE = Rules(min_free_bytes=0, segment_bytes=400)


def _id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _begin(journal: JournalWriter, number: int) -> None:
    text = head.request(
        "GET", f"/{number}", client="c", upstream="u", url="h", pairs=[(b"a", b"b")]
    )
    journal.add(Kind.REQUEST, _id(number), journal.now_ns(), text)
    journal.commit(_id(number))


def _end(journal: JournalWriter, number: int) -> None:
    journal.add(Kind.END, _id(number), journal.now_ns(), head.end(Outcome.COMPLETED))
    journal.commit(_id(number))


def _targets(calls: list[Recorded]) -> list[str]:
    return [call.target for call in calls]


async def test_a_restart_reads_open_calls_again_and_ended_ones_not(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", FREE)
    _begin(journal, 1)
    for number in range(2, 12):
        _begin(journal, number)
        _end(journal, number)
    first = Tail(tmp_path / "w").poll()
    assert _targets(first.calls) == [f"/{number}" for number in range(2, 12)]
    assert first.low == START < first.done
    again = Tail(tmp_path / "w", low=first.low, done=first.done)
    assert again.poll().calls == []
    _end(journal, 1)
    ended = again.poll()
    assert _targets(ended.calls) == ["/1"]
    assert ended.calls[0].request_headers == [("a", "b")]
    assert ended.low == ended.done


@pytest.mark.parametrize("error", ["", "it broke", "1\tand 2"])
@pytest.mark.parametrize("connect_ns", [None, 0, 7])
def test_an_end_comes_back(error: str, connect_ns: int | None) -> None:
    call = Recorded(_id(1), 0, "w")
    data = head.end(
        Outcome.FAILED, error=error, times=(1, None, 3, 4), connect_ns=connect_ns, sizes=(5, 6)
    )
    head.read_end(data, call)
    assert (call.forwarded_ns, call.head_ns, call.first_byte_ns, call.overhead_ns) == (
        1,
        None,
        3,
        4,
    )
    assert (call.request_size, call.response_size, call.connect_ns) == (5, 6, connect_ns)
    assert (call.outcome, call.error) == (Outcome.FAILED, error or None)


@pytest.mark.parametrize("error", ["", "it broke", "it\tbroke"])
def test_an_end_of_before_connections_were_timed_is_read_too(error: str) -> None:
    call = Recorded(_id(1), 0, "w")
    head.read_end(f"completed\t1\t2\t3\t4\t5\t6\t{error}".encode(), call)
    assert (call.overhead_ns, call.request_size, call.response_size) == (4, 5, 6)
    assert (call.error, call.connect_ns) == (error or None, None)


async def test_a_poll_says_whether_there_is_more(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", FREE)
    for number in range(1, 12):
        _begin(journal, number)
        _end(journal, number)
    tail = Tail(tmp_path / "w")
    batches = [tail.poll(limit_bytes=100)]
    while batches[-1].more:
        batches.append(tail.poll(limit_bytes=100))
    assert len(batches) > 1
    found = [target for batch in batches for target in _targets(batch.calls)]
    assert found == [f"/{number}" for number in range(1, 12)]


async def test_release_keeps_what_a_restart_needs(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", FREE)
    tail = Tail(tmp_path / "w")
    for number in range(20):
        _begin(journal, number)
        _end(journal, number)
    _begin(journal, 99)
    batch = tail.poll()
    before = backlog_bytes(tmp_path)
    tail.release(batch.low)
    assert backlog_bytes(tmp_path) < before / 2
    _end(journal, 99)
    restarted = Tail(tmp_path / "w", low=batch.low, done=batch.done)
    assert _targets(restarted.poll().calls) == ["/99"]


async def test_a_dead_writer_leaves_its_open_calls_interrupted(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", FREE)
    _begin(journal, 7)
    tail = Tail(tmp_path / "w")
    assert not tail.poll().finished
    journal.close()
    batch = tail.poll()
    assert batch.finished
    assert [(call.target, call.outcome) for call in batch.calls] == [("/7", Outcome.INTERRUPTED)]
    tail.remove()
    assert writers(tmp_path) == []


async def test_a_torn_tail_is_cut_and_a_damaged_middle_set_aside(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", Rules(min_free_bytes=0))
    for number in range(3):
        _begin(journal, number)
        _end(journal, number)
    journal.close()
    path = segment_path(tmp_path / "w", 0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    torn = b"".join(pack(Kind.END, _id(9), 1, b"x" * 100))[:50]
    path.write_bytes(bytes(data) + torn)
    batch = Tail(tmp_path / "w").poll()
    assert batch.finished
    assert len(batch.quarantined) == 1
    assert batch.quarantined[0].read_bytes() in bytes(data)
    assert "/0" in _targets(batch.calls)
    assert "/2" in _targets(batch.calls)


async def test_events_and_configuration_come_along(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w", FREE)
    journal.config('{"a": 1}')
    journal.note("started", '{"pid": 1}')
    journal.close()
    events = Tail(tmp_path / "w").poll().events
    assert [(event.kind, event.detail) for event in events] == [
        ("config", '{"a": 1}'),
        ("started", '{"pid": 1}'),
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40), st.integers(1, 400))
def test_any_interleaving_read_in_any_pieces_gives_each_call_once(
    steps: list[tuple[int, bool]], limit: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        journal = JournalWriter(root, "w", FREE)
        tail = Tail(root / "w")
        opened: dict[int, int] = {}
        begun, ended, seen = 0, [], []
        for slot, poll in steps:
            if slot in opened:
                number = opened.pop(slot)
                _end(journal, number)
                ended.append(f"/{number}")
            else:
                begun += 1
                opened[slot] = begun
                _begin(journal, begun)
            if poll:
                batch = tail.poll(limit)
                seen += _targets(batch.calls)
                tail.release(batch.low)
                tail = Tail(root / "w", low=batch.low, done=batch.done)
        journal.close()
        finished = False
        while not finished:
            batch = tail.poll(limit)
            seen += _targets(batch.calls)
            finished = batch.finished
        assert sorted(seen) == sorted([*ended, *(f"/{n}" for n in opened.values())])
