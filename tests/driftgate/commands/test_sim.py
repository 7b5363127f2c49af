"""`driftgate sim` as a process: its line, its end, its mistakes."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from driftgate.sim.faults import FAULTS

COMMAND = [sys.executable, "-m", "driftgate", "sim"]


@contextmanager
def _started(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    with subprocess.Popen([*COMMAND, *options], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.match(
                r"driftgate sim: listening on (http://\S+), models gemma4-sim:v1", line
            )
            assert found, line
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_even_while_it_streams(number: signal.Signals) -> None:
    with _started("--listen", "127.0.0.1:0", "--tokens-per-second", "5") as (process, url):
        body = json.dumps({"prompt": "count to 1000", "stream": True}).encode()
        with urllib.request.urlopen(f"{url}/v1/completions", body, timeout=10) as answer:
            assert answer.readline().startswith(b"data: ")
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 5


def test_a_port_in_use_is_one_line_and_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [*COMMAND, "--listen", address], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert address in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--listen", "nowhere"),
        ("--model", "gpt"),
        ("--fault", "fault=sloth"),
        ("--unknown-model", "maybe"),
        ("--responses-format", "maybe"),
        ("--context", "1"),
    ],
)
def test_a_mistake_is_one_line_and_2(options: tuple[str, str]) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert options[0] in done.stderr


def test_the_faults_are_listed() -> None:
    done = subprocess.run([*COMMAND, "--faults"], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in done.stdout for name in FAULTS)


def test_a_server_of_little_understanding_can_be_had() -> None:
    options = ("--listen", "127.0.0.1:0", "--chat-only", "--plain-tools")
    with _started(*options, "--fault", "fault=fenced_json|cut_json; rate=0.3") as (_, url):
        body = json.dumps({"input": "hello"}).encode()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/v1/responses", body, timeout=10)
        assert caught.value.code == 404
        tools = [{"type": "custom", "custom": {"name": "x"}}]
        body = json.dumps({"messages": [], "tools": tools}).encode()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/v1/chat/completions", body, timeout=10)
        assert caught.value.code == 400


def test_a_server_that_drops_tools_can_be_had() -> None:
    with _started("--listen", "127.0.0.1:0", "--drop-tools") as (_, url):
        tools = [{"type": "custom", "name": "x", "description": "Writes."}]
        counts = []
        for body in ({"input": "hello"}, {"input": "hello", "tools": tools}):
            data = json.dumps(body).encode()
            with urllib.request.urlopen(f"{url}/v1/responses", data, timeout=10) as answer:
                counts.append(json.load(answer)["usage"]["input_tokens"])
    assert counts[0] == counts[1]
