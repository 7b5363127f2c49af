"""What the probes say belongs to the version, and says that it is a simulation."""

import json

from driftgate.sim import about
from driftgate.sim.slots import Slots
from driftgate.sim.versions import VERSIONS, Shelf

V1, Q8 = VERSIONS["gemma4-sim:v1"], VERSIONS["gemma4-sim:v1-q8"]


def test_everything_says_that_it_is_simulated() -> None:
    shelf = Shelf()
    for told in (
        about.props(V1, 8192, Slots()),
        about.models(shelf, 8192),
        about.tags(shelf),
        about.show(V1, 8192),
    ):
        assert "-sim" in json.dumps(told)
    assert about.props(V1, 8192, Slots())["simulated"] is True


def test_versions_differ_in_every_listing() -> None:
    slots = Slots()
    assert about.props(V1, 8192, slots) != about.props(Q8, 8192, slots)
    assert about.show(V1, 8192)["details"] != about.show(Q8, 8192)["details"]
    digests = [model["digest"] for model in about.tags(Shelf())["models"]]
    assert len(set(digests)) == len(VERSIONS)


def test_a_listing_is_the_same_each_time() -> None:
    assert about.tags(Shelf()) == about.tags(Shelf())
    assert about.models(Shelf(), 8192) == about.models(Shelf(), 8192)


def test_a_pull_ends_with_success() -> None:
    steps = about.pull_steps(V1)
    assert steps[-1] == {"status": "success"}
    assert steps[5]["completed"] == steps[5]["total"] == V1.size
