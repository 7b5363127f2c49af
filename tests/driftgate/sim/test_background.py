"""The server in a thread ends with its block."""

import threading
import urllib.error
import urllib.request

import pytest

from driftgate.sim.background import running
from driftgate.sim.engine import SimSettings


def test_it_serves_inside_the_block_and_not_after_it() -> None:
    with (
        running(SimSettings(model="gemma4-sim:v2")) as sim,
        urllib.request.urlopen(f"{sim.url}/props", timeout=5) as answer,
    ):
        assert b"gemma4-sim:v2" in answer.read()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{sim.url}/props", timeout=5)
    assert "driftgate-sim" not in [thread.name for thread in threading.enumerate()]


def test_two_run_side_by_side() -> None:
    with running() as one, running() as other:
        assert one.url != other.url
