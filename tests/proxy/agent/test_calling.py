"""How agents are called: through their host's socket, with the call that it is for and no other."""

from pathlib import Path

from driftgate.proxy.agent.calling import address_of, host_socket, marked
from driftgate.proxy.call import text_id
from driftgate.proxy.settings.upstream import Upstream

AGENT = Upstream.model_validate({"kind": "codex", "codex": {"model": "m"}, "url": "codex://a"})
ID = bytes(range(16))


def test_agents_are_behind_one_socket_by_name_and_servers_at_their_addresses(
    tmp_path: Path,
) -> None:
    host = host_socket(tmp_path / "h.duckdb")
    assert host.name.endswith(".agents")
    found = address_of("a", AGENT, host)
    assert (found.unix, found.prefix) == (str(host), "/a")
    server = address_of("b", Upstream(url="https://b/base", verify_tls=False), host)
    assert (server.unix, server.host, server.prefix) == (None, "b", "/base")
    assert server.tls is not None
    assert not server.tls.check_hostname


def test_what_a_client_says_of_calls_is_replaced() -> None:
    said = [
        (b"X-Driftgate-Call-Id", b"forged"),
        (b"authorization", b"Bearer k"),
        (b"x-driftgate-attempt", b"7"),
        (b"X-DRIFTGATE-REPLAYED", b"forged"),
    ]
    assert marked(said, ID, 2) == [
        (b"authorization", b"Bearer k"),
        (b"x-driftgate-call-id", text_id(ID).encode()),
        (b"x-driftgate-attempt", b"2"),
    ]
