"""The journal's writer against a real file system, a full one included."""

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftgate.proxy.errors import DiskFullError, JournalError
from driftgate.proxy.journal import head, late
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.reader import Tail, segment_path, writers
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded, Replayed
from tests.support import disk

CALL = bytes(range(16))
FREE = Rules(min_free_bytes=0)
MARK = head.replayed(Replayed(bytes(16), "shadow", bytes(16)))
REQUEST = head.request("POST", "/v1/x", client="c", upstream="u", url="http://u", pairs=[])


def _one_call(journal: JournalWriter, call_id: bytes, body: bytes = b"body") -> None:
    journal.add(Kind.REQUEST, call_id, journal.now_ns(), REQUEST + body)
    journal.commit(call_id)
    journal.add(Kind.END, call_id, journal.now_ns(), head.end(Outcome.COMPLETED))
    journal.commit(call_id)


def _calls(root: Path) -> list[Recorded]:
    return [call for folder in writers(root) for call in Tail(folder).poll().calls]


async def test_what_is_committed_can_be_read_at_once(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    _one_call(journal, CALL)
    assert [call.request_body for call in _calls(tmp_path)] == [b"body"]


async def test_what_is_put_is_written_soon(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    journal.put(Kind.END, CALL, 1, head.end(Outcome.COMPLETED))
    assert _calls(tmp_path) == []
    async with asyncio.timeout(5):
        while not _calls(tmp_path):
            await asyncio.sleep(0.005)


async def test_segments_follow_each_other_and_all_are_read(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w1", Rules(segment_bytes=300, min_free_bytes=0))
    for number in range(20):
        _one_call(journal, number.to_bytes(16, "big"))
    assert len(list((tmp_path / "w1").glob("*.seg"))) > 5
    assert len(_calls(tmp_path)) == 20


async def test_synced_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    journal = JournalWriter(tmp_path, "w1", FREE)
    running = asyncio.create_task(journal.run())
    _one_call(journal, CALL)
    async with asyncio.timeout(5):
        await journal.synced()
    assert synced
    running.cancel()


async def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"cannot make the journal .*Not a directory.*--history"):
        JournalWriter(tmp_path / "file", "w1", FREE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KB."""
    with disk.small_disk(tmp_path, "256k") as folder:
        yield folder


async def test_a_full_disk_loses_only_what_it_says(small_disk: Path) -> None:
    journal = JournalWriter(small_disk, "w1", FREE)
    first, second, third = (bytes([number]) * 16 for number in (1, 2, 3))
    _one_call(journal, first)
    (small_disk / "ballast").write_bytes(bytes(200 << 10))
    with pytest.raises(DiskFullError, match="No space left"):
        _one_call(journal, second, bytes(100 << 10))
    assert journal.has_lost(second)
    assert not journal.has_lost(first)
    (small_disk / "ballast").unlink()
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(5):
        while journal.has_lost(second):
            await asyncio.sleep(0.01)
    running.cancel()
    _one_call(journal, third)
    assert [(call.call_id, call.outcome) for call in _calls(small_disk)] == [
        (first, Outcome.COMPLETED),
        (second, Outcome.FAILED),
        (third, Outcome.COMPLETED),
    ]


async def test_rows_that_the_disk_did_not_take_are_written_when_there_is_space_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(late, "LATE_BYTES", 300)
    journal = JournalWriter(tmp_path, "w1", FREE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", _broken)
        journal.rows("agent_starts", [{"a": 1}])
        journal.rows("agent_ends", [{"a": 2}])
        journal.rows("agent_item_rows", [{"a": "x" * 300}])
    assert "rows for agent_item_rows are not recorded" in caplog.text
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(5):
        while journal.full is not None:
            await asyncio.sleep(0.005)
    running.cancel()
    assert b"agent_starts" in (data := segment_path(tmp_path / "w1", 0).read_bytes())
    assert b"agent_ends" in data
    assert data.count(b"agent_") == 2
    journal.close()


async def test_a_short_write_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.writev
    monkeypatch.setattr(os, "writev", lambda fd, buffers: real(fd, [buffers[0][:7]]))
    journal = JournalWriter(tmp_path, "w1", FREE)
    _one_call(journal, CALL)
    assert len(_calls(tmp_path)) == 1


async def test_low_space_closes_the_gate_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = JournalWriter(tmp_path, "w1", Rules(min_free_bytes=1 << 60))
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(5):
        while journal.full is None:
            await asyncio.sleep(0.01)
    running.cancel()
    assert "MB needed" in journal.full


async def test_a_write_error_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)

    def broken(_fd: int, _buffers: list[bytes]) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "writev", broken)
    with pytest.raises(DiskFullError, match="Input/output error"):
        _one_call(journal, CALL)


@pytest.mark.parametrize("mark", [None, MARK], ids=["live", "replay"])
async def test_a_call_that_goes_on_after_a_full_disk_ends_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: bytes | None
) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    journal.add(Kind.REQUEST, CALL, journal.now_ns(), REQUEST)
    if mark is not None:
        journal.add(Kind.REPLAYED, CALL, journal.now_ns(), mark)
    journal.commit(CALL, mark)
    await _full_for_a_while(journal, monkeypatch, CALL)
    journal.put(Kind.CHUNK, CALL, journal.now_ns(), b"more")
    journal.add(Kind.END, CALL, journal.now_ns(), head.end(Outcome.COMPLETED))
    with pytest.raises(DiskFullError):  # the client must not see it finished
        journal.commit(CALL, mark)
    other = bytes(range(16, 32))
    journal.add(Kind.REQUEST, other, journal.now_ns(), REQUEST)
    journal.commit(other)
    await _full_for_a_while(journal, monkeypatch, other)  # nothing of the first one is left to say
    journal.close()
    assert [(call.call_id, call.outcome) for call in _calls(tmp_path)] == [
        (CALL, Outcome.FAILED),
        (other, Outcome.FAILED),
    ]


async def test_a_replay_whose_beginning_is_lost_is_marked_and_lasts_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", _broken)
        journal.add(Kind.REQUEST, CALL, journal.now_ns(), REQUEST)
        journal.add(Kind.REPLAYED, CALL, journal.now_ns(), MARK)
        with pytest.raises(DiskFullError):
            journal.commit(CALL, MARK)
    await _regained(journal, CALL)
    journal.close()
    [call] = _calls(tmp_path)
    assert call.replayed is not None
    assert (call.replayed.arm, call.outcome, call.ended_ns) == ("shadow", Outcome.FAILED, 0)


async def _full_for_a_while(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch, call_id: bytes
) -> None:
    """The disk takes nothing more of this call, and then it can be written again."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", _broken)
        journal.put(Kind.CHUNK, call_id, journal.now_ns(), b"lost")
        async with asyncio.timeout(5):
            while not journal.has_lost(call_id):
                await asyncio.sleep(0.005)
    await _regained(journal, call_id)


async def _regained(journal: JournalWriter, call_id: bytes) -> None:
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(5):
        while journal.has_lost(call_id):
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _broken(_fd: int, _buffers: list[bytes]) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_segment_that_fills_up_while_it_waits_for_its_sync_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop's own threads may all be busy with name lookups, and descriptors are used again."""
    real, synced = os.fsync, set[str]()

    def fsync(descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("platform: no /proc to see which file a descriptor means")
    monkeypatch.setattr(os, "fsync", fsync)
    journal = JournalWriter(tmp_path, "w1", Rules(segment_bytes=100, min_free_bytes=0))
    running = asyncio.create_task(journal.run())
    for number in range(30):
        for part in range(3):
            _one_call(journal, bytes([number, part]) * 8)
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await journal.synced()
    segments = {path.name for path in (tmp_path / "w1").glob("*.seg")}
    assert len(segments) > 30
    assert segments <= synced
    assert {"w1", tmp_path.name} <= synced
    assert not running.done()
    running.cancel()


async def test_a_disk_that_fails_to_sync_tells_those_who_wait_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    journal = JournalWriter(tmp_path, "w1", FREE)
    running = asyncio.create_task(journal.run())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        _one_call(journal, CALL)
        async with asyncio.timeout(5):
            with pytest.raises(DiskFullError, match="Input/output error"):
                await journal.synced()
        why = journal.full
    assert "Input/output error" in (why or "")
    async with asyncio.timeout(5):
        await journal.synced()
        while journal.full:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    journal.close()


async def test_a_closed_journal_writes_into_nobody_else_s_file(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    journal.close()
    other = (tmp_path / "other").open("wb", buffering=0)
    with pytest.raises(DiskFullError):
        _one_call(journal, CALL)
    assert (tmp_path / "other").read_bytes() == b""
    other.close()


async def test_the_contracts_in_force_come_back_as_an_event(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "w1", FREE)
    journal.contracts('[{"name": "a\\n"}]')
    (event,) = Tail(tmp_path / "w1").poll().events
    assert (event.kind, event.detail) == ("contracts", '[{"name": "a\\n"}]')
    journal.close()
