"""The features of an answer, and the cache that forgets them."""

import gc

import pytest

from driftgate.replay.answer import Answer
from driftgate.replay.compare import features as module
from driftgate.replay.compare.features import FeatureCache
from tests.replay.compare.answers import answer, features


def test_the_text_is_read_without_what_is_made_by_chance() -> None:
    found = features("see call_0a1b2c3d4e")
    assert found.normal == "see <id>"
    assert found.leaves is None
    made = features('{"id": "call_0a1b2c3d4e"}').leaves
    assert made is not None
    assert made["/id"][1].text == "<id>"


def test_of_a_huge_text_only_a_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 3)
    assert features("abcdef").normal == "abc"


def test_an_answer_is_read_once_while_it_is_at_hand() -> None:
    cache = FeatureCache()
    first = answer("a")
    assert cache.of(first) is cache.of(first)
    assert cache.of(answer("a")) is not cache.of(first)


def test_what_was_not_asked_for_lately_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    cache = FeatureCache()
    answers = [answer(f"forgotten {n}") for n in range(5)]
    kept = cache.of(answers[0])
    for each in answers[1:]:
        cache.of(each)
        assert cache.of(answers[0]) is kept
    assert len(cache) == 3
    del answers[1:], each
    gc.collect()
    alive = [x.text for x in gc.get_objects() if isinstance(x, Answer)]
    assert {text for text in alive if text.startswith("forgotten")} == {
        *("forgotten 0", "forgotten 3", "forgotten 4")
    }


def test_large_answers_make_room_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_CHARACTERS", 10)
    cache = FeatureCache()
    for n in range(5):
        cache.of(answer(str(n) * 8))
    assert len(cache) == 2
    for n in range(20):
        cache.of(answer(str(n)[0]))
    assert len(cache) == 10


def test_an_answer_never_gets_the_features_of_one_that_is_gone() -> None:
    cache = FeatureCache()
    for n in range(500):
        assert cache.of(answer(str(n))).answer.text == str(n)
