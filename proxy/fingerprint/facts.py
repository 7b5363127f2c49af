"""What a backend says it is, as facts with a content hash. Pure: answers in, fingerprint out.

Volatile values (times, load, slots, memory in use) are left out, so that the same configuration
gives the same id. Answers come from strangers: they are bounded and never make it fail.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

from driftgate.proxy.fingerprint.readers import READERS, server_kind

LIMIT = 1 << 20  # bytes of an answer; longer ones count as absent
SHOW_LIMIT = 4 << 20  # Ollama lists every tensor of a model

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to a server. `of_model`: the body names the model."""

    name: str
    method: str
    path: str
    of_model: bool = False
    limit: int = LIMIT

    def body(self, model: str | None) -> bytes | None:
        """What is sent along."""
        return json.dumps({"model": model}).encode() if self.of_model else None


PROBES = (
    # llama-server: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    Probe("props", "GET", "/props"),
    # OpenAI's list of models; llama-server adds `meta`, vLLM `max_model_len`
    Probe("v1_models", "GET", "/v1/models"),
    # Ollama: https://github.com/ollama/ollama/blob/main/docs/api.md
    Probe("ollama_version", "GET", "/api/version"),
    Probe("ollama_tags", "GET", "/api/tags"),
    Probe("ollama_ps", "GET", "/api/ps"),
    Probe("ollama_show", "POST", "/api/show", of_model=True, limit=SHOW_LIMIT),
    # LM Studio: https://lmstudio.ai/docs/developer/rest/endpoints
    Probe("lmstudio_models", "GET", "/api/v0/models"),
    # vLLM
    Probe("version", "GET", "/version"),
)
# an agent knows nothing but this, and is asked for nothing else
AGENT_PROBES = (Probe("agent", "GET", "/agent"),)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a backend is. `id`: the text of a UUID made from the facts."""

    id: str
    facts: dict[str, Any]


def answer(body: bytes | None) -> dict[str, Any] | None:
    """The JSON object an answer holds; None when it is none."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def fingerprint(
    answers: Mapping[str, dict[str, Any] | None],
    model: str | None = None,
    *,
    weights: dict[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Fingerprint:
    """The fingerprint that a server's answers amount to.

    Args:
        answers: by the probe's name; None or missing is recorded as absent.
        model: the name a client asked for; None: the server as a whole.
        weights: what was found out about the weights' file.
        before: facts seen last. Ollama and LM Studio tell a model's context length only while it
            is loaded; that it was unloaded since is not a change.
    """
    facts: dict[str, Any] = {"server": server_kind(answers)}
    for reader in READERS:
        for name, value in reader(answers, model).items():
            if value is not None:
                facts.setdefault(name, value)
    if weights:
        facts["weights"] = weights
    facts["absent"] = sorted(set(_names(answers, model)) - _told(answers))
    if "n_ctx" not in facts and before and _same_model(facts, before):
        facts |= {"n_ctx": before["n_ctx"]}
    return Fingerprint(_content_id(facts), facts)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(fact, before, now) for each difference, in alphabetical order; tables by their entries."""
    found: list[tuple[str, Any, Any]] = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if isinstance(was, dict) and isinstance(now, dict):
            found += [(f"{name}.{inner}", *pair) for inner, *pair in changes(was, now)]
        elif was != now:
            found.append((name, was, now))
    return found


def _names(answers: Mapping[str, Any], model: str | None) -> list[str]:
    """Probes that could have been answered; those of a model only by a server that has them."""
    if AGENT_PROBES[0].name in answers:
        return [each.name for each in AGENT_PROBES]
    of_model = model is not None and answers.get("ollama_version") is not None
    return [each.name for each in PROBES if of_model or not each.of_model]


def _told(answers: Mapping[str, Any]) -> set[str]:
    return {name for name, told in answers.items() if told is not None}


def _same_model(facts: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    names = ("server", "model", "digest")
    return "n_ctx" in before and all(facts.get(name) == before.get(name) for name in names)


def _content_id(facts: dict[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return str(UUID(bytes=blake2b(text.encode(), digest_size=_ID_BYTES).digest()))
