"""What the client of a held call gets: bytes, header fields, in its dialect. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.contracts.choices import mendable
from driftgate.contracts.verdict import Judgement, Verdict
from driftgate.proxy.dialects.writing.write import (
    Written,
    content_type,
    verdict_comment,
    write_body,
    write_stream,
)
from driftgate.proxy.downstream import ATTEMPTS_HEADER
from driftgate.proxy.enforce.course import Finish
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.result import Result
from driftgate.proxy.upstream.wire import Pair

FALLBACK = b"x-driftgate-fallback"
VERDICT = b"x-driftgate-verdict"
REPAIRS = b"x-driftgate-repairs"
_UNSAFE = re.compile(r"[^\x21-\x7e]")
_DESCRIBES_BODY = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"content-md5", b"digest", b"etag"}
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One answer. pairs are without what frames it. length: None for a stream."""

    status: int
    reason: bytes
    pairs: list[Pair]
    pieces: list[bytes]
    length: int | None


def delivery(question: Question, ask: Written, finish: Finish, *, announce: bool) -> Delivery:
    """The answer as it came, wherever that can be: else written anew.

    Args:
        question: what was asked.
        ask: what a written answer needs; a stream that has begun goes on.
        finish: what the attempts came to.
        announce: whether the verdict is told.
    """
    result, found = finish.result, finish.result.found
    judgement = found.judgement if found is not None else None
    ours = _told(finish, judgement, question, announce=announce)
    written = found is not None and result.served
    if written and found is not None:
        anew = found.mended or result.early is not None or ask.begun > 0
        if question.wants_stream and (anew or not result.streamed):
            pieces = write_stream(question.dialect, found.answer, ask)
            kind: Pair = (b"Content-Type", content_type(question.dialect, stream=True).encode())
            pieces += _comment(question, finish, judgement, announce=announce or ask.begun > 0)
            return Delivery(
                result.status, result.reason, [*_rest(result.pairs), kind, *ours], pieces, None
            )
        if not question.wants_stream and (found.mended or _gathers(question, result)):
            body = write_body(question.dialect, found.answer, ask)
            kind = (b"Content-Type", content_type(question.dialect, stream=False).encode())
            return _whole(result.status, result.reason, [*_rest(result.pairs), kind, *ours], body)
    pieces = [chunk.data for chunk in result.chunks]
    if result.streamed:
        pieces += _comment(question, finish, judgement, announce=announce)
        return Delivery(result.status, result.reason, [*result.pairs, *ours], pieces, None)
    return _whole(result.status, result.reason, [*result.pairs, *ours], b"".join(pieces))


def told_verdict(judgement: Judgement | None) -> str:
    """The verdict in a word."""
    return (judgement.verdict if judgement is not None else Verdict.UNJUDGED).value


def _gathers(question: Question, result: Result) -> bool:
    """Whether a stream that nobody asked for becomes a body: transformers' server sends such.

    Not where the body would have less in it than the stream.
    """
    return result.streamed and question.enforced and mendable(question.asked)


def _whole(status: int, reason: bytes, pairs: list[Pair], body: bytes) -> Delivery:
    return Delivery(status, reason, pairs, [body], len(body))


def _rest(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair[0].lower() not in _DESCRIBES_BODY]


def _told(
    finish: Finish, judgement: Judgement | None, question: Question, *, announce: bool
) -> list[Pair]:
    told: list[Pair] = []
    if question.enforced or finish.attempts > 1:
        told.append((ATTEMPTS_HEADER, b"%d" % finish.attempts))
    if finish.fallback is not None:
        told.append((FALLBACK, printable(finish.fallback)))
    if announce:
        told.append((VERDICT, told_verdict(judgement).encode()))
        if finish.result.found is not None and finish.result.found.repairs:
            told.append((REPAIRS, ", ".join(finish.result.found.repairs).encode()))
    return told


def _comment(
    question: Question, finish: Finish, judgement: Judgement | None, *, announce: bool
) -> list[bytes]:
    if not announce:
        return []
    said = verdict_comment(question.dialect, told_verdict(judgement), finish.attempts)
    if said and finish.fallback is not None:
        said = said.rstrip(b"\n") + b" fallback=" + printable(finish.fallback) + b"\n\n"
    return [said]


def printable(text: str) -> bytes:
    """What a client wrote, as the value of a header field: nothing ends the line."""
    return _UNSAFE.sub("?", text).encode()
