"""What each kind of server tells, put under common names. Answers are strangers' JSON.

The facts: server, version, model, model_path, digest, quantization, family, template,
template_hash, n_ctx, n_ctx_train, n_params, n_vocab, n_embd, size, sampling, parameters, system,
capabilities, slots; of an agent model_upstream, sandbox, isolation and settings (a hash) as well.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

Answers = Mapping[str, dict[str, Any] | None]
Facts = dict[str, Any]

_LONGEST_TEXT = 4096
_LONGEST_TEMPLATE = 64 << 10
_MOST_ENTRIES = 64
_LARGEST = 2**63 - 1

# Of llama-server's default_generation_settings: what shapes an answer, not what a slot is doing.
_SAMPLING = (
    *("temperature", "dynatemp_range", "dynatemp_exponent", "top_k", "top_p", "min_p"),
    *("top_n_sigma", "typical_p", "xtc_probability", "xtc_threshold", "repeat_last_n"),
    *("repeat_penalty", "presence_penalty", "frequency_penalty", "dry_multiplier", "dry_base"),
    *("dry_allowed_length", "dry_penalty_last_n", "mirostat", "mirostat_tau", "mirostat_eta"),
    *("max_tokens", "n_predict", "seed", "samplers", "reasoning_format", "speculative.types"),
)


def server_kind(answers: Answers) -> str:
    """Which program answers: told by what it knows."""
    props, agent = _table(answers.get("props")), _table(answers.get("agent"))
    if agent or props.get("simulated") is True:
        return "codex" if agent else "driftgate-sim"
    if "build_info" in props or "default_generation_settings" in props:
        return "llama.cpp"
    if _text(_table(answers.get("ollama_version")).get("version")):
        return "ollama"
    if _entries(answers.get("lmstudio_models"), "data"):
        return "lm-studio"
    listed = _entries(answers.get("v1_models"), "data")
    if any(each.get("owned_by") == "vllm" for each in listed):
        return "vllm"
    # transformers serve among others: an id and an owner is all they tell
    return "openai-compatible" if listed else "unknown"


def _props(answers: Answers, model: str | None) -> Facts:
    props = _table(answers.get("props"))
    general = _table(props.get("default_generation_settings"))
    defaults = _table(general.get("params")) or general
    facts: Facts = {
        "version": _text(props.get("build_info")),
        "slots": _number(props.get("total_slots")),
        "sampling": {
            name: value for name in _SAMPLING if (value := _plain(defaults.get(name))) is not None
        }
        or None,
    }
    if not _is_loaded(props, answers, model):
        return facts
    return facts | {
        "model": _text(props.get("model_alias")),
        "model_path": _text(props.get("model_path")),
        "quantization": _text(props.get("model_ftype")),
        "n_ctx": _number(general.get("n_ctx")),
        **_template(props.get("chat_template")),
    }


def _is_loaded(props: Facts, answers: Answers, model: str | None) -> bool:
    """Whether /props speaks of this model: it tells of one, though a server may list several."""
    listed = _entries(answers.get("v1_models"), "data")
    entry = _find(listed, model) if len(listed) > 1 else None
    return entry is None or props.get("model_alias") in _names(entry)


def _v1_models(answers: Answers, model: str | None) -> Facts:
    entry = _only(_entries(answers.get("v1_models"), "data"), model)
    meta = _table(entry.get("meta"))
    return {
        "model": _text(entry.get("id")),
        "model_path": _text(entry.get("root")),
        "n_ctx": _number(meta.get("n_ctx")) or _number(entry.get("max_model_len")),
        "quantization": _text(meta.get("ftype")),
        **{
            name: _number(meta.get(name))
            for name in ("n_ctx_train", "n_params", "n_vocab", "n_embd", "size")
        },
    }


def _ollama_tags(answers: Answers, model: str | None) -> Facts:
    entry = _find(_entries(answers.get("ollama_tags"), "models"), model) or {}
    return {
        "version": _text(_table(answers.get("ollama_version")).get("version")),
        "model": _text(entry.get("model")) or _text(entry.get("name")),
        "digest": _text(entry.get("digest")),
        "size": _number(entry.get("size")),
        **_details(entry.get("details")),
    }


def _ollama_show(answers: Answers, model: str | None) -> Facts:
    show = _table(answers.get("ollama_show")) if model is not None else {}
    info = _table(show.get("model_info"))
    family = _text(info.get("general.architecture"))
    return {
        "parameters": _text(show.get("parameters")),
        "system": _text(show.get("system")),
        "capabilities": _plain(show.get("capabilities")),
        "n_params": _number(info.get("general.parameter_count")),
        "n_ctx_train": _number(info.get(f"{family}.context_length")),
        "n_embd": _number(info.get(f"{family}.embedding_length")),
        **_details(show.get("details")),
        **_template(show.get("template")),
    }


def _ollama_ps(answers: Answers, model: str | None) -> Facts:
    entry = _find(_entries(answers.get("ollama_ps"), "models"), model) or {}
    return {"n_ctx": _number(entry.get("context_length"))}


def _lmstudio(answers: Answers, model: str | None) -> Facts:
    entry = _only(_entries(answers.get("lmstudio_models"), "data"), model)
    return {
        "model": _text(entry.get("id")),
        "family": _text(entry.get("arch")),
        "quantization": _text(entry.get("quantization")),
        "format": _text(entry.get("compatibility_type")),
        "publisher": _text(entry.get("publisher")),
        "n_ctx": _number(entry.get("loaded_context_length")),
        "n_ctx_train": _number(entry.get("max_context_length")),
    }


def _version(answers: Answers, _model: str | None) -> Facts:
    return {"version": _text(_table(answers.get("version")).get("version"))}


def _agent(answers: Answers, _model: str | None) -> Facts:
    """Of an agent, as its host tells it: see `driftgate.proxy.agent.served.facts_of`."""
    told = _table(answers.get("agent"))
    names = ("model", "model_upstream", "sandbox", "isolation", "settings")
    return {"version": _text(told.get("codex_version")), **{n: _text(told.get(n)) for n in names}}


# In order of trust: the first one that tells a fact is believed.
READERS: tuple[Callable[[Answers, str | None], Facts], ...] = (
    *(_agent, _props, _ollama_tags, _lmstudio, _v1_models, _ollama_show, _ollama_ps, _version),
)


def _details(details: Any) -> Facts:
    told = _table(details)
    return {
        "quantization": _text(told.get("quantization_level")),
        "family": _text(told.get("family")),
        "format": _text(told.get("format")),
    }


def _template(template: Any) -> Facts:
    if not isinstance(template, str) or not template:
        return {}
    text = template.encode("utf-8", "replace")
    return {
        "template_hash": blake2b(text, digest_size=16).hexdigest(),
        "template": text[:_LONGEST_TEMPLATE].decode("utf-8", "ignore"),
    }


def _entries(answer: Any, key: str) -> list[dict[str, Any]]:
    listed = _table(answer).get(key)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _only(entries: list[dict[str, Any]], model: str | None) -> dict[str, Any]:
    """The model's entry; the only one there is, since such a server answers to any name."""
    return _find(entries, model) or (entries[0] if len(entries) == 1 else {})


def _find(entries: list[dict[str, Any]], model: str | None) -> dict[str, Any] | None:
    for entry in entries if model is not None else ():
        if model in _names(entry) or f"{model}:latest" in _names(entry):  # Ollama's default tag
            return entry
    return None


def _names(entry: dict[str, Any]) -> list[Any]:
    aliases = entry.get("aliases")
    names = [entry.get("id"), entry.get("model"), entry.get("name")]
    return names + (aliases if isinstance(aliases, list) else [])


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value[:_LONGEST_TEXT].encode("utf-8", "replace").decode()


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and abs(value) <= _LARGEST else None


def _plain(value: Any) -> Any:
    """A text, a number, a truth, or a short list of texts and numbers; None otherwise."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return list(_scalars(value[:_MOST_ENTRIES]))
    return _number(value) if isinstance(value, int | float) else _text(value)


def _scalars(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, str | int | float) and _plain(value) is not None:
            yield _plain(value)
