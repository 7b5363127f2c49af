"""What is recorded of attempts, as the data of the journal's frames."""

from typing import Any

import pytest

from driftgate.proxy.journal import attempt
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.record import Attempt, Outcome
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings
from driftgate.proxy.tried import LEFT_OUT, Frames, Tried

JSON = [(b"Content-Type", b"application/json"), (b"Set-Cookie", b"hunter2")]
RULES: Any = {"patterns": ["hunter[0-9]"]}
VIOLATION = {"keyword": "type", "path": "text", "reason": "'hunter' is no number"}
JUDGED: dict[str, Any] = {"contract": "c", "verdict": "fail", "violations": [VIOLATION]}


def made(limit: int = 100, **rules: Any) -> Tried:
    return Tried(Redactor(b"k", RedactSettings.model_validate(rules)), limit)


async def begun(tried: Tried, number: int = 1, body: bytes | None = b"{}") -> Attempt:
    data = await tried.begin(
        number,
        "first",
        upstream="u",
        url="http://u",
        target="/v1/x?key=hunter2",
        dialect="chat",
        model=None,
        body=body,
    )
    read = Attempt(0, "", "")
    attempt.read_begin(data, read)
    return read


async def ended(tried: Tried, judged: dict[str, Any] | None = None) -> tuple[Frames, Attempt]:
    *chunks, (kind, at_ns, data) = await tried.end(Outcome.COMPLETED, None, judged or {}, 9)
    assert (kind, at_ns) == (Kind.ATTEMPT_END, 9)
    read = Attempt(0, "", "")
    attempt.read_end(data, read)
    return chunks, read


async def test_an_attempt_begins_with_where_it_goes_and_what_is_sent() -> None:
    read = await begun(made(), 2, b"body")
    assert (read.number, read.reason, read.upstream, read.dialect) == (2, "first", "u", "chat")
    assert read.target.startswith("/v1/x?key=redacted:")
    assert (read.request_body, read.model) == (b"body", None)
    assert (await begun(made(), body=None)).request_body is None


async def test_headers_are_redacted_without_any_rules() -> None:
    read = Attempt(0, "", "")
    attempt.read_response(made().response(200, b"OK", JSON), read)
    assert read.status == 200
    assert read.response_headers[1][1].startswith("redacted:")


async def test_without_body_rules_an_answer_is_written_as_it_comes() -> None:
    tried = made()
    await begun(tried)
    assert tried.chunk(b"hunter2", 1) == b"hunter2"
    chunks, read = await ended(tried, JUDGED)
    assert (chunks, read.judged) == ([], JUDGED)


async def test_bodies_are_cut_at_the_limit_of_each_attempt() -> None:
    tried = made(4)
    assert (await begun(tried, 1, b"abcdef")).request_body == b"abcd"
    assert [tried.chunk(each, 1) for each in (b"abc", b"def", b"g")] == [b"abc", b"d", b""]
    await ended(tried)
    await begun(tried, 2)
    assert tried.chunk(b"abc", 1) == b"abc"


async def test_under_body_rules_a_secret_split_over_reads_is_written_at_the_end_redacted() -> None:
    tried = made(**RULES)
    assert b"hunter2" not in ((await begun(tried, body=b'{"a": "hunter2"}')).request_body or b"")
    tried.response(200, b"OK", JSON)
    assert [tried.chunk(b'{"a": "hun', 1), tried.chunk(b'ter2"}', 2)] == [b"", b""]
    chunks, _ = await ended(tried)
    assert [(kind, at_ns) for kind, at_ns, _ in chunks] == [
        (Kind.ATTEMPT_CHUNK, 1),
        (Kind.ATTEMPT_CHUNK, 2),
    ]
    written = b"".join(data for _, _, data in chunks)
    assert written.startswith(b'{"a": "redacted:')
    assert b"hunter2" not in written


async def test_an_answer_held_back_is_the_one_attempts_alone() -> None:
    tried = made(**RULES)
    await begun(tried, 1)
    tried.chunk(b"[1]", 1)
    await begun(tried, 2)
    tried.chunk(b"[2]", 2)
    chunks, _ = await ended(tried)
    assert [data for _, _, data in chunks] == [b"[2]"]
    assert (await ended(tried))[0] == []


@pytest.mark.parametrize("rules", [RULES, {"json_paths": ["$.user"]}])
async def test_under_body_rules_reasons_are_left_out_of_verdicts(rules: dict[str, Any]) -> None:
    clean = await made(**rules).clean_verdict({**JUDGED, "fallback": "hunter2"})
    assert clean["violations"] == [{**VIOLATION, "reason": LEFT_OUT}]
    assert clean["verdict"] == "fail"
    assert JUDGED["violations"] == [VIOLATION]
    assert clean["fallback"].startswith("redacted:") is (rules is RULES)


async def test_a_rule_for_a_word_of_the_verdict_itself_is_kept_too() -> None:
    clean = await made(patterns=["fail|text"]).clean_verdict(JUDGED)
    assert clean["verdict"].startswith("redacted:")
    assert clean["violations"][0]["path"].startswith("redacted:")


async def test_nothing_judged_stays_nothing() -> None:
    assert await made(**RULES).clean_verdict({}) == {}
