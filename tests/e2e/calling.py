"""Calls as a client with no library makes them, and commands as people type them."""

import json
import subprocess
import urllib.error
import urllib.request
from typing import Any

from tests.support.backends import Served
from tests.support.processes import DRIFTGATE


def post(url: str, body: bytes, **headers: str) -> bytes:
    """The body of the answer, of an error's too."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **named})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.read()


def chat(text: str, **more: Any) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": "gemma4-sim:v1", "messages": messages, **more}).encode()


def driftgate(served: Served, *words: str) -> bytes:
    """What a command prints."""
    command = [*DRIFTGATE, *words, "--history", str(served.history)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
