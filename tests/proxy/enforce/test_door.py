"""Which calls are looked into, and what that does to the others: nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from driftgate.contracts.contract_set import ContractSet
from tests.support.enforced import GOOD, answered, asking, contract, contracts, post, split
from tests.support.gate import Gate, gate
from tests.support.scripted import Scripted, always

CHAT = "/v1/chat/completions"
BY_NAME = contracts(applies=None)
UPGRADE = (
    b"GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\n"
    b"Upgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n"
)


async def ask(
    root: Path, raw: bytes, rules: ContractSet, **options: Any
) -> tuple[bytes, Gate, int]:
    async with (
        Scripted(always(answered(GOOD))).running() as backend,
        gate(root, backend.url, contracts=rules, **options) as running,
    ):
        got = await running.fetch(raw)
        await running.ended()
        return got, running, len(backend.seen)


@pytest.mark.parametrize(
    ("headers", "metadata", "managed"),
    [
        ((), None, False),
        (("x-driftgate-contract: strict",), None, True),
        ((), {"contract": "strict"}, True),
        ((), {"contract": "other"}, False),
    ],
)
async def test_a_contract_by_name_touches_only_who_names_it(
    tmp_path: Path, headers: tuple[str, ...], metadata: Any, managed: bool
) -> None:
    body = asking() if metadata is None else asking(metadata=metadata)
    got, running, _ = await ask(tmp_path, post(CHAT, body, *headers), BY_NAME)
    status, fields, _ = split(got)
    assert status == 200
    assert ("x-driftgate-attempts" in fields) == managed
    assert bool(running.calls()[0].attempts) == managed


async def test_naming_an_observer_does_not_lift_what_is_enforced(tmp_path: Path) -> None:
    observer = contract(name="observer", mode="observe", applies=None)
    rules = ContractSet.of([contract(input={"max_bytes": 9}), observer])
    raw = post(CHAT, asking(), "x-driftgate-contract: observer")
    got, _, seen = await ask(tmp_path, raw, rules)
    assert split(got)[0] == 422
    assert seen == 0


async def test_a_websocket_is_refused_only_where_its_calls_would_be_held(tmp_path: Path) -> None:
    got, _, seen = await ask(tmp_path, UPGRADE, contracts())
    assert got.startswith(b"HTTP/1.1 426")
    assert seen == 0


async def test_a_websocket_elsewhere_goes_its_way(tmp_path: Path) -> None:
    rules = contracts(applies={"dialects": ["chat"]})
    got, _, seen = await ask(tmp_path, UPGRADE, rules)
    assert seen == 1
    assert got.startswith(b"HTTP/1.1 426")  # the upstream's doing: it answered 200


async def test_a_long_body_is_refused_where_it_would_be_held_and_passes_elsewhere(
    tmp_path: Path,
) -> None:
    limit = {"settings": {"record": {"body_limit_mb": 1}}}
    raw = post(CHAT, asking(pad="x" * (1 << 20)))
    got, _, seen = await ask(tmp_path / "held", raw, contracts(), **limit)
    assert (split(got)[0], seen) == (413, 0)
    got, _, seen = await ask(tmp_path / "passed", raw, BY_NAME, **limit)
    assert (split(got)[0], seen) == (200, 1)


async def test_who_waits_to_be_asked_for_the_body_is_asked_once(tmp_path: Path) -> None:
    head, _, body = post(CHAT, asking(), "Expect: 100-continue").partition(b"\r\n\r\n")
    async with (
        Scripted(always(answered(GOOD))).running() as backend,
        gate(tmp_path, backend.url, contracts=contracts()) as running,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head + b"\r\n\r\n")
        async with asyncio.timeout(10):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            rest = await reader.read()
        writer.close()
    assert split(rest)[0] == 200
    assert b"expect" not in backend.seen[0].head.lower()
