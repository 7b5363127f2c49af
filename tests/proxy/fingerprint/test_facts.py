"""Facts out of servers' answers: the same configuration gives the same id, a change another."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.fingerprint.facts import PROBES, answer, changes, fingerprint

Answers = dict[str, dict[str, Any] | None]


def llama() -> Answers:
    sampling = {"temperature": 1.0, "top_k": 64, "seed": 4294967295, "samplers": ["dry", "top_k"]}
    return {
        "props": {
            "default_generation_settings": {
                "params": {**sampling, "n_probs": 0},
                "n_ctx": 2048,
                "id_task": 7,
            },
            "total_slots": 4,
            "model_alias": "gemma4",
            "model_ftype": "Q8_0",
            "model_path": "/models/gemma4.gguf",
            "media_marker": "<__media_1__>",
            "chat_template": "{{ hello }}",
            "build_info": "b11434",
            "is_sleeping": False,
        },
        "v1_models": {
            "data": [
                {
                    "id": "gemma4",
                    "created": 1,
                    "owned_by": "llamacpp",
                    "meta": {"n_ctx": 2048, "n_ctx_train": 8192, "n_params": 634275, "size": 9},
                }
            ]
        },
    }


def ollama() -> Answers:
    details = {"family": "gemma4", "quantization_level": "Q4_K_M", "format": "gguf"}
    tag = {"name": "gemma4:e4b", "model": "gemma4:e4b", "digest": "c6eb", "size": 5}
    return {
        "ollama_version": {"version": "0.13.4"},
        "ollama_tags": {
            "models": [
                {**tag, "modified_at": "2026-01-01", "details": details},
                {"name": "other:latest", "digest": "ffff"},
            ]
        },
        "ollama_ps": {
            "models": [{**tag, "expires_at": "x", "size_vram": 3, "context_length": 4096}]
        },
        "ollama_show": {
            "template": "{{ .Prompt }}",
            "parameters": "temperature 1",
            "details": details,
            "model_info": {
                "general.architecture": "gemma4",
                "general.parameter_count": 8,
                "gemma4.context_length": 131072,
            },
            "capabilities": ["completion", "tools"],
            "modified_at": "2026-01-01",
        },
    }


def test_llama_server_tells_build_model_template_context_and_sampling() -> None:
    facts = fingerprint(llama()).facts
    assert facts["server"] == "llama.cpp"
    assert facts["version"] == "b11434"
    assert facts["model"] == "gemma4"
    assert facts["model_path"] == "/models/gemma4.gguf"
    assert facts["quantization"] == "Q8_0"
    assert (facts["n_ctx"], facts["n_ctx_train"], facts["n_params"]) == (2048, 8192, 634275)
    assert facts["template"] == "{{ hello }}"
    assert len(facts["template_hash"]) == 32
    assert facts["sampling"] == {
        "temperature": 1.0,
        "top_k": 64,
        "seed": 4294967295,
        "samplers": ["dry", "top_k"],
    }


def test_ollama_tells_the_digest_and_context_of_the_model_that_was_asked_for() -> None:
    facts = fingerprint(ollama(), "gemma4:e4b").facts
    assert facts["server"] == "ollama"
    assert (facts["version"], facts["digest"], facts["size"]) == ("0.13.4", "c6eb", 5)
    assert (facts["quantization"], facts["family"]) == ("Q4_K_M", "gemma4")
    assert (facts["n_ctx"], facts["n_ctx_train"]) == (4096, 131072)
    assert facts["capabilities"] == ["completion", "tools"]
    assert fingerprint(ollama(), "other").facts["digest"] == "ffff"
    assert "digest" not in fingerprint(ollama(), None).facts


def test_lm_studio_vllm_and_the_simulation_are_told_apart() -> None:
    entry = {"id": "g", "arch": "gemma4", "quantization": "Q4", "state": "loaded"}
    studio = {"data": [{**entry, "loaded_context_length": 8192, "max_context_length": 9000}]}
    facts = fingerprint({"lmstudio_models": studio, "v1_models": {"data": [{"id": "g"}]}}).facts
    assert (facts["server"], facts["quantization"], facts["n_ctx"]) == ("lm-studio", "Q4", 8192)

    listed = {"data": [{"id": "g", "owned_by": "vllm", "max_model_len": 77, "root": "org/g"}]}
    facts = fingerprint({"version": {"version": "0.20"}, "v1_models": listed}).facts
    assert (facts["server"], facts["version"], facts["n_ctx"]) == ("vllm", "0.20", 77)

    answers = llama() | {"ollama_version": {"version": "0.13.4"}}
    answers["props"] = {**(answers["props"] or {}), "simulated": True}
    facts = fingerprint(answers).facts
    assert (facts["server"], facts["version"]) == ("driftgate-sim", "b11434")


def test_a_server_that_tells_only_names_is_openai_compatible() -> None:
    facts = fingerprint({"v1_models": {"data": [{"id": "g", "owned_by": "google"}]}}).facts
    assert (facts["server"], facts["model"]) == ("openai-compatible", "g")


def test_what_does_not_answer_is_recorded_as_absent() -> None:
    facts = fingerprint({}).facts
    assert facts["server"] == "unknown"
    assert facts["absent"] == sorted(each.name for each in PROBES if not each.of_model)
    assert "props" not in fingerprint(llama()).facts["absent"]
    assert "ollama_show" in fingerprint({**ollama(), "ollama_show": None}, "x").facts["absent"]


def test_a_server_with_one_model_is_the_same_whatever_name_is_asked_for() -> None:
    assert fingerprint(llama()) == fingerprint(llama(), "gpt-4") == fingerprint(llama(), "gemma4")


def test_of_several_models_the_one_that_is_asked_for_is_described() -> None:
    answers = llama()
    listed = [{"id": "gemma4", "meta": {"n_params": 1}}, {"id": "other", "meta": {"n_params": 2}}]
    answers["v1_models"] = {"data": listed}
    facts = fingerprint(answers, "other").facts
    assert (facts["model"], facts["n_params"], facts["version"]) == ("other", 2, "b11434")
    assert "template" not in facts
    assert "model_path" not in facts
    assert fingerprint(answers, "gemma4").facts["model_path"] == "/models/gemma4.gguf"


def test_volatile_values_do_not_change_the_id() -> None:
    before = fingerprint(llama())
    later = llama()
    props, listed = later["props"], later["v1_models"]
    assert props is not None
    assert listed is not None
    props |= {"media_marker": "<__media_2__>", "is_sleeping": True}
    props["default_generation_settings"]["id_task"] = 99
    listed["data"][0]["created"] = 2
    assert fingerprint(later) == before
    UUID(before.id)


def test_an_unloaded_model_keeps_its_context_length() -> None:
    loaded = fingerprint(ollama(), "gemma4:e4b")
    unloaded: Answers = {**ollama(), "ollama_ps": {"models": []}}
    assert fingerprint(unloaded, "gemma4:e4b", before=loaded.facts) == loaded
    assert "n_ctx" not in fingerprint(unloaded, "gemma4:e4b").facts
    assert "n_ctx" not in fingerprint(unloaded, "other", before=loaded.facts).facts


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("model_ftype", "Q4_0", "quantization"),
        ("build_info", "b2", "version"),
        ("model_path", "/b", "model_path"),
    ],
)
def test_each_change_gives_another_id_and_is_named(name: str, value: str, fact: str) -> None:
    old, answers = fingerprint(llama()), llama()
    props = answers["props"]
    assert props is not None
    props[name] = value
    new = fingerprint(answers)
    assert new.id != old.id
    assert changes(old.facts, new.facts) == [(fact, old.facts[fact], value)]


def test_changes_inside_a_table_are_named_by_their_entry() -> None:
    old = {"sampling": {"top_k": 1, "top_p": 2}, "gone": 1}
    assert changes(old, {"sampling": {"top_k": 3, "top_p": 2}}) == [
        ("gone", 1, None),
        ("sampling.top_k", 1, 3),
    ]


def test_a_digest_of_the_weights_is_part_of_the_fingerprint() -> None:
    one = fingerprint(llama(), weights={"method": "m", "digest": "1"})
    assert one.facts["weights"]["digest"] == "1"
    assert one.id != fingerprint(llama(), weights={"method": "m", "digest": "2"}).id


def test_a_huge_template_is_cut_but_its_hash_is_of_all_of_it() -> None:
    one, two = (fingerprint({"props": {"chat_template": "x" * 10**6 + end}}) for end in "ab")
    assert len(one.facts["template"]) == 64 << 10
    assert one.facts["template_hash"] != two.facts["template_hash"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "meta", "params", "n_ctx", "model", "details"])
            | st.sampled_from(
                ["default_generation_settings", "chat_template", "model_info", "samplers"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(
    st.dictionaries(
        st.sampled_from([each.name for each in PROBES]),
        st.none() | st.dictionaries(st.sampled_from(["data", "models", "version"]), JSON) | JSON,
    ),
    st.none() | st.text(max_size=3),
)
def test_no_answer_makes_it_fail(answers: dict[str, Any], model: str | None) -> None:
    found = fingerprint(answers, model)
    assert fingerprint(answers, model) == found
    json.dumps(found.facts, allow_nan=False).encode()


@pytest.mark.parametrize("body", [None, b"", b"<html>", b"[1]", b"\xff", b"[" * 100_000, b"1e999"])
def test_what_is_no_json_object_counts_as_no_answer(body: bytes | None) -> None:
    assert answer(body) is None
