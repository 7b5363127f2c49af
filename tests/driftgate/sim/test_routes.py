"""Paths and what answers them."""

import pytest

from driftgate.sim.routes import GETS, MODEL_CALLS, POSTS, path_of


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/responses", "/v1/responses"),
        ("/responses", "/v1/responses"),
        ("/v1/models/", "/v1/models"),
        ("/models", "/v1/models"),
        ("/", "/"),
        ("/api/chat", "/api/chat"),
        ("/nope", "/nope"),
    ],
)
def test_a_path_is_known_with_and_without_v1(path: str, meant: str) -> None:
    assert path_of(path) == meant


def test_probes_are_no_model_calls() -> None:
    assert set(MODEL_CALLS) < set(POSTS)
    assert not set(MODEL_CALLS) & set(GETS)
    assert "/api/show" not in MODEL_CALLS
