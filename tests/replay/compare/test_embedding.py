"""Embeddings from a local model, and what is said where there is none."""

import sys
from pathlib import Path

import numpy as np
import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.compare.embedding import embedder, embedding
from driftgate.replay.compare.features import Embedder, Features
from tests.replay.compare.answers import answer

VECTORS = {"cat": [1.0, 0.0], "kitten": [0.8, 0.6], "car": [0.0, 1.0], "against": [-1.0, 0.0]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of four words, as model2vec keeps it."""
    from model2vec import StaticModel  # noqa: PLC0415 - the extra is loaded where it is used
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - likewise

    words = {"[UNK]": 0, "[PAD]": 1} | {word: at for at, word in enumerate(VECTORS, 2)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    vectors = np.array([[0.0, 0.0], [0.0, 0.0], *VECTORS.values()], dtype=np.float32)
    made = tmp_path_factory.mktemp("model")
    StaticModel(vectors, tokenizer, normalize=False).save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def embed(folder: Path) -> Embedder:
    return embedder(folder)


def distance(one: str, other: str, embed: Embedder) -> float:
    found = embedding(Features(answer(one), embed), Features(answer(other), embed))
    assert found is not None
    assert bool(found.reason) == (found.distance > 0)
    return found.distance


def test_texts_are_apart_by_the_cosine_of_their_vectors(embed: Embedder) -> None:
    assert distance("cat", "cat", embed) == 0
    assert distance("cat", "kitten", embed) == pytest.approx(0.2)
    assert distance("kitten", "cat", embed) == pytest.approx(0.2)
    assert distance("cat", "car", embed) == 1
    assert distance("cat", "against", embed) == 1


def test_a_text_of_unknown_words_has_nothing_in_common(embed: Embedder) -> None:
    assert distance("cat", "dog", embed) == 1
    assert distance("cat", "", embed) == 1


def test_a_text_that_is_no_unicode_is_embedded_too(embed: Embedder) -> None:
    assert distance("cat \ud800", "kitten", embed) == pytest.approx(0.2)


def test_without_embedder_or_text_there_is_nothing_to_compare(embed: Embedder) -> None:
    assert embedding(Features(answer("cat")), Features(answer("car"))) is None
    assert embedding(Features(answer(), embed), Features(answer(), embed)) is None


def test_a_folder_that_is_not_there_is_never_asked_of_a_hub(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no embedding model at .*minish/potion-base-2M"):
        embedder(tmp_path / "minish/potion-base-2M")


def test_a_folder_without_a_model_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no model2vec model"):
        embedder(tmp_path)


def test_without_the_extra_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(UsageError, match=r"pip install 'driftgate\[embeddings\]'"):
        embedder(folder)
