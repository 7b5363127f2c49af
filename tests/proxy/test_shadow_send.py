"""One copy on its way: whose credentials it carries, and what its record says."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import shadow_send
from driftgate.proxy.journal import writer as journal_writer
from driftgate.proxy.journal.reader import Tail
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded, Replayed
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings, Settings
from driftgate.proxy.shadow_choice import Copied
from driftgate.proxy.shadow_send import Job, Sender
from driftgate.proxy.tee import Recorder
from tests.support.scripted import Exchange, Scripted, always, sized

OF = bytes(range(16))
SECRETS = (
    (b"Authorization", b"Bearer sesame-1"),
    (b"X-Api-Key", b"sesame-2"),
    (b"Cookie", b"a=sesame-3"),
    (b"X-Ours", b"sesame-4"),
)
PLAIN = ((b"Content-Type", b"application/json"), (b"session-id", b"s"), (b"User-Agent", b"codex"))


class Sending:
    """A sender with its journal."""

    def __init__(
        self,
        root: Path,
        url: str,
        asked: str = "http://other:1",
        new: dict[str, Any] | None = None,
        **shadow: Any,
    ) -> None:
        self.root = root
        self.settings = Settings.model_validate(
            {
                "upstreams": {"default": {"url": asked}, "new": {"url": url, **(new or {})}},
                "redact": {"headers": ["x-ours"]},
                "shadow": {"upstream": "new", **shadow},
            }
        )
        self.journal = JournalWriter(root, "w", Rules(min_free_bytes=0))
        redactor = Redactor(b"key", RedactSettings(headers=["x-ours"]))
        self.recorder = Recorder(self.journal, redactor, body_limit=1 << 16, durable=True)
        self.sender = Sender(self.settings, self.recorder)

    async def send(self, *pairs: tuple[bytes, bytes], target: str = "/v1/responses") -> None:
        async with asyncio.timeout(10):
            while (permit := self.sender.permit()) is None:
                await asyncio.sleep(0.002)
        copied = Copied("responses", target, (*PLAIN, *pairs), b'{"input":"hi"}')
        await self.sender.send(Job(OF, "default", copied), permit)

    def ended(self) -> list[Recorded]:
        return Tail(self.root / "w").poll().calls


async def test_a_candidate_elsewhere_gets_none_of_the_client_s_secrets(tmp_path: Path) -> None:
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        await sending.send(*SECRETS, target="/v1/responses?key=sesame-5&a=b")
    [seen] = candidate.seen
    assert b"sesame" not in seen.head
    assert seen.target == "/v1/responses"
    assert all(b"%b: %b\r\n" % pair in seen.head for pair in PLAIN)


async def test_a_copy_is_no_part_of_the_client_s_trace(tmp_path: Path) -> None:
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        await sending.send((b"TraceParent", b"00-1-2-01"), (b"tracestate", b"a=1"))
    assert b"trace" not in candidate.seen[0].head.lower()


async def test_a_candidate_behind_the_same_address_gets_them(tmp_path: Path) -> None:
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, f"{candidate.url}/new", candidate.url + "/old")
        await sending.send(*SECRETS, target="/v1/responses?key=sesame-5")
    [seen] = candidate.seen
    assert all(b"%b: %b\r\n" % pair in seen.head for pair in SECRETS)
    assert seen.target == "/new/v1/responses?key=sesame-5"
    [copy] = sending.ended()
    assert "sesame" not in str(copy)


@pytest.mark.parametrize("asked", ["https://127.0.0.1:{port}", "http://127.0.0.1:1{port}"])
async def test_another_scheme_or_port_is_elsewhere(tmp_path: Path, asked: str) -> None:
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        port = str(candidate.port)[-4:]
        sending = Sending(tmp_path, candidate.url, asked.format(port=port))
        await sending.send(*SECRETS)
    assert b"sesame" not in candidate.seen[0].head


async def test_a_key_of_its_own_takes_the_place_of_the_client_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "sesame-own\n")
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url, candidate.url, api_key_env="THE_KEY")
        await sending.send(*SECRETS)
    head = candidate.seen[0].head
    assert head.lower().count(b"authorization:") == 1
    assert b"\r\nAuthorization: Bearer sesame-own\r\n" in head
    assert "sesame" not in str(sending.ended())
    assert "sesame" not in str(sending.settings.effective())


@pytest.mark.parametrize("key", [None, "", "two\r\nlines", "é"])
async def test_a_key_that_is_none_is_said_once_and_not_sent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str | None,
) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("THE_KEY", key)
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url, api_key_env="THE_KEY")
        await sending.send()
    assert b"authorization" not in candidate.seen[0].head.lower()
    assert caplog.messages == [
        "shadow.api_key_env: THE_KEY holds no key; the candidate is asked without one"
    ]


async def test_the_record_is_that_of_a_replay_with_all_that_came(tmp_path: Path) -> None:
    parts = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n",)
    body = (b"2\r\nab\r\n", b"3\r\ncde\r\n", b"0\r\nX: y\r\n\r\n")
    async with Scripted(always(*parts, *body)).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        await sending.send((b"X-Ours", b"sesame"))
    [copy] = sending.ended()
    assert copy.replayed == Replayed(bytes(16), "shadow", OF, 1)
    assert b"".join(chunk.data for chunk in copy.chunks) == b"abcde"
    assert (copy.status, copy.trailers, copy.outcome) == (200, [("X", "y")], Outcome.COMPLETED)
    assert (copy.client, copy.upstream, copy.upstream_url) == ("", "new", candidate.url)
    assert copy.request_body == b'{"input":"hi"}'
    assert (sending.sender.sent, sending.sender.failed) == (1, 0)


async def test_an_answer_of_a_server_that_is_down_opens_the_breaker(tmp_path: Path) -> None:
    async with Scripted(always(sized(b"busy", status=b"503 Busy"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        for _ in range(5):
            await sending.send()
        assert sending.sender.permit() is None
    assert (sending.sender.failed, sending.sender.last_error) == (5, "it answers 503")
    assert [copy.outcome for copy in sending.ended()] == [Outcome.COMPLETED] * 5


async def test_a_model_that_never_ends_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not exchange.writer.is_closing():
            await exchange.send(b"400\r\n%b\r\n" % bytes(1024))

    monkeypatch.setattr(shadow_send, "LEAST_LIMIT", 1 << 16)
    async with Scripted(endless).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        async with asyncio.timeout(10):
            await sending.send()
            await candidate.seen[0].closed.wait()
    [copy] = sending.ended()
    assert copy.outcome is Outcome.UPSTREAM_INVALID
    assert "it is longer than 65536 bytes" in (sending.sender.last_error or "")


async def test_a_model_that_says_a_little_for_ever_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, never = asyncio.Event(), asyncio.Event()

    async def hangs(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        there.set()
        await never.wait()

    monkeypatch.setattr(shadow_send, "LONGEST_S", 0.05)
    async with Scripted(hangs).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        await sending.send()
        await there.wait()
    [copy] = sending.ended()
    assert copy.outcome is Outcome.UPSTREAM_INVALID
    assert "it had no end within 0.05 s" in (sending.sender.last_error or "")
    assert sending.sender.permit() is not None


async def test_a_disk_that_fills_ends_the_copy_and_blames_no_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_fd: int, _buffers: list[bytes]) -> int:
        raise OSError(28, "No space left on device")

    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        with monkeypatch.context() as patch:
            patch.setattr(journal_writer, "write_all", broken)
            await sending.send()
        assert candidate.seen == []
        assert sending.journal.full
        assert sending.sender.permit() is not None
        assert sending.recorder.unrecorded == 0
        running = asyncio.create_task(sending.journal.run())
        async with asyncio.timeout(5):
            while sending.sender.full:
                await asyncio.sleep(0.01)
        running.cancel()
    [copy] = sending.ended()
    assert copy.replayed == Replayed(bytes(16), "shadow", OF, 1)


async def test_a_fault_of_ours_ends_the_record_and_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    async with Scripted(always(sized(b"{}"))).running() as candidate:
        sending = Sending(tmp_path, candidate.url)
        monkeypatch.setattr("driftgate.proxy.tee.Tee.chunk", broken)
        await sending.send()
    [copy] = sending.ended()
    assert (copy.outcome, sending.sender.failed) == (Outcome.FAILED, 1)
    assert "failed inside driftgate" in caplog.text
    assert sending.sender.permit() is not None


async def test_one_that_is_cut_off_says_so_and_lets_the_next_probe_go(tmp_path: Path) -> None:
    there, never = asyncio.Event(), asyncio.Event()

    async def hangs(_exchange: Exchange) -> None:
        there.set()
        await never.wait()

    async with Scripted(always(sized(b"", status=b"503 Busy"))).running() as candidate:
        breaker = {"breaker_failures": 1, "breaker_open_s": 0.01}
        sending = Sending(tmp_path, candidate.url, new=breaker)
        await sending.send()
        candidate.answer = hangs
        task = asyncio.create_task(sending.send())
        await there.wait()
        assert sending.sender.permit() is None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sending.sender.permit() is not None
    copy = sending.ended()[-1]
    assert (copy.outcome, copy.error) == (
        Outcome.INTERRUPTED,
        "driftgate stopped while the call ran",
    )
