"""What the writing tests share: answers of any kind, and what reads them back."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import strategies as st

from driftgate.proxy.dialects import Described, describe
from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage
from driftgate.proxy.dialects.writing.write import Written, content_type
from driftgate.proxy.record import Chunk, Outcome, Recorded
from tests.support.scripted import Exchange, Scripted

PATHS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}


def words(size: int = 20, least: int = 1) -> st.SearchStrategy[str]:
    """Texts of valid Unicode."""
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=size)


LONG = st.builds(lambda text, n: text * n, words(9, 0), st.integers(0, 90))
COUNTS = st.integers(0, 2**40)
CALLS = st.builds(
    ToolCall,
    name=words(),
    arguments=st.sampled_from(['{"cmd":"ls"}', "{}", '{"a":[1,{"b":null}],"c":"ä"}']),
    call_id=st.uuids().map(str),
    namespace=st.none() | words(),
)


def answers() -> st.SearchStrategy[Answer]:
    """Whole answers, as an assembler gives them."""
    return st.builds(
        Answer,
        text=st.none() | LONG,
        reasoning=st.none() | LONG.filter(bool),
        tool_calls=st.lists(CALLS, max_size=3, unique_by=lambda call: call.call_id).map(tuple),
        finish_reason=st.sampled_from(["stop", "length", "content_filter", None]),
        usage=st.just(Usage()) | st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS),
        response_id=st.none() | words(),
        model=st.none() | words(),
        system_fingerprint=st.none() | words(),
    )


@dataclass
class Reader:
    """Helpers by fixture, because tests are not a package."""

    answers = staticmethod(answers)
    paths = PATHS

    @staticmethod
    def ask(**members: Any) -> Written:
        return Written(
            **{"model": "asked", "created": 1_700_000_000, "response_id": "resp_x", **members}
        )

    @staticmethod
    def described(dialect: str, *pieces: bytes, stream: bool = True) -> Described:
        chunks = [Chunk(n, piece) for n, piece in enumerate(pieces)]
        call = Recorded(bytes(16), 0, "w", target=PATHS[dialect], status=200, chunks=chunks)
        call.response_headers = [("content-type", content_type(dialect, stream))]
        call.outcome = Outcome.COMPLETED
        return describe(call)

    @classmethod
    def read(cls, dialect: str, *pieces: bytes, stream: bool = True) -> Answer:
        """The answer without what only its way over the wire tells."""
        answer = cls.described(dialect, *pieces, stream=stream).answer
        assert answer.complete
        assert answer.error is None
        return replace(answer, events=None, first_token_us=None, complete=False)

    @staticmethod
    @contextlib.asynccontextmanager
    async def server(kind: str, *pieces: bytes) -> AsyncIterator[str]:
        """The address of a server that answers every request with these pieces."""

        async def answer(exchange: Exchange) -> None:
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n"
            await exchange.send(head.encode(), *pieces)
            exchange.writer.close()

        async with Scripted(answer).running() as scripted:
            yield scripted.url


@pytest.fixture
def reader() -> Reader:
    return Reader()
