"""`driftgate dashboard` as a command."""

import signal
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.commands import dashboard
from driftgate.dashboards.token import token
from driftgate.proxy.history import migrations
from driftgate.proxy.history.connect import Writer
from driftgate.proxy.running import Running
from driftgate.proxy.settings.model import Settings
from tests.support.backends import Start
from tests.support.processes import DRIFTGATE


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    writer = Writer(tmp_path / "driftgate.duckdb")
    migrations.migrate(writer.open(), tmp_path / "driftgate.duckdb")
    writer.close()
    writer.drop()
    return tmp_path / "driftgate.duckdb"


def runs_at(monkeypatch: pytest.MonkeyPatch, url: str, *, shown: bool = True) -> None:
    page = f"{url}/_driftgate/" if shown else None
    workers: dict[str, dict[str, Any]] = {"0": {"listen": url, "dashboard": page}}
    monkeypatch.setattr("driftgate.proxy.running.running", lambda _: Running(workers=workers))


def test_it_serves_a_history_that_no_proxy_writes(history: Path, proc: Start) -> None:
    command = [*DRIFTGATE, "dashboard", "--listen", "127.0.0.1:0", "--history", history]
    served = proc(command)
    url = served.wait_for(r"(http://\S+/_driftgate/)")[1]
    with urllib.request.urlopen(f"{url}static/app.js") as answer:
        assert answer.status == 200
    served.popen.send_signal(signal.SIGINT)
    assert served.popen.wait(10) == 0
    assert "Traceback" not in "\n".join(served.output)


def test_a_proxy_that_runs_shows_it_already(
    history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs_at(monkeypatch, "http://127.0.0.1:8787")
    assert cli.main(["dashboard"]) == 0
    assert capsys.readouterr().out == "http://127.0.0.1:8787/_driftgate/\n"


def test_the_link_has_the_token_where_one_is_asked_for(history: Path) -> None:
    settings = Settings(history=history)
    told = dashboard.link("http://0.0.0.0:8787", settings)
    assert told == f"http://127.0.0.1:8787/_driftgate/?token={token(settings)}"
    assert dashboard.link("http://[::]:80", settings).startswith(
        "http://[::1]:80/_driftgate/?token="
    )
    assert dashboard.link("http://[::1]:80", settings) == "http://[::1]:80/_driftgate/"


def test_a_proxy_without_it_is_said_so(
    history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs_at(monkeypatch, "http://127.0.0.1:8787", shown=False)
    assert cli.main(["dashboard"]) == 2
    assert "dashboard.on is false" in capsys.readouterr().err


def test_the_browser_is_opened_when_asked_to(
    history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def refuse(url: str) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr("webbrowser.open", refuse)
    runs_at(monkeypatch, "http://127.0.0.1:8787")
    assert cli.main(["dashboard", "--open"]) == 0
    assert opened == ["http://127.0.0.1:8787/_driftgate/"]
    assert "open the link yourself" in capsys.readouterr().err


def test_an_address_that_is_taken_is_said_in_one_line(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["dashboard", "--listen", f"127.0.0.1:{port}"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "choose another with --listen" in said


def test_no_history_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["dashboard"]) == 2
    assert "driftgate.duckdb" in capsys.readouterr().err
