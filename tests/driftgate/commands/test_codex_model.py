"""Which model Codex asks for."""

from pathlib import Path

import pytest

from driftgate.commands import codex_model
from driftgate.commands.backends import Backend
from driftgate.commands.codex_flags import Through
from driftgate.commands.codex_model import NoServerError, own_model, through
from driftgate.proxy.errors import UsageError
from tests.support.processes import free_port

BASE, SERVER = "http://p/v1", "http://s"


def known(monkeypatch: pytest.MonkeyPatch, backend: Backend, *, loaded: str | None = None) -> None:
    """The server says it is this."""
    monkeypatch.setattr(codex_model, "identify", lambda _: backend)
    monkeypatch.setattr(codex_model, "loaded_model", lambda *_: loaded)
    monkeypatch.setattr(codex_model, "own_model", lambda: None)


def test_a_named_model_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Backend("llama-server", context=8192, models=("a",)))
    assert through(BASE, SERVER, "b") == Through(BASE, "b", 8192)


def test_a_server_that_lists_what_it_serves_gives_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known(monkeypatch, Backend("vLLM", models=("a", "b")))
    assert through(BASE, SERVER, None) == Through(BASE, "a")


def test_of_ollamas_models_the_loaded_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Backend("Ollama", models=("a", "b")), loaded="b")
    assert through(BASE, SERVER, None).model == "b"


def test_one_that_the_users_configuration_names_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known(monkeypatch, Backend("Ollama", models=("a", "b", "c")), loaded="b")
    monkeypatch.setattr(codex_model, "own_model", lambda: "c")
    assert through(BASE, SERVER, None).model == "c"
    monkeypatch.setattr(codex_model, "own_model", lambda: "gpt-5")
    assert through(BASE, SERVER, None).model == "b"


def test_several_and_none_loaded_asks_for_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Backend("LM Studio", models=tuple(f"m{n}\x1b" for n in range(12))))
    with pytest.raises(UsageError, match=r"several models: m0\\x1b, .* and 4 more; .* --model"):
        through(BASE, SERVER, None)


@pytest.mark.parametrize("kind", ["Ollama", "llama-server"])
def test_a_server_without_a_model_is_told(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    known(monkeypatch, Backend(kind))
    with pytest.raises(UsageError, match="has no model"):
        through(BASE, SERVER, None)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(NoServerError, match=r"does not answer .* `driftgate doctor`"):
        through(BASE, f"http://127.0.0.1:{free_port()}", "a")


def test_the_users_configuration_is_only_read(tmp_path: Path) -> None:
    given = {"CODEX_HOME": str(tmp_path)}
    assert own_model(given) is None
    (tmp_path / "config.toml").write_text('model = "mine"\n')
    assert own_model(given) == "mine"
    (tmp_path / "config.toml").write_text("model = [")
    assert own_model(given) is None
