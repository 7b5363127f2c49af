"""What answers at an upstream's address: which server, which version, how large a context.

Probes: llama-server `/props`, Ollama `/api/version` and `/api/ps`, LM Studio `/api/v0/models`,
vLLM `/version` and `/v1/models`. Each may be missing; absence is a fact, not an error.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from driftgate.commands.checks import NoReplyError, Reply, ask, inside

GOOD_STATUS = 200


@dataclass(frozen=True, slots=True)
class Backend:
    """A model server as it presents itself.

    context: tokens a request may hold, if known. trained: the most that the model itself can.
    """

    kind: str
    version: str | None = None
    context: int | None = None
    models: tuple[str, ...] = ()
    trained: int | None = None


def root(url: str) -> str:
    """The server's address without a trailing `/v1`: native paths lie beside it."""
    return url.rstrip("/").removesuffix("/v1")


def identify(url: str) -> Backend:
    """Ask the server at `url` who it is.

    Raises:
        NoReplyError: nobody answers there.
    """
    base = root(url)
    models_reply = ask(base, "/v1/models")
    models = _model_names(models_reply)
    for probe in (_llama_server, _ollama, _lm_studio, _vllm):
        found = probe(base, models_reply)
        if found is not None:
            return replace(found, models=models)
    return Backend("an unknown server", models_reply.headers.get("server"), None, models)


def _model_names(reply: Reply) -> tuple[str, ...]:
    listed = inside(reply.json, "data")
    if not isinstance(listed, list):
        return ()
    return tuple(name for each in listed if isinstance(name := inside(each, "id"), str))


def _json(base: str, path: str) -> Any:
    with suppress(NoReplyError):
        reply = ask(base, path)
        if reply.status == GOOD_STATUS:
            return reply.json
    return None


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _llama_server(base: str, models: Reply) -> Backend | None:
    props = _json(base, "/props")
    if not isinstance(props, dict) or "default_generation_settings" not in props:
        return None
    context = _tokens(inside(props, "default_generation_settings", "n_ctx"))
    build = _text(props.get("build_info"))
    simulated = "driftgate" in f"{models.headers.get('server')} {build}".lower()
    trained = _tokens(inside(models.json, "data", 0, "meta", "n_ctx_train"))
    kind = "driftgate sim" if simulated else "llama-server"
    return Backend(kind, build, context, trained=trained)


def _ollama(base: str, models: Reply) -> Backend | None:
    version = _text(inside(_json(base, "/api/version"), "version"))
    if version is None:
        return None
    loaded = inside(_json(base, "/api/ps"), "models")
    contexts = [_tokens(inside(each, "context_length")) for each in loaded or ()]
    known = [each for each in contexts if each is not None]
    simulated = "driftgate" in (models.headers.get("server") or "").lower()
    return Backend("driftgate sim" if simulated else "Ollama", version, min(known, default=None))


def _lm_studio(base: str, _models: Reply) -> Backend | None:
    listed = inside(_json(base, "/api/v0/models"), "data")
    if not isinstance(listed, list):
        return None
    contexts = [_tokens(inside(each, "loaded_context_length")) for each in listed]
    known = [each for each in contexts if each is not None]
    return Backend("LM Studio", None, min(known, default=None))


def _vllm(base: str, models: Reply) -> Backend | None:
    version = _text(inside(_json(base, "/version"), "version"))
    if version is None:
        return None
    return Backend("vLLM", version, _tokens(inside(models.json, "data", 0, "max_model_len")))
