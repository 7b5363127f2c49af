"""The proxy that Codex's calls go through."""

from pathlib import Path

import pytest

from driftgate.commands import codex_proxy
from driftgate.commands.codex_proxy import Proxy, at_hand, found
from driftgate.proxy.errors import UsageError
from driftgate.proxy.running import Running

UPSTREAMS = {"ollama": {"url": "http://o"}, "agent": {"url": "codex://agent"}}


def runs(monkeypatch: pytest.MonkeyPatch, *workers: dict[str, object]) -> None:
    """These workers answer."""
    some = {str(number): worker for number, worker in enumerate(workers)}
    monkeypatch.setattr(codex_proxy, "running", lambda _: Running(workers=some))


def test_the_running_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, {"listen": "http://127.0.0.1:5", "upstreams": UPSTREAMS})
    with at_hand(tmp_path / "h.duckdb") as proxy:
        assert proxy == Proxy("http://127.0.0.1:5", {"ollama": "http://o"})


def test_one_that_stops_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, {"listen": "http://127.0.0.1:5", "stopping": True})
    assert found(tmp_path / "h.duckdb") is None


@pytest.mark.parametrize(
    ("listen", "url"),
    [("http://0.0.0.0:5", "http://127.0.0.1:5"), ("http://[::]:5", "http://[::1]:5")],
)
def test_one_that_listens_everywhere_is_asked_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listen: str, url: str
) -> None:
    runs(monkeypatch, {"listen": listen})
    proxy = found(tmp_path / "h.duckdb")
    assert proxy is not None
    assert proxy.url == url


def test_an_upstream_is_named_by_its_way() -> None:
    proxy = Proxy("http://p", {"a": "http://a", "b": "http://b"})
    assert (proxy.base_url(None), proxy.server(None)) == ("http://p/v1", "http://a")
    assert (proxy.base_url("b"), proxy.server("b")) == ("http://p/u/b/v1", "http://b")
    with pytest.raises(UsageError, match="no upstream 'c'; known: a, b"):
        proxy.server("c")
    with pytest.raises(UsageError, match="no model server"):
        Proxy("http://p", {}).server(None)


def test_where_none_runs_one_is_started_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    history = tmp_path / "h.duckdb"
    with at_hand(history) as proxy:
        assert proxy.ours
        assert proxy.servers == {"default": "http://127.0.0.1:11434"}
    assert found(history) is None
