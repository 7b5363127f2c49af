"""The tee: what is recorded of a call, redacted and within its limits."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.call import Call
from driftgate.proxy.errors import DiskFullError
from driftgate.proxy.journal import writer as journal_writer
from driftgate.proxy.journal.reader import Tail
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings
from driftgate.proxy.tee import Recorder, Tee

JSON = [(b"Content-Type", b"application/json")]
EVENTS = [(b"Content-Type", b"text/event-stream")]


class Taping:
    """A journal in a folder, and tees into it."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root
        self.journal = JournalWriter(root, "w", Rules(min_free_bytes=0))
        rules = RedactSettings(patterns=options.pop("patterns", []))
        values = {"body_limit": 100, **options}
        self.recorder = Recorder(self.journal, Redactor(b"k", rules), **values)

    def call(self) -> tuple[Call, Tee]:
        call = Call(bytes([1]) * 16, self.journal.now_ns(), "POST", upstream="u")
        return call, Tee(self.recorder, call)

    def ended(self) -> Recorded:
        (call,) = Tail(self.root / "w").poll().calls
        return call


async def _request(tee: Tee, body: bytes = b"{}") -> None:
    tee.request(JSON, body, client="1.2.3.4:5", target="/v1/x?key=abc", url="http://u")
    await tee.request_end()


async def test_a_call_comes_back_as_it_passed(tmp_path: Path) -> None:
    taping = Taping(tmp_path)
    call, tee = taping.call()
    await _request(tee, b"ask")
    at = tee.now_ns()
    tee.response(200, b"OK", JSON, at)
    tee.chunk(b"ans", at + 5)
    tee.chunk(b"wer", at + 9)
    tee.trailers([(b"X-Sum", b"1")])
    tee.end(Outcome.COMPLETED)
    back = taping.ended()
    assert (back.method, back.client, back.upstream, back.upstream_url) == (
        "POST",
        "1.2.3.4:5",
        "u",
        "http://u",
    )
    assert back.target.startswith("/v1/x?key=redacted:")
    assert (back.request_body, back.status, back.reason) == (b"ask", 200, "OK")
    assert [chunk.data for chunk in back.chunks] == [b"ans", b"wer"]
    assert back.trailers == [("X-Sum", "1")]
    assert back.first_byte_ns == at + 5 - call.started_ns
    assert back.outcome is Outcome.COMPLETED


async def test_only_the_first_end_counts(tmp_path: Path) -> None:
    taping = Taping(tmp_path)
    _, tee = taping.call()
    await _request(tee)
    tee.end(Outcome.CLIENT_GONE)
    tee.end(Outcome.FAILED, "later")
    assert taping.ended().outcome is Outcome.CLIENT_GONE


async def test_a_secret_split_over_chunks_never_reaches_the_disk(tmp_path: Path) -> None:
    taping = Taping(tmp_path, patterns=["sesame"])
    _, tee = taping.call()
    tee.request(JSON, b"", client="", target="/", url="")
    tee.request_part(b'{"a":"ses')
    tee.request_part(b'ame"}')
    await tee.request_end()
    tee.response(200, b"OK", EVENTS, tee.now_ns())
    tee.chunk(b'data: {"d":"se', tee.now_ns())
    tee.chunk(b'same"}\n\n', tee.now_ns())
    tee.end(Outcome.COMPLETED)
    back = taping.ended()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.seg"))
    assert b"sesame" not in written
    assert b"redacted:" in back.request_body
    assert len(back.chunks) == 2
    assert b"redacted:" in b"".join(chunk.data for chunk in back.chunks)


async def test_websocket_bytes_are_kept_within_the_limit(tmp_path: Path) -> None:
    taping = Taping(tmp_path, body_limit=4)
    _, tee = taping.call()
    await _request(tee, b"")
    tee.frame(b"abc", from_client=True)
    tee.frame(b"defgh", from_client=False)
    tee.frame(b"ij", from_client=True)
    tee.end(Outcome.COMPLETED)
    back = taping.ended()
    assert [(mine, data) for _, mine, data in back.frames] == [
        (True, b"abc"),
        (False, b"defg"),
        (True, b"i"),
    ]
    assert (back.request_size, back.response_size) == (5, 5)


@pytest.mark.parametrize("passing", [False, True])
async def test_a_disk_that_fills_within_a_call_ends_it_or_its_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passing: bool
) -> None:
    def broken(_fd: int, _buffers: list[bytes]) -> int:
        raise OSError(28, "No space left on device")

    taping = Taping(tmp_path, passing=passing)
    _, tee = taping.call()
    await _request(tee)
    monkeypatch.setattr(journal_writer, "write_all", broken)
    if passing:
        tee.end(Outcome.COMPLETED)
        assert not tee.recording
        assert taping.recorder.unrecorded == 1
    else:
        with pytest.raises(DiskFullError):
            tee.end(Outcome.COMPLETED)


