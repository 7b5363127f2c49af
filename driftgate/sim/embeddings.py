"""Embeddings: unit vectors that depend on the text's words and the version only."""

import base64
import math
import struct
from typing import Any

from driftgate.sim.ask import Json, SimError
from driftgate.sim.dice import Dice
from driftgate.sim.tokens import count
from driftgate.sim.versions import Version

DIMENSIONS = 64
_MOST_TEXTS = 2048  # as OpenAI allows
_MOST_WORDS = 2000


def vector(text: str, version: Version, dimensions: int = DIMENSIONS) -> list[float]:
    """A vector of length 1; texts that share words lie nearer to each other."""
    words = text.lower().split()[:_MOST_WORDS] or [""]
    sums = [0.0] * dimensions
    for word in words:
        dice = Dice("embedding", version.habits, word)
        for place in range(dimensions):
            sums[place] += dice.fraction(place) - 0.5
    length = math.sqrt(sum(s * s for s in sums)) or 1.0
    return [s / length for s in sums]


def texts(given: Any) -> list[str]:
    """The inputs: a text, several, or tokens.

    Raises:
        SimError: there is none, or too many.
    """
    found = given if isinstance(given, list) else [given]
    if found and all(isinstance(f, int) for f in found):
        found = [" ".join(map(str, found))]
    if not found or len(found) > _MOST_TEXTS or not all(isinstance(f, str | list) for f in found):
        raise SimError(400, f"'input' must be a text or up to {_MOST_TEXTS} texts")
    return [f if isinstance(f, str) else " ".join(map(str, f)) for f in found]


def openai(body: Json, version: Version) -> Json:
    """The answer of /v1/embeddings."""
    inputs = texts(body.get("input"))
    wanted = body.get("dimensions")
    length = wanted if isinstance(wanted, int) and 0 < wanted <= DIMENSIONS else DIMENSIONS
    packed = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(inputs):
        made = vector(text, version, length)
        told = base64.b64encode(struct.pack(f"<{length}f", *made)).decode() if packed else made
        data.append({"object": "embedding", "index": index, "embedding": told})
    used = sum(map(count, inputs))
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": version.name, "usage": usage}


def ollama(body: Json, version: Version) -> Json:
    """The answer of /api/embed."""
    inputs = texts(body.get("input"))
    return {
        "model": body.get("model") or version.name,
        "embeddings": [vector(text, version) for text in inputs],
        "total_duration": 1_000_000,
        "load_duration": 100_000,
        "prompt_eval_count": sum(map(count, inputs)),
    }
