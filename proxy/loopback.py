"""Which hosts are this machine itself, judged by their name alone. Pure."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


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
