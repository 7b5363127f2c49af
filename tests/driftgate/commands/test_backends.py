"""Which server answers, told from what each one really answers."""

import pytest

from driftgate.commands.backends import Backend, identify, root
from driftgate.commands.checks import NoReplyError
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned

MODELS = {"object": "list", "data": [{"id": "gemma4", "max_model_len": 8192}]}


def test_llama_server_tells_its_build_and_context(canned: Canned) -> None:
    canned.answer("/v1/models", MODELS)
    canned.answer(
        "/props", {"default_generation_settings": {"n_ctx": 40960}, "build_info": "b11434-abc"}
    )
    assert identify(canned.url) == Backend("llama-server", "b11434-abc", 40960, ("gemma4",))


def test_llama_server_tells_what_the_model_was_trained_for(canned: Canned) -> None:
    canned.answer("/v1/models", {"data": [{"id": "tiny", "meta": {"n_ctx_train": 8192}}]})
    canned.answer("/props", {"default_generation_settings": {"n_ctx": 8192}})
    assert identify(canned.url).trained == 8192


def test_ollama_tells_its_version_and_the_context_of_loaded_models(canned: Canned) -> None:
    canned.answer("/v1/models", MODELS)
    canned.answer("/api/version", {"version": "0.13.4"})
    canned.answer("/api/ps", {"models": [{"context_length": 8192}, {"context_length": 4096}]})
    assert identify(canned.url) == Backend("Ollama", "0.13.4", 4096, ("gemma4",))


def test_ollama_without_a_loaded_model_tells_no_context(canned: Canned) -> None:
    canned.answer("/api/version", {"version": "0.12.0"})
    canned.answer("/api/ps", {"models": None})
    assert identify(canned.url) == Backend("Ollama", "0.12.0")


def test_lm_studio_tells_the_loaded_context(canned: Canned) -> None:
    canned.answer("/api/v0/models", {"data": [{"id": "a"}, {"loaded_context_length": 12000}]})
    assert identify(canned.url) == Backend("LM Studio", None, 12000)


def test_vllm_tells_its_version_and_length(canned: Canned) -> None:
    canned.answer("/v1/models", MODELS)
    canned.answer("/version", {"version": "0.20.1"})
    assert identify(canned.url) == Backend("vLLM", "0.20.1", 8192, ("gemma4",))


def test_a_server_of_unknown_kind_is_no_error(canned: Canned) -> None:
    canned.answer("/v1/models", b"<html>")
    assert identify(canned.url).kind == "an unknown server"


@pytest.mark.parametrize("nonsense", [7, "x", [], {"data": {"id": 1}}, {"data": [None, {"id": 3}]}])
def test_nonsense_is_read_as_nothing(canned: Canned, nonsense: object) -> None:
    for path in ("/v1/models", "/props", "/api/version", "/api/v0/models", "/version"):
        canned.answer(path, nonsense)
    assert identify(canned.url).models == ()


def test_nobody_there_is_told_apart() -> None:
    with pytest.raises(NoReplyError):
        identify(f"http://127.0.0.1:{free_port()}")


def test_native_paths_lie_beside_v1() -> None:
    assert root("http://h:1/base/v1/") == "http://h:1/base"
    assert root("http://h:1/v1x") == "http://h:1/v1x"
