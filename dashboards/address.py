"""Where clients reach the proxy, as pages write it into commands. Pure."""

from driftgate.proxy.loopback import reached_at
from driftgate.proxy.settings.model import Settings


def proxy_address(settings: Settings, host: str = "") -> str:
    """The proxy's address, such as `http://127.0.0.1:8787`.

    host: what the browser named where a proxy relayed its request: there it does listen. Else, and
    for a reverse proxy's name (`dashboard.hosts`), it is what the settings say, as a client on this
    machine reaches it.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if host and name.lower() not in map(str.lower, settings.dashboard.hosts):
        return f"http://{host}"
    return reached_at(*settings.address)
