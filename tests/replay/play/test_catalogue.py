"""Which models there are, where that was not recorded."""

import json
from typing import Any

import ollama
import pytest
from openai.types import Model

from driftgate.replay.play.catalogue import catalogue

MODELS = ["gemma4:12b", "org/other"]


def answer(path: str, method: str = "GET") -> Any:
    found = catalogue(method, path, MODELS)
    return None if found is None else json.loads(found)


def test_the_openai_client_can_read_it() -> None:
    for prefix in ("/v1", "", "/prefix/v1"):
        models = [Model.model_validate(each) for each in answer(f"{prefix}/models")["data"]]
        assert [model.id for model in models] == MODELS
    assert answer("/v1/models/org/other")["id"] == answer("/v1/models/org%2Fother")["id"]


def test_the_ollama_client_can_read_it() -> None:
    tags = ollama.ListResponse.model_validate(answer("/api/tags"))
    assert [model.model for model in tags.models] == MODELS
    assert tuple(map(int, answer("/api/version")["version"].split("."))) >= (0, 13, 4)


@pytest.mark.parametrize("path", ["/v1/models/unknown", "/v1/chat/completions", "/"])
def test_nothing_else_is_made_up(path: str) -> None:
    assert answer(path) is None


def test_only_what_reads_is_answered() -> None:
    assert answer("/v1/models", "HEAD") == answer("/v1/models")
    assert answer("/v1/models", "DELETE") is None
