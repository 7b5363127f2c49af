"""Refusals quote what is wrong with a request or an answer: under redaction the record does not."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.record import Recorded
from tests.support.enforced import answered, asking, contracts, post
from tests.support.gate import gate
from tests.support.scripted import Scripted, always

# reasons quote a text in single quotes, and may cut it: the pattern does not know it there
SECRET = "sk-in-an-answer"
PATTERN = {"patterns": [f"{SECRET}(?!')"]}
PATHS = {"json_paths": ["$.choices[*].message.content", "$.user"]}
BODY_RULES = pytest.mark.parametrize("redact", [PATTERN, PATHS], ids=["patterns", "json_paths"])


async def refused(
    root: Path, rules: ContractSet, body: dict[str, Any], redact: dict[str, Any]
) -> tuple[bytes, Recorded, bytes]:
    """What the client got, the call, and all that was written."""
    backend = Scripted(always(answered(f'{{"city": 3, "people": "{SECRET}"}}')))
    async with (
        backend.running(),
        gate(root, backend.url, contracts=rules, redact=redact) as running,
    ):
        got = await running.fetch(post("/v1/chat/completions", body))
        (call,) = await running.ended()
    return got, call, b"".join(path.read_bytes() for path in root.rglob("*.seg"))


@BODY_RULES
async def test_an_answer_that_breaks_its_contract(tmp_path: Path, redact: dict[str, Any]) -> None:
    rules = contracts(retry={"attempts": 1, "reasks": 0})
    got, call, written = await refused(tmp_path, rules, asking(), redact)
    assert SECRET.encode() in got
    assert SECRET.encode() not in written
    assert call.error is not None
    assert "(1 attempt): text: type; text: type" in call.error
    recorded = b"".join(chunk.data for chunk in call.chunks)
    assert b'"reason": "not recorded' in recorded
    assert call.response_size == len(got.partition(b"\r\n\r\n")[2])


@BODY_RULES
async def test_a_request_that_breaks_its_contract(tmp_path: Path, redact: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"user": {"type": "integer"}}}
    rules = contracts(input={"schema": schema})
    got, call, written = await refused(tmp_path, rules, asking(user=SECRET), redact)
    assert SECRET.encode() in got
    assert SECRET.encode() not in written
    assert call.error == "driftgate refuses this request by contract 'strict': input: type"


async def test_without_body_rules_the_record_says_all(tmp_path: Path) -> None:
    rules = contracts(retry={"attempts": 1, "reasks": 0})
    got, call, _ = await refused(tmp_path, rules, asking(), {})
    assert SECRET in (call.error or "")
    assert got.endswith(b"".join(chunk.data for chunk in call.chunks))
