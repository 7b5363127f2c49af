"""What an attempt came to, as the policy sees it."""

import json

import pytest

from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation
from driftgate.proxy import failures
from driftgate.proxy.attempt_kind import Kind
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.enforce.findings import Found
from driftgate.proxy.enforce.kinds import kind_of
from driftgate.proxy.enforce.question import Question, read_question
from driftgate.proxy.enforce.result import Result
from driftgate.proxy.enforce.target import Outgoing, Target
from driftgate.proxy.settings.model import Settings, Upstream
from tests.support.enforced import asking, contracts


def question(mode: str) -> Question:
    made = read_question(
        Settings(announce_verdict=True),
        contracts(mode=mode),
        Upstream(url="http://x"),
        dialect="chat",
        target="/v1/chat/completions",
        pairs=(),
        raw=json.dumps(asking()).encode(),
        codex=False,
    )
    assert made is not None
    return made


def result(status: int = 200, *keywords: str, verdict: Verdict | None = None) -> Result:
    made = Result(Target("x"), Outgoing("/x", "chat", b"", changed=False), status)
    found = [Violation(Source.MODEL, word, "text", "wrong", Severity.ERROR) for word in keywords]
    judgement = Judgement.of(tuple(found)) if verdict is None else Judgement(verdict)
    made.found = Found(Answer(), judgement)
    return made


@pytest.mark.parametrize(
    ("mode", "seen", "kind"),
    [
        ("enforce", result(), Kind.GOOD),
        ("enforce", result(200, "loop"), Kind.BROKEN),
        ("enforce", result(200, verdict=Verdict.UNJUDGED), Kind.TRANSIENT),
        ("enforce", result(500, "server_parser"), Kind.BROKEN),
        ("enforce", result(500, verdict=Verdict.UNJUDGED), Kind.REFUSED),
        ("enforce", result(400, "context_exceeded"), Kind.REFUSED),
        ("enforce", result(503, verdict=Verdict.UNJUDGED), Kind.TRANSIENT),
        ("observe", result(200, "loop"), Kind.GOOD),
        ("observe", result(503, verdict=Verdict.UNJUDGED), Kind.REFUSED),
    ],
)
def test_the_kind_of_an_answer(mode: str, seen: Result, kind: Kind) -> None:
    assert kind_of(seen, question(mode))[0] is kind


@pytest.mark.parametrize(("mode", "kind"), [("enforce", Kind.TRANSIENT), ("observe", Kind.FAILED)])
def test_a_broken_connection_is_worth_a_retry_only_under_a_contract(mode: str, kind: Kind) -> None:
    seen = result()
    seen.error = failures.reset("x", "http://x", begun=False)
    assert kind_of(seen, question(mode))[0] is kind
