"""An arm's own proxy and agents, while a run asks them: what Codex asks of the model is recorded too.

A turn is more than one answer: Codex calls the model again and again. In a run these calls go through
a proxy that belongs to the arm alone. It records them as the arm's, beside the run's own journals, and
its upstreams are those of the record as the arm's configuration changes them.
"""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from uuid import uuid4

from driftgate.proxy import admin
from driftgate.proxy.agent.codex.program import find
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.settings.shadow import Shadow
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.run.hold import held
from driftgate.replay.run.room import room
from driftgate.replay.run.targets import CouldNotCheckError

START_S = 30.0  # how long both processes may take until they answer
STOP_S = 15.0  # how long the end may take
POLL_S = 0.05


class Stack:
    """Both processes while the block runs. url: of the arm's proxy; `/u/NAME` is an upstream of it.

    What the arm's Codex processes keep, and where its turns work, lies in a folder of its own.
    """

    def __init__(
        self,
        settings: Settings,
        upstreams: Mapping[str, Upstream],
        arm: str,
        *,
        contracts: Path | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            settings: of the run.
            upstreams: of the arm's proxy, agents among them; see `beneath`.
            arm: its name.
            contracts: the folder of the arm's contracts; None: those in force.
        """
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._address = self._listening.getsockname()
        self.url = f"http://127.0.0.1:{self._address[1]}"
        self._arm = arm
        self._agents = any(each.codex is not None for each in upstreams.values())
        update = {
            "listen": self.url.removeprefix("http://"),
            "upstreams": dict(upstreams),
            "workers": 1,
            "shadow": Shadow(),
            "announce_verdict": False,
            "log_level": "error",
            **({} if contracts is None else {"contracts": contracts}),
        }
        self._settings = settings.model_copy(update=update)
        self._socket = admin.socket_path(settings.history, f"agents-{arm}-{self._address[1]}")
        self._name = str(uuid4())
        self._opened = contextlib.ExitStack()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as this lives
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        told: dict[str, Any] = {
            "settings": self._settings.model_dump(mode="json"),
            "agents_socket": str(self._socket),
        }
        worker = {**told, "fd": self._listening.fileno(), "number": 0, "replays": True}
        try:
            if self._agents:
                self._find()
                host = {**told, "url": self.url, "folder": str(self._room())}
                self._start("driftgate.proxy.agent.host", host)
            self._listening.listen()
            self._start("driftgate.proxy.worker", worker, self._listening.fileno())
            self._listening.close()
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def check(self) -> None:
        """Raises CouldNotCheckError where one of them has ended: what fails then is nobody's answer."""
        for process in self._processes:
            if (code := process.poll()) is not None:
                how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
                raise CouldNotCheckError(
                    f"the {self._arm}'s own proxy has ended during the run ({how}): {self._last_words()}; "
                    "what was asked is kept, --resume goes on from there"
                )

    def _room(self) -> Path:
        self._opened.enter_context(held(self._settings.history, self._name))
        return self._opened.enter_context(room(self._settings.history, self._name))

    def _find(self) -> None:
        """Whether the agents' programs are there, before anything waits for them."""
        for upstream in self._settings.upstreams.values():
            if upstream.codex is not None:
                try:
                    find(upstream.codex)
                except AgentError as error:
                    raise CouldNotCheckError(f"nothing was checked: {error}") from None

    def _start(self, module: str, task: Mapping[str, Any], *fds: int) -> None:
        # a session of its own: Ctrl-C in the terminal is for the run, which then stops it
        process = subprocess.Popen(  # noqa: S603 - a module of ours
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stderr=self._said,
            pass_fds=fds,
            start_new_session=True,
            umask=0o077,
        )
        self._processes.append(process)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()

    def _wait(self) -> None:
        """Until both answer."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._serves() and (not self._agents or self._has_agents()):
                return
            time.sleep(POLL_S)
            if any(process.poll() is not None for process in self._processes):
                raise CouldNotCheckError(f"nothing was checked: {self._last_words()}")
        raise CouldNotCheckError(
            f"nothing was checked: the {self._arm}'s own proxy did not start within {START_S:g} s: "
            f"{self._last_words()}"
        )

    def _serves(self) -> bool:
        """Whether the proxy answers; the system takes connections before it does."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(self._address, START_S) as asking,
        ):
            asking.sendall(b"GET /u// HTTP/1.0\r\n\r\n")  # is for no upstream
            return bool(asking.recv(1))
        return False

    def _has_agents(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self._socket))
            return True
        return False

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1].removeprefix("driftgate: ") if said else "it said nothing"

    def _stop(self) -> None:
        """First the agents, which ask the proxy, then the proxy."""
        self._listening.close()
        for process in self._processes:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._said.close()
        self._opened.close()
        with contextlib.suppress(OSError):
            self._socket.unlink()
