"""The processes that are measured: started, pinned, their CPU and memory read from /proc."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from driftgate.proxy.admin import ask, socket_path
from tests.bench.load import Plan, Times
from tests.support.processes import free_port

TICK = os.sysconf("SC_CLK_TCK")
PROXY_CPU, OTHER_CPU, BOTH_CPUS = "1", "0", "0,1"
_HISTORIAN = b"driftgate.proxy.historian"  # as its command line names it
CONTRACT = Path(__file__).with_name("bench.toml")


def pinned(cpu: str) -> list[str]:
    """The prefix that keeps a command on these cores, where there are two and a way to say so."""
    several = (os.cpu_count() or 1) > 1
    return ["taskset", "-c", cpu] if several and shutil.which("taskset") else []


@dataclass
class Target:
    """Something that calls can be sent to. `history` is driftgate's, if it is one."""

    name: str
    port: int
    process: subprocess.Popen[bytes] | None
    history: Path | None = None
    _ended: list[bool] = field(default_factory=list)

    def cpu_s(self) -> float:
        """User and system seconds of the process that serves."""
        return cpu_s(self.process.pid) if self.process else 0.0

    def ingest_cpu_s(self) -> float:
        """Those of its historian."""
        return sum(cpu_s(pid) for pid in self._children(_HISTORIAN))

    def others_cpu_s(self) -> float:
        """Those of all its processes beside the one that serves."""
        return sum(cpu_s(pid) for pid in self._children())

    def memory_mb(self) -> float:
        """Peak of the process that serves."""
        return peak_mb(self.process.pid) if self.process else 0.0

    def ingest_memory_mb(self) -> float:
        """Peak of its historian."""
        return sum(peak_mb(pid) for pid in self._children(_HISTORIAN))

    def _children(self, module: bytes = b"") -> list[int]:
        assert self.process is not None
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(p) for p in found if module in Path(f"/proc/{p}/cmdline").read_bytes()]

    def drain(self) -> None:
        """Waits until the historian has written all that was recorded."""
        assert self.history is not None
        while not (ask(socket_path(self.history, "history"), {"op": "drain"}, 300) or {}).get(
            "drained"
        ):
            time.sleep(0.05)

    def freeze(self, *, frozen: bool) -> None:
        """Stops an idle target, so that its timers do not disturb the one that is measured."""
        if self.process is not None:
            for pid in (self.process.pid, *self._children()):
                os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self) -> None:
        """Ends it."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
                self.process.terminate()
            self.process.wait(60)


def cpu_s(pid: int) -> float:
    """User and system seconds of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


def peak_mb(pid: int) -> float:
    """The most memory that a process has held, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def start(
    name: str, module: str, *args: str, cpu: str, port: int, history: Path | None = None
) -> Target:
    """Starts a Python module and waits until its port answers."""
    command = [*pinned(cpu), sys.executable, "-m", module, *args]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
            return Target(name, port, process, history)
        time.sleep(0.05)
    process.kill()
    raise TimeoutError(f"{name} does not answer")


def start_all(folder: Path) -> dict[str, Target]:
    """The upstream, the plain pass-through, driftgate without contracts and with them."""
    targets: dict[str, Target] = {}
    try:
        for target in _started(folder):
            targets[target.name] = target
    except BaseException:
        for target in targets.values():
            target.stop()
        raise
    for target in targets.values():
        if target.history is not None:
            target.drain()
    return targets


def _started(folder: Path) -> Iterator[Target]:
    up, plain = free_port(), free_port()
    yield start("direct", "tests.bench.upstream", str(up), cpu=OTHER_CPU, port=up)
    arguments = (str(plain), str(up))
    yield start("plain", "tests.bench.passthrough", *arguments, cpu=PROXY_CPU, port=plain)
    yield gateway("driftgate", folder, up)
    yield gateway("observe", folder, up, contract="observe")
    yield gateway("enforce", folder, up, contract="enforce")
    yield gateway("adapt", folder, up, adapt='adapt = "responses-to-chat"')


def gateway(name: str, folder: Path, up: int, *, contract: str = "", adapt: str = "") -> Target:
    """One driftgate with a history of its own, in front of the port `up`.

    contract: the mode of the one that applies; none where empty. adapt: a line of the upstream's settings.
    """
    home, port = folder / name, free_port()
    contracts = home / "contracts"
    contracts.mkdir(parents=True)
    if contract:
        shutil.copy(CONTRACT.with_suffix(".schema.json"), contracts)
        text = CONTRACT.read_text().replace('mode = "observe"', f'mode = "{contract}"')
        (contracts / CONTRACT.name).write_text(text)
    config, history = home / "driftgate.toml", home / "history.duckdb"
    config.write_text(f'[upstreams.bench]\nurl = "http://127.0.0.1:{up}"\n{adapt}\n')
    serve = ["serve", "--config", str(config), "--listen", f"127.0.0.1:{port}"]
    serve += ["--history", str(history), "--contracts", str(contracts)]
    return start(name, "driftgate", *serve, cpu=PROXY_CPU, port=port, history=history)


def send(target: Target, plan: Plan) -> Times:
    """Sends a plan from a process of its own."""
    command = [*pinned(OTHER_CPU), sys.executable, "-m", "tests.bench.load", str(target.port)]
    output = subprocess.run(
        [*command, json.dumps(asdict(plan))], capture_output=True, text=True, check=False
    )
    if output.returncode:
        raise RuntimeError(f"{target.name}: {output.stderr[-500:]}")
    return Times(**json.loads(output.stdout))