async def test_a_full_journal_admits_calls_only_where_they_may_pass(tmp_path: Path) -> None:
    taping = Taping(tmp_path)
    assert taping.recorder.admits()
    taping.journal.full = "full"
    assert not taping.recorder.admits()
    taping.recorder.passing = True
    assert taping.recorder.admits()


async def test_what_comes_behind_the_end_is_no_call_of_its_own(tmp_path: Path) -> None:
    """The rest of an upload that was answered early, or of a websocket's client."""
    taping = Taping(tmp_path)
    _, tee = taping.call()
    await _request(tee, b"")
    tee.end(Outcome.COMPLETED)
    tee.request_part(b"late")
    await tee.request_end()
    tee.response(200, b"OK", [], 1)
    tee.chunk(b"late", 1)
    tee.trailers([(b"A", b"b")])
    tee.frame(b"late", from_client=True)
    taping.journal.close()
    calls = Tail(tmp_path / "w").poll().calls
    assert [call.outcome for call in calls] == [Outcome.COMPLETED]


async def _attempt(tee: Tee, body: bytes | None = b"{}", answer: bytes = b"answer") -> None:
    place = {"upstream": "u", "url": "http://u", "target": "/v1/x?key=abc", "dialect": "chat"}
    await tee.attempt(1, "first", **place, model="m", body=body)
    tee.attempt_response(200, b"OK", [*JSON, (b"Set-Cookie", b"secret")], tee.now_ns())
    tee.attempt_chunk(answer[:3], tee.now_ns())
    tee.attempt_chunk(answer[3:], tee.now_ns())


def _verdict(reason: str) -> dict[str, Any]:
    violation = {
        "source": "contract",
        "keyword": "type",
        "path": "text",
        "reason": reason,
        "severity": "error",
    }
    return {"contract": "builtin", "verdict": "fail", "violations": [violation], "judged_us": 5}


async def test_attempts_and_verdicts_come_back_redacted_as_all_else(tmp_path: Path) -> None:
    taping = Taping(tmp_path)
    _, tee = taping.call()
    await _request(tee)
    await _attempt(tee)
    tee.connected(7)
    await tee.attempt_end(Outcome.COMPLETED, judged=_verdict("wrong"))
    await tee.judged(_verdict("wrong"))
    tee.end(Outcome.COMPLETED)
    back = taping.ended()
    (attempt,) = back.attempts
    assert (attempt.number, attempt.reason, attempt.request_body) == (1, "first", b"{}")
    assert attempt.target.startswith("/v1/x?key=redacted:")
    assert dict(attempt.response_headers)["Set-Cookie"].startswith("redacted:")
    assert [chunk.data for chunk in attempt.chunks] == [b"ans", b"wer"]
    assert attempt.judged == back.judged == _verdict("wrong")


async def test_an_attempts_bodies_are_recorded_up_to_the_limit(tmp_path: Path) -> None:
    taping = Taping(tmp_path, body_limit=4)
    _, tee = taping.call()
    await _request(tee)
    await _attempt(tee, b"a long body")
    await tee.attempt_end(Outcome.COMPLETED)
    tee.end(Outcome.COMPLETED)
    (attempt,) = taping.ended().attempts
    assert attempt.request_body == b"a lo"
    assert b"".join(chunk.data for chunk in attempt.chunks) == b"answ"


async def test_under_body_rules_nothing_of_an_attempt_reaches_the_disk_in_clear(
    tmp_path: Path,
) -> None:
    taping = Taping(tmp_path, patterns=["hunter[0-9]"])
    _, tee = taping.call()
    await _request(tee)
    await _attempt(tee, b'{"p": "hunter2"}', b'{"q": "hunter2"}')
    await tee.attempt_end(Outcome.COMPLETED, judged=_verdict("'hunter2' is no number"))
    await tee.judged(_verdict("'hunter2' is no number"))
    tee.end(Outcome.COMPLETED)
    written = b"".join(path.read_bytes() for path in taping.root.rglob("*.seg"))
    assert b"hunter2" not in written
    back = taping.ended()
    (attempt,) = back.attempts
    assert attempt.request_body is not None
    assert attempt.request_body.startswith(b'{"p": "redacted:')
    assert b"".join(chunk.data for chunk in attempt.chunks).startswith(b'{"q": "redacted:')
    for judged in (attempt.judged, back.judged):
        assert (judged["verdict"], judged["violations"][0]["keyword"]) == ("fail", "type")
        assert judged["violations"][0]["reason"].startswith("not recorded")
