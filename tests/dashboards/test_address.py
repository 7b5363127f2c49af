"""Where clients reach the proxy."""

from pathlib import Path

import pytest

from driftgate.dashboards.address import proxy_address
from driftgate.proxy.settings.model import Settings


def settings(tmp_path: Path, listen: str, hosts: list[str] | None = None) -> Settings:
    given = {"history": tmp_path / "h.duckdb", "listen": listen}
    return Settings.model_validate({**given, "dashboard": {"hosts": hosts or []}})


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::1]:9", "http://[::1]:9"),
        ("[::]:9", "http://[::1]:9"),
    ],
)
def test_it_is_named_as_a_client_here_reaches_it(tmp_path: Path, listen: str, address: str) -> None:
    assert proxy_address(settings(tmp_path, listen)) == address


def test_where_a_browser_reached_it_clients_do_too(tmp_path: Path) -> None:
    free = settings(tmp_path, "127.0.0.1:0", ["flight.example"])
    assert proxy_address(free, "127.0.0.1:36195") == "http://127.0.0.1:36195"
    assert proxy_address(free, "[::1]:80") == "http://[::1]:80"
    known = settings(tmp_path, "127.0.0.1:8787", ["flight.example"])
    for host in ("flight.example", "Flight.Example:443"):
        assert proxy_address(known, host) == "http://127.0.0.1:8787"
