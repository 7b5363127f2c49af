"""Every scene of the demo does what it says, here without a proxy in between."""

from collections.abc import Iterator

import pytest

from driftgate.demo.traffic import Traffic
from driftgate.sim.background import RunningSim, running


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running() as started:
        yield started


@pytest.fixture
def traffic(sim: RunningSim) -> Iterator[Traffic]:
    made = Traffic(sim.url)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        ("chat", "Oslo"),
        ("stream", "Maria went to Denver"),
        ("tool_call", '"unit": "celsius"}) -> The tool says: 3 degrees'),
        ("json_by_schema", '{"name": "Erik", "city": "Rome", "amount": 63}'),
        ("versions", "gemma4-sim:v2 {"),
        ("native", "ood morning"),
        ("native_tool_call", "get_weather({'city': 'Prague'})"),
        ("agent", "-> The tool says: hello from the sandbox"),
        ("error", "503"),
        ("broken", "onnection"),
        ("hang_up", "left after 5 tokens"),
    ],
)
def test_a_scene_tells_what_happened(traffic: Traffic, scene: str, told: str) -> None:
    said = getattr(traffic, scene)()
    assert told in said


def test_the_agents_step_is_tried_again_after_an_error(sim: RunningSim, traffic: Traffic) -> None:
    traffic.agent()
    assert sim.engine.tally.by_path == {"/v1/responses": 3}


def test_every_scene_is_played() -> None:
    traffic = Traffic("http://127.0.0.1:9")
    assert len(traffic.scenes) == 12
    traffic.close()
