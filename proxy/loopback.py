"""Which hosts are this machine itself, judged by their name alone, and how it reaches itself. Pure."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not listened on


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach that host."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = address_of(host)
    return address is not None and address.is_loopback


def address_of(host: str) -> Address | None:
    """The address that is written so; None: it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def reached_at(host: str, port: int) -> str:
    """Where this machine's own programs reach what listens there: loopback where it listens anywhere."""
    return url_at(_ANYWHERE.get(host, host), port)


def url_at(host: str, port: int) -> str:
    """The address, such as `http://[::1]:8787`."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
