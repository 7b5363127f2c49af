"""Where calls are sent."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.targets import recorded_upstreams, side
from tests.replay.run.made import Made, asked

RECORDED = Upstream(url="http://127.0.0.1:7", adapt="responses-to-chat", idle_timeout_s=9)


def test_an_address_takes_every_call(tmp_path: Path) -> None:
    made = side(Arm.CANDIDATE, Configuration(upstream="http://127.0.0.1:8"), {"a": RECORDED}, {})
    for target in (made.target("a"), made.target("b")):
        assert target.upstream.url == "http://127.0.0.1:8"
        assert target.name == "candidate"
    assert made.target("a").pool is made.target("b").pool


def test_an_address_is_asked_as_the_recorded_upstream_was() -> None:
    lax = RECORDED.model_copy(update={"verify_tls": False})
    elsewhere = side(Arm.CANDIDATE, Configuration(upstream="http://127.0.0.1:8"), {"a": lax}, {})
    target = elsewhere.target("a")
    assert target.configuration.adapt == target.upstream.adapt == "responses-to-chat"
    assert target.upstream.idle_timeout_s == 9
    assert target.upstream.verify_tls
    assert elsewhere.target("b").configuration.adapt is None
    plain = Configuration(upstream=lax.url, adapt=None)
    target = side(Arm.CANDIDATE, plain, {"a": lax}, {}).target("a")
    assert target.configuration.adapt is None
    assert not target.upstream.verify_tls


def test_without_one_a_call_goes_where_it_was_answered_and_as_it_was_asked() -> None:
    other = Upstream(url="http://127.0.0.1:6")
    made = side(Arm.BASELINE, Configuration(model="m2"), {"a": RECORDED, "b": other}, {})
    target = made.target("a")
    assert (target.name, target.upstream.url) == ("a", RECORDED.url)
    assert target.upstream.idle_timeout_s == 9
    assert target.configuration.adapt == "responses-to-chat"
    assert target.configuration.model == "m2"
    assert made.target("b").configuration.adapt is None


@pytest.mark.parametrize(
    ("given", "adapt", "idle"),
    [({"adapt_format": True}, None, 9), ({"idle_timeout_s": 2.0}, "responses-to-chat", 2)],
    ids=["adapters", "limits"],
)
def test_what_the_configuration_says_itself_counts(
    given: dict[str, Any], adapt: str | None, idle: float
) -> None:
    target = side(Arm.BASELINE, Configuration(**given), {"a": RECORDED}, {}).target("a")
    assert target.configuration.adapt == adapt
    assert target.upstream.idle_timeout_s == idle


def test_arms_with_one_server_share_its_connections() -> None:
    pools = dict[str, Pool]()
    one = side(Arm.BASELINE, Configuration(), {"a": RECORDED}, pools)
    other = side(Arm.CANDIDATE, Configuration(upstream=RECORDED.url, model="x"), {}, pools)
    assert one.target("a").pool is other.target("a").pool
    assert len(pools) == 1


def test_an_arm_that_checks_certificates_shares_no_connection_with_one_that_does_not() -> None:
    pools = dict[str, Pool]()
    sides = [
        side(arm, Configuration(upstream="https://u", verify_tls=verify), {}, pools)
        for arm, verify in ((Arm.BASELINE, False), (Arm.CANDIDATE, True))
    ]
    contexts = [each.target("any").pool.address.tls for each in sides]
    assert [tls is not None and tls.check_hostname for tls in contexts] == [False, True]


def test_the_history_says_where_the_recorded_upstream_was(tmp_path: Path) -> None:
    made = Made(tmp_path, "http://127.0.0.1:7")
    call_id = made.call(asked(1))
    made.drain()
    with open_history(made.path, drain=False) as reader:
        found = recorded_upstreams(reader, [call_id], Settings(upstream="http://127.0.0.1:9"))
        assert found["default"].url == "http://127.0.0.1:7"


def test_an_upstream_that_nobody_knows_is_said(tmp_path: Path) -> None:
    made = Made(tmp_path, configured=False)
    call_id = made.call(asked(1))
    made.drain()
    elsewhere = Settings(upstreams={"other": RECORDED})
    with open_history(made.path, drain=False) as reader:
        assert recorded_upstreams(reader, [call_id], Settings(upstream="http://x:9"))["default"]
        assert recorded_upstreams(reader, [call_id], elsewhere, addresses=False) == {}
        with pytest.raises(UsageError, match="where the recorded upstream 'default' is; name"):
            recorded_upstreams(reader, [call_id], elsewhere)


AGENT = Upstream(
    kind="codex",
    url="codex://agent",
    codex=Codex(model="gemma4", model_upstream="a"),
    idle_timeout_s=4,
)


def test_an_agent_is_asked_through_the_arms_own_proxy() -> None:
    given = Configuration(model="m2", upstream="http://127.0.0.1:8")
    recorded = {"a": RECORDED, "agent": AGENT}
    made = side(Arm.CANDIDATE, given, recorded, {}, proxy="http://127.0.0.1:5")
    target = made.target("agent")
    assert target.agent
    assert target.upstream.url == "http://127.0.0.1:5/u/agent"
    assert target.upstream.idle_timeout_s == 4
    assert target.configuration.model is None, "the model is another beneath the agent"
    assert made.target("a").upstream.url == "http://127.0.0.1:8"
    assert not made.target("a").agent


def test_of_an_agent_the_server_of_its_model_is_known_too(tmp_path: Path) -> None:
    made = Made(tmp_path, configured=False)
    call_id = made.call(asked(1), upstream="agent")
    made.drain()
    settings = Settings(upstreams={"a": RECORDED, "b": RECORDED, "agent": AGENT})
    with open_history(made.path, drain=False) as reader:
        assert set(recorded_upstreams(reader, [call_id], settings)) == {"agent", "a"}
