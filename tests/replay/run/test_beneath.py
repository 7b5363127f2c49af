"""What lies beneath an arm's agents."""

from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.beneath import agents_of, beneath

SERVER = Upstream(url="http://127.0.0.1:7", adapt_format=True, verify_tls=False)
AGENT = Upstream(
    kind="codex", url="codex://agent", codex=Codex(model="gemma4", model_upstream="ollama")
)
RECORDED = {"ollama": SERVER, "agent": AGENT}


def test_without_a_word_all_is_as_recorded() -> None:
    assert beneath(Configuration(), RECORDED) == RECORDED
    assert agents_of(RECORDED) == {"agent": AGENT}


def test_a_model_is_the_one_that_codex_asks_for() -> None:
    changed = beneath(Configuration(model="gemma5"), RECORDED)
    assert changed["ollama"] == SERVER
    assert changed["agent"].codex is not None
    assert changed["agent"].codex.model == "gemma5"
    assert changed["agent"].codex.model_upstream == "ollama"


def test_an_address_is_the_one_of_the_models_server() -> None:
    changed = beneath(Configuration(upstream="http://127.0.0.1:8"), RECORDED)
    assert changed["agent"] == AGENT
    assert changed["ollama"].url == "http://127.0.0.1:8"
    assert changed["ollama"].adapt_format, "it is asked as the recorded server was"
    assert changed["ollama"].verify_tls, "whose certificate is not checked is one address's matter"


def test_limits_and_adapters_that_are_given_count() -> None:
    given = Configuration(idle_timeout_s=9.0, adapt_format=False, verify_tls=False)
    changed = beneath(given, RECORDED)["ollama"]
    assert (changed.idle_timeout_s, changed.adapt_format, changed.verify_tls) == (9, False, False)
    assert changed.url == SERVER.url
