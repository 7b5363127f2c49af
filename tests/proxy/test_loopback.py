"""Which hosts are this machine itself."""

from driftgate.proxy.loopback import address_of, is_loopback, reached_at, url_at


def test_only_names_and_addresses_of_this_machine_are_loopback() -> None:
    for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::1%lo"):
        assert is_loopback(host), host
    for host in ("", "0.0.0.0", "::", "192.168.1.4", "localhost.example", "2130706433", "127.1"):
        assert not is_loopback(host), host


def test_a_name_is_no_address() -> None:
    assert address_of("localhost") is None
    assert str(address_of("::1")) == "::1"


def test_what_listens_anywhere_is_reached_on_loopback() -> None:
    assert reached_at("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert reached_at("::", 9) == "http://[::1]:9"
    for host, port, url in (
        ("10.0.0.1", 1, "http://10.0.0.1:1"),
        ("fe80::1", 2, "http://[fe80::1]:2"),
    ):
        assert reached_at(host, port) == url_at(host, port) == url
