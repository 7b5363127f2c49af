"""A simulated server for each test, and the real clients in front of it."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from driftgate.sim.background import RunningSim, running


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running() as started:
        yield started


@pytest.fixture
def openai_client(sim: RunningSim) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sim.url}/v1", api_key="none", max_retries=0, timeout=10) as client:
        yield client
