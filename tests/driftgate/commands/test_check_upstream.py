"""Is an upstream there, and fit for Codex?"""

import pytest

from driftgate.commands.check_upstream import check_upstream, fit
from driftgate.commands.checks import Finding, State
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned

OBEYED = {
    "output": [{"type": "message", "content": [{"text": '{"probe": "driftgate"}'}]}],
}


def findings(url: str) -> dict[State, list[Finding]]:
    found: dict[State, list[Finding]] = {}
    for finding in check_upstream("local", url):
        found.setdefault(finding.state, []).append(finding)
    return found


def llama_server(canned: Canned, context: int = 40960) -> None:
    canned.answer("/v1/models", {"data": [{"id": "gemma4"}]})
    canned.answer("/props", {"default_generation_settings": {"n_ctx": context}})
    canned.answer("/v1/responses", OBEYED)


def test_a_fit_server_has_no_problem(canned: Canned) -> None:
    llama_server(canned)
    found = findings(canned.url)
    assert set(found) == {State.GOOD, State.NOTE}
    (note,) = found[State.NOTE]  # this one counts no tokens
    assert "token counts do not tell" in note.what


def test_a_model_is_asked_only_where_that_is_wanted(canned: Canned) -> None:
    llama_server(canned)
    whats = [
        [each.what for each in check_upstream("u", canned.url, probe=p)] for p in (True, False)
    ]
    assert "text.format with a schema is obeyed" in whats[0]
    assert len(whats[1]) == len(whats[0]) - 2
    assert not any("text.format" in what for what in whats[1])


def test_nobody_there_is_a_problem_with_its_remedy() -> None:
    (problem,) = findings(f"http://127.0.0.1:{free_port()}")[State.PROBLEM]
    assert "connection refused" in problem.what
    assert problem.remedy is not None
    assert "start the model server" in problem.remedy


@pytest.mark.parametrize(("context", "state"), [(4096, State.PROBLEM), (12000, State.WARNING)])
def test_a_small_context_is_found(canned: Canned, context: int, state: State) -> None:
    llama_server(canned, context)
    (finding,) = findings(canned.url)[state]
    assert f"context {context} tokens" in finding.what
    assert finding.remedy == "start llama-server with -c 40960 (its -np slots share it)"


def test_a_context_is_called_tight_only_where_codex_fits_into_it() -> None:
    assert fit(7_999) == "too small for Codex, whose first prompt takes 8000"
    assert fit(8_192).startswith(
        "too small for Codex as it comes, whose first prompt takes some 10000"
    )
    assert fit(10_000) == "tight for Codex, which wants 16384 or more"


def test_no_flag_is_advised_that_the_model_cannot_follow(canned: Canned) -> None:
    llama_server(canned, 8192)
    canned.answer("/v1/models", {"data": [{"id": "tiny", "meta": {"n_ctx_train": 8192}}]})
    (finding,) = findings(canned.url)[State.WARNING]
    assert finding.remedy == "load another model: this one was trained for 8192 tokens"


def test_a_missing_responses_path_is_a_problem(canned: Canned) -> None:
    llama_server(canned)
    del canned.answers["/v1/responses"]
    (problem,) = findings(canned.url)[State.PROBLEM]
    assert "/v1/responses is missing (status 404)" in problem.what


def test_a_404_about_the_model_means_that_the_path_is_there(canned: Canned) -> None:
    llama_server(canned)
    canned.answer("/v1/responses", {"error": {"message": 'model "" not found'}}, 404)
    assert State.PROBLEM not in findings(canned.url)


def test_a_wanted_key_leaves_it_open(canned: Canned) -> None:
    llama_server(canned)
    canned.answer("/v1/responses", {}, 401)
    assert "wants a key" in findings(canned.url)[State.UNKNOWN][0].what


@pytest.mark.parametrize(
    ("version", "old"), [("0.13.3", True), ("0.13.4", False), ("0.14.0", False), ("x", True)]
)
def test_an_ollama_that_codex_refuses_is_a_problem(canned: Canned, version: str, old: bool) -> None:
    canned.answer("/v1/models", {"data": [{"id": "gemma4"}]})
    canned.answer("/api/version", {"version": version})
    canned.answer("/v1/responses", {}, 400)
    found = findings(canned.url)
    assert (State.PROBLEM in found) is old
    assert "OLLAMA_CONTEXT_LENGTH" in str(found[State.NOTE][0].remedy)


def test_a_server_without_models_is_a_warning(canned: Canned) -> None:
    llama_server(canned)
    canned.answer("/v1/models", {"data": []})
    assert "lists no models" in findings(canned.url)[State.WARNING][0].what
