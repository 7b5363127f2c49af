"""Texts by their meaning, as far as a static embedding model sees it. An optional extra.

The model (https://github.com/MinishLab/model2vec) is read from a local folder; nothing is ever
downloaded.
"""

from pathlib import Path

import numpy as np

from driftgate.proxy.errors import UsageError
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Embedder, Features, Vector

EXTRA = "driftgate[embeddings]"
MAX_CHARACTERS = 20_000  # of a text that are embedded; the model reads its first 512 tokens or so


def embedder(folder: Path) -> Embedder:
    """What makes a vector of a text, by the model in that folder.

    Raises:
        UsageError: the extra is not installed, or there is no such model.
    """
    try:
        from model2vec import StaticModel  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise UsageError(
            f"embeddings need the extra {EXTRA} ({error}): pip install '{EXTRA}'"
        ) from None
    if not folder.is_dir():  # model2vec would take it for the name of a model to download
        raise UsageError(f"no embedding model at {folder}: name the folder of a model2vec model")
    try:
        model = StaticModel.from_pretrained(folder, force_download=False)
    except Exception as error:  # noqa: BLE001 - whatever its file readers raise
        raise UsageError(f"{folder} is no model2vec model: {error}") from None

    def embed(text: str) -> Vector:
        encodable = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        made = model.encode([encodable], use_multiprocessing=False)
        return np.asarray(made[0], dtype=np.float64)

    return embed


def embedding(one: Features, other: Features) -> Aspect | None:
    """1 - cosine of the texts' vectors, at most 1. None: no embedder, or neither has a text."""
    if not (one.answer.text or other.answer.text):
        return None
    first, second = one.vector, other.vector
    if first is None or second is None:
        return None
    if one.normal == other.normal:
        return Aspect(0.0)
    lengths = float(np.linalg.norm(first)) * float(np.linalg.norm(second))
    if not lengths > 0 or not np.isfinite(lengths):
        return Aspect(1.0, "one text has no word that the embedding model knows")
    distance = min(max(1 - float(first @ second) / lengths, 0.0), 1.0)
    return Aspect(distance, f"embeddings {distance:.3f} apart (1 - cosine)")
