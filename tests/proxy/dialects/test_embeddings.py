"""Embeddings: what is to be embedded, and what it cost."""

from typing import Any

import pytest

from driftgate.proxy.dialects.meaning import Usage


@pytest.mark.parametrize(
    ("path", "body", "texts"),
    [
        ("/v1/embeddings", {"input": ["a", "b", 3]}, ["a", "b"]),
        ("/v1/embeddings", {"input": "a"}, ["a"]),
        ("/v1/embeddings", {"input": [1, 2]}, []),
        ("/api/embed", {"input": ["a"]}, ["a"]),
        ("/api/embeddings", {"prompt": "a"}, ["a"]),
        ("/api/embed", {}, []),
    ],
)
def test_texts_are_items(make: Any, path: str, body: Any, texts: list[str]) -> None:
    described = make.call(path, body)
    assert [item.text for item in described.request.items] == texts


def test_openai_usage_is_read(make: Any) -> None:
    answer = make.call("/v1/embeddings", {}, {"model": "e", "usage": {"prompt_tokens": 4}}).answer
    assert (answer.model, answer.usage, answer.text) == ("e", Usage(4), None)


def test_ollama_counts_are_read(make: Any) -> None:
    answer = make.call("/api/embed", {}, {"prompt_eval_count": 4, "total_duration": 9}).answer
    assert (answer.usage, answer.complete) == (Usage(4), True)
