"""`driftgate replay serve` as a command: its line, its end, its mistakes."""

import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate import cli
from driftgate.commands.replay_serve import _redactor
from driftgate.proxy.secret import redaction_key
from driftgate.proxy.settings.model import journal_root
from tests.replay.play.histories import Written, body, call
from tests.support.backends import Start
from tests.support.processes import DRIFTGATE, LISTENING
from tests.support.recorded_calls import call_id

CHAT = "/v1/chat/completions"


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    monkeypatch.chdir(tmp_path)
    written = Written(tmp_path / "h.duckdb")
    session = [("x-driftgate-session", "s-1")]
    silent: dict[str, Any] = {
        "chunks": call(1, "b").chunks[:1],
        "request_headers": session,
        "status": None,
    }
    written.add(call(0, "a", request_headers=session), call(1, "b", **silent))
    written.select([0, 1], "checkout")
    written.select([1], "empty", "5e1ec710-0000-4000-8000-000000000002")
    return written.path


@pytest.fixture
def refused(history: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command, which must not start; gives its one line."""

    def run(*words: str, code: int = 2) -> str:
        assert cli.main(["replay", "serve", *words]) == code
        told = capsys.readouterr()
        assert told.out == ""
        return told.err.splitlines()[-1]

    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_plays_and_ends_with_0(
    history: Path, proc: Start, number: signal.Signals
) -> None:
    process = proc([*DRIFTGATE, "replay", "serve", "checkout", "--listen", "127.0.0.1:0"])
    url = process.wait_for(LISTENING)[1]
    assert "1 recorded answer of selection checkout" in process.text
    assert "1 call left out: nothing was answered" in process.text
    with urllib.request.urlopen(f"{url}{CHAT}", body("a"), timeout=10) as answer:
        assert answer.read() == b"".join(chunk.data for chunk in call(0, "a").chunks)
        assert answer.headers["x-driftgate-replay-of"] == str(call_id(0))
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}{CHAT}", body("\x1b[31mother"), timeout=10)
    told = json.load(caught.value)["error"]["message"]
    assert "differs at /messages/0/content" in told
    process.wait_for("differs at /messages/0/content")
    assert process.stop(number) == 0
    assert "Traceback" not in process.text
    assert "\x1b" not in process.text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name a run or a selection, or give --session"),
        (("checkout", "--session", "s-1"), "one of the two"),
        (("chekout",), "no run and no selection 'chekout'; nearest: checkout"),
        (("last",), "no run yet"),
        (("empty",), "selection empty has no answer that can be played"),
        (("--session", "t"), "no session 't'; there are: s-1"),
        (("checkout", "--arm", "shadow"), "--arm shadow: expected one of record, baseline"),
        (("checkout", "--arm", "candidate"), "only a run has answers of the candidate"),
        (("--session", "s-1", "--arm", "baseline"), "a session has recorded answers only"),
        (("checkout", "--timing", "slow"), "--timing slow: expected none or recorded"),
        (("checkout", "--listen", "nowhere"), "--listen nowhere: not HOST:PORT"),
        (("checkout", "--history", "gone.duckdb"), "no history at gone.duckdb"),
        (("check\udcffout",), "is not valid UTF-8"),
    ],
)
def test_a_mistake_is_one_line_and_2(
    refused: Callable[..., str], words: tuple[str, ...], says: str
) -> None:
    assert says in refused(*words)


def test_an_address_that_is_taken_is_named(refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert f"cannot listen on {address}" in refused("checkout", "--listen", address)


def test_a_history_that_cannot_be_read_is_one_line_and_4(
    refused: Callable[..., str], history: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.duckdb").write_bytes(b"no database" * 1000)
    assert "damaged" in refused("checkout", "--history", "other.duckdb", code=4)
    with duckdb.connect(str(history)) as connection:
        connection.execute(
            "INSERT INTO schema_migrations VALUES ('999_future', now()::TIMESTAMP, 'x')"
        )
    assert "upgrade driftgate" in refused("checkout", code=4)


def test_secrets_that_the_settings_mask_are_masked_in_requests_too(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _redactor(history) is None
    (tmp_path / "driftgate.toml").write_text("[redact]\npatterns = ['sk-[a-z]+']\n")
    assert _redactor(history) is None
    assert "redaction.key" in capsys.readouterr().err
    redaction_key(journal_root(history))
    redactor = _redactor(history)
    assert redactor
    assert b"redacted:" in redactor.request_body(body("sk-abc"), None)
