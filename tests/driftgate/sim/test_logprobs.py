"""Log probabilities have OpenAI's shape and the order that makes sense."""

from driftgate.sim.logprobs import content
from driftgate.sim.versions import VERSIONS

V1 = VERSIONS["gemma4-sim:v1"]


def test_the_alternatives_begin_with_the_token_and_fall() -> None:
    for entry in content(["one", " two", " the"], V1, 5):
        values = [alternative["logprob"] for alternative in entry["top_logprobs"]]
        assert entry["top_logprobs"][0]["token"] == entry["token"]
        assert values == sorted(values, reverse=True)
        assert len(values) == 5
        assert bytes(entry["bytes"]).decode() == entry["token"]


def test_no_alternatives_where_none_are_asked_for_and_twenty_at_most() -> None:
    assert content(["one"], V1, 0)[0]["top_logprobs"] == []
    assert len(content(["one"], V1, 99)[0]["top_logprobs"]) == 20


def test_a_lone_surrogate_is_no_fault() -> None:
    assert content(["\ud800"], V1, 1)
