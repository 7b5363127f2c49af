"""What is asked of which dialect."""

from driftgate.replay.candidate.change import asks, changed
from driftgate.replay.candidate.config import Configuration


def test_nothing_is_asked_of_a_dialect_that_no_model_answers_in() -> None:
    said = Configuration(set={"seed": 1}, system="x", fresh=("ids",), adapt="responses-to-chat")
    assert asks(said, "chat")
    assert asks(said, "responses")
    assert not asks(said, "models")
    assert not asks(Configuration(adapt="responses-to-chat"), "chat")
    assert not asks(Configuration(), "responses")
    assert asks(Configuration(model="m"), "embeddings")
    assert asks(Configuration(patch=({"op": "remove", "path": "/a"},)), "models")


def test_nothing_to_change_gives_the_same_object() -> None:
    body = {"model": "m"}
    assert changed("chat", body, Configuration(unset=("seed",))) is body
    assert changed("models", body, Configuration(model="n")) is body


def test_a_parameter_is_set_under_the_keys_that_the_request_uses() -> None:
    body = {"max_completion_tokens": 5}
    said = Configuration(set={"max_tokens": 9})
    assert changed("chat", body, said) == {"max_completion_tokens": 9}
    assert changed("ollama_chat", {"name": "old"}, Configuration(model="new")) == {"model": "new"}
