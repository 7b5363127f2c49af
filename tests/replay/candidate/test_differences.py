"""What differs between two arms, where a person looks for it."""

from typing import Any

from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.differences import PLACES, Difference, differences, moved, shown


def test_equal_arms_differ_in_nothing() -> None:
    public = Configuration(set={"temperature": 1}).public()
    facts = {"server": "llama.cpp", "sampling": {"top_k": 40}}
    assert differences(public, public, facts, facts) == []


def test_each_difference_has_its_place_name_and_both_values() -> None:
    baseline = Configuration(upstream="http://a", set={"temperature": 1}, k=2)
    candidate = Configuration(upstream="http://b", set={"seed": 3}, k=3, unset=("top_p",))
    facts = {"server": "llama.cpp", "version": "b1", "n_ctx": 4096, "quantization": "Q4_K"}
    other = {
        **facts,
        "version": "b2",
        "n_ctx": 8192,
        "sampling": {"top_k": 40},
        "quantization": None,
    }
    found = differences(baseline.public(), candidate.public(), facts, other)
    assert found == [
        Difference("server", "upstream", "http://a", "http://b"),
        Difference("server", "version", "b1", "b2"),
        Difference("sampler", "set.seed", None, "3"),
        Difference("sampler", "set.temperature", "1", None),
        Difference("sampler", "unset", None, '["top_p"]'),
        Difference("sampler", "sampling", None, '{"top_k": 40}'),
        Difference("quantization", "quantization", "Q4_K", None),
        Difference("context", "n_ctx", "4096", "8192"),
    ]


def test_a_template_is_shown_once_and_probes_are_no_facts() -> None:
    old = {"template": "a" * 500, "template_hash": "1", "absent": ["x"]}
    new = {"template": "a" * 499 + "b", "template_hash": "2", "absent": []}
    found = differences({}, {}, old, new)
    assert [each.name for each in found] == ["template"]
    assert found[0].baseline != found[0].candidate
    hashes = differences({}, {}, {"template_hash": "1"}, {"template_hash": "2"})
    assert [each.place for each in hashes] == ["template"]


def test_what_has_no_place_of_its_own_is_found_all_the_same() -> None:
    found = differences({"zzz": 1}, {}, {"yyy": 1}, {})
    assert [(each.place, each.name) for each in found] == [("server", "yyy"), ("driftgate", "zzz")]
    assert {each.place for each in found} <= set(PLACES)


def test_a_server_that_has_moved_is_told_by_what_it_says() -> None:
    assert moved({"digest": "a"}, {"digest": "b"}) == [Difference("model", "digest", "a", "b")]


def test_long_and_hostile_values_are_one_short_line() -> None:
    told = shown("\x1b[31m\nred " + "x" * 10_000)
    assert told is not None
    assert told.isprintable()
    assert len(told) < 180
    assert shown({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'
    assert shown("a\nb") != shown("a\tb")
    nothing: tuple[Any, ...] = (None, "", [], {})
    assert [shown(value) for value in nothing] == [None] * 4
    assert [shown(0), shown(False)] == ["0", "false"]


def test_facts_by_model_are_compared_model_by_model() -> None:
    small = {"server": "ollama", "n_ctx": 1, "absent": ["x"], "sampling": {"top_k": 1}}
    large = {**small, "n_ctx": 2, "absent": []}
    old, new = {"qwen2.5": small, "gemma4": large}, {"qwen2.5": large, "gemma4": large}
    assert differences({}, {}, old, new) == [Difference("context", "qwen2.5.n_ctx", "1", "2")]
    assert differences({}, {}, old, large) == differences({}, {}, old, new)
    assert differences({}, {}, large, old) == [Difference("context", "qwen2.5.n_ctx", "2", "1")]
    deep = differences({}, {}, {"m": small, "n": small}, {**small, "sampling": {"top_k": 2}})
    assert [(each.place, each.name) for each in deep] == [
        ("sampler", "m.sampling.top_k"),
        ("sampler", "n.sampling.top_k"),
    ]
