"""Routing: prefix over model over the first upstream without patterns."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.errors import ClientError
from driftgate.proxy.routing import Route, Router, named_model
from driftgate.proxy.settings.model import Upstream

ROUTER = Router(
    {
        "gemma": Upstream(url="http://a", models=["gemma4*", "Gemma-*"]),
        "main": Upstream(url="http://b"),
        "other": Upstream(url="http://c"),
    }
)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v1/models", None),
        ("/u/other/v1/models?a=/u/x", Route("other", "/v1/models?a=/u/x")),
        ("/u/other", Route("other", "/")),
        ("/u/other?a=1", Route("other", "/?a=1")),
        ("/users/other", None),
    ],
)
def test_a_prefix_names_the_upstream(target: str, expected: Route | None) -> None:
    assert ROUTER.by_path(target) == expected


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ClientError, match="no upstream 'x'; known are: gemma, main, other"):
        ROUTER.by_path("/u/x/v1")


@pytest.mark.parametrize(
    ("model", "upstream"),
    [("gemma4:12b", "gemma"), ("GEMMA-3", "gemma"), ("llama", "main"), (None, "main")],
)
def test_a_model_goes_where_its_pattern_is_else_to_the_first_without(
    model: str | None, upstream: str
) -> None:
    assert ROUTER.by_model("/x", model) == Route(upstream, "/x")


def test_no_call_goes_to_an_agent_because_nothing_else_matched() -> None:
    agent = Upstream.model_validate({"kind": "codex", "codex": {"model": "m"}, "models": ["a"]})
    gemma = Upstream(url="http://a", models=["gemma4*"])
    router = Router({"agent": agent, "gemma": gemma})
    assert router.by_model("/x", "a") == Route("agent", "/x")
    assert router.by_model("/x", "llama") == router.by_model("/x", None) == Route("gemma", "/x")


def test_the_model_is_what_the_body_names() -> None:
    assert named_model(b'{"model": "m", "name": "n"}', None, 100) == "m"
    assert named_model(b'{"name": "n"}', None, 100) == "n"
    assert named_model(gzip.compress(b'{"model": "m"}'), "gzip", 100) == "m"
    assert named_model(b'{"model": 1}', None, 100) is None
    assert named_model(b"", None, 100) is None


def test_the_body_is_only_looked_at_when_a_model_can_decide() -> None:
    assert ROUTER.needs_model
    assert not Router({"a": Upstream(url="http://a", models=["x"])}).needs_model
    assert not Router({"a": Upstream(url="http://a"), "b": Upstream(url="http://b")}).needs_model


@given(st.text(max_size=30))
def test_no_path_breaks_the_router(path: str) -> None:
    try:
        route = ROUTER.by_path("/u/" + path)
    except ClientError:
        return
    assert route is not None
    assert route.target.startswith("/")
