"""`driftgate demo`: it runs, shows what was recorded, ends by itself, leaves nothing behind."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftgate.commands import demo
from driftgate.demo.questions import QUESTIONS
from driftgate.proxy.errors import UsageError
from tests.support.backends import Start
from tests.support.waiting import wait_until

COMMAND = [sys.executable, "-m", "driftgate", "demo"]
_TMP = "/tmp" if Path("/tmp").is_dir() else None
_ADDRESS = re.compile(r" at http://127\.0\.0\.1:(\d+)")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for temporary files whose path leaves room for a unix socket's (108 bytes)."""
    folder = Path(tempfile.mkdtemp(dir=_TMP))
    yield folder
    # behind a demo that was killed the historian still writes what it has read
    wait_until(lambda: _removed(folder), 30, what=f"the end of all who write into {folder}")


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _open(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.timeout(100)
def test_the_demo_shows_what_was_recorded_and_cleans_up(short_folder: Path) -> None:
    began = time.monotonic()
    environment = {**os.environ, "TMPDIR": str(short_folder)}
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    for title in QUESTIONS:
        assert f"{title}\n$ driftgate query" in done.stdout
    for shown in ("gemma4-sim:v2", "exec_command", "upstream_reset", "client_gone", "get_weather"):
        assert shown in done.stdout
    assert "The tool says: hello from the sandbox" in done.stdout.partition("driftgate show")[2]
    assert "OPENAI_BASE_URL" in done.stdout
    assert "which is wrong" not in done.stderr
    ports = _ADDRESS.findall(done.stderr)
    assert len(ports) == 2
    assert not any(map(_open, ports))
    assert list(short_folder.glob("driftgate-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_demo_that_is_stopped_leaves_no_process(
    number: signal.Signals, short_folder: Path
) -> None:
    environment = {**os.environ, "TMPDIR": str(short_folder)}
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stderr is not None
            told = process.stderr.readline() + process.stderr.readline()
            ports = _ADDRESS.findall(told)
            assert len(ports) == 2, told
            assert all(map(_open, ports))
            process.send_signal(number)
            process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode != 0
    limit = time.monotonic() + 20
    while any(map(_open, ports)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(_open, ports))
    if number != signal.SIGKILL:
        assert list(short_folder.glob("driftgate-demo-*")) == []


def test_missing_clients_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pip" or None)
    with pytest.raises(UsageError, match="-m pip install openai ollama"):
        demo.command()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"uv pip install --python .* openai ollama"):
        demo.command()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--keep"):
        demo.command(keep=tmp_path / "file")


@pytest.mark.timeout(100)
def test_it_stays_for_those_who_look_and_goes_with_ctrl_c(short_folder: Path, proc: Start) -> None:
    staying = proc([*COMMAND, "--stay"], env={"TMPDIR": str(short_folder)})
    page = staying.wait_for(r"as you look: (http://\S+)", 60)[1]
    with urllib.request.urlopen(f"{page}static/app.js") as answer:
        assert answer.status == 200
    staying.popen.send_signal(signal.SIGINT)
    assert staying.popen.wait(30) == 0
    assert "Traceback" not in "\n".join(staying.output)


class _Flaky:
    """Traffic whose calls fail as told, and a person who leaves behind the last one."""

    def __init__(self, *fails: bool) -> None:
        self._fails = iter(fails)
        self.closed = False

    @property
    def scenes(self) -> dict[str, Callable[[], str]]:
        return {"a scene": self.play}

    def play(self) -> str:
        fails = next(self._fails, None)
        if fails is None:
            raise KeyboardInterrupt
        if fails:
            raise TimeoutError("no answer")
        return "done"

    def close(self) -> None:
        self.closed = True


def test_a_call_that_fails_does_not_end_the_stay_but_three_in_a_row_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "PAUSE_S", 0)
    for fails in ((True, True, False, True, True), (True, True, True)):
        traffic = _Flaky(*fails)
        monkeypatch.setattr("driftgate.demo.traffic.Traffic", lambda _, made=traffic: made)
        if len(fails) > demo.PATIENCE:
            demo._stay("http://127.0.0.1:1")
            assert capsys.readouterr().err.count("a scene: no answer") == 4
        else:
            with pytest.raises(TimeoutError):
                demo._stay("http://127.0.0.1:1")
        assert traffic.closed
