"""`doctor`: is an upstream there, and is it fit for Codex?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from driftgate.commands.backends import Backend, identify, root
from driftgate.commands.check_adapting import (
    TRANSLATE,
    chat_instead,
    check_adapting,
    loaded_model,
)
from driftgate.commands.checks import Finding, NoReplyError, State, ask, version_of

if TYPE_CHECKING:  # pydantic is slow to load
    from driftgate.proxy.settings.upstream import Upstream

CODEX_PROMPT = 8_000  # tokens of Codex's first prompt with its default configuration, at the least
_MEASURED = 10_000  # tokens of it in Codex 0.169 (10,400 and 13,600, by the tokenizer)
ROOMY = 16_384  # tokens: its prompt, a few tool results, an answer
OLDEST_OLLAMA = (0, 13, 4)  # Codex refuses older ones
_ABSENT = (404, 405, 501)
_START = {
    "Ollama": "set OLLAMA_CONTEXT_LENGTH=32768 and restart Ollama",
    "llama-server": "start llama-server with -c 40960 (its -np slots share it)",
    "driftgate sim": "start it with --context 32768",
    "LM Studio": "load the model with a larger context length",
    "vLLM": "start vLLM with a larger --max-model-len",
}


def check_upstream(
    name: str, url: str, known: "Upstream | None" = None, *, probe: bool = True
) -> Iterator[Finding]:
    """Everything worth knowing about one upstream.

    known: its settings, where there are any. probe: its model may be asked (a few tokens).
    """
    check = f"upstream {name}"
    try:
        backend = identify(url)
    except NoReplyError as error:
        yield Finding(
            check,
            State.PROBLEM,
            f"{url} does not answer: {error}",
            "start the model server, or give its address with --upstream",
        )
        return
    yield Finding(check, State.GOOD, f"{url} answers: {_described(backend)}")
    yield from _version(check, backend)
    yield _models(check, backend)
    responses = _responses(check, url, known)
    yield responses
    yield _context(check, backend)
    missing = responses.remedy == TRANSLATE
    if probe and backend.models and (missing or responses.state is State.GOOD):
        model = loaded_model(backend, url)
        yield from check_adapting(check, url, model, known, translated=missing)


def _described(backend: Backend) -> str:
    return f"{backend.kind} {backend.version}" if backend.version else backend.kind


def _version(check: str, backend: Backend) -> Iterator[Finding]:
    if backend.kind != "Ollama":
        return
    if version_of(backend.version or "") >= OLDEST_OLLAMA:
        yield Finding(check, State.GOOD, "new enough for Codex (0.13.4 or newer)")
    else:
        yield Finding(
            check,
            State.PROBLEM,
            f"Ollama {backend.version} is too old for Codex",
            "update Ollama to 0.13.4 or newer",
        )


def _models(check: str, backend: Backend) -> Finding:
    if not backend.models:
        return Finding(
            check,
            State.WARNING,
            "it lists no models at /v1/models",
            "load or pull a model (`ollama pull ...`); codex --oss pulls what it does not see",
        )
    more = f" and {len(backend.models) - 3} more" if len(backend.models) > 3 else ""  # noqa: PLR2004 - shown
    return Finding(check, State.GOOD, f"models: {', '.join(backend.models[:3])}{more}")


def _responses(check: str, url: str, known: "Upstream | None") -> Finding:
    try:
        reply = ask(root(url), "/v1/responses", method="POST", body={})
    except NoReplyError as error:
        return Finding(check, State.UNKNOWN, f"/v1/responses: {error}", "look at the server's log")
    if reply.status in _ABSENT and b"model" not in reply.body.lower():
        return chat_instead(check, url, known) or Finding(
            check,
            State.PROBLEM,
            f"/v1/responses is missing (status {reply.status}), and Codex speaks nothing else",
            "update the model server to a version that has the Responses API",
        )
    if reply.status in {401, 403}:
        return Finding(
            check,
            State.UNKNOWN,
            f"/v1/responses wants a key (status {reply.status})",
            "the client sends the key; driftgate passes it on and does not record it",
        )
    return Finding(check, State.GOOD, "/v1/responses is there")


def fit(context: int) -> str:
    """In words how Codex fits into a context that is not roomy, in tokens."""
    if context < CODEX_PROMPT:
        return f"too small for Codex, whose first prompt takes {CODEX_PROMPT}"
    if context < _MEASURED:
        return (
            f"too small for Codex as it comes, whose first prompt takes some {_MEASURED}; it "
            f"wants {ROOMY} or more"
        )
    return f"tight for Codex, which wants {ROOMY} or more"


def _context(check: str, backend: Backend) -> Finding:
    context = backend.context
    if context is None:
        return Finding(
            check,
            State.NOTE,
            "the context's size is not told (no model loaded?); Codex needs "
            f"{CODEX_PROMPT} tokens for its first prompt alone",
            _START.get(backend.kind),
        )
    if context < CODEX_PROMPT:
        state, why = State.PROBLEM, fit(context)
    elif context < ROOMY:
        state, why = State.WARNING, fit(context)
    else:
        return Finding(check, State.GOOD, f"context {context} tokens")
    remedy = _START.get(backend.kind, "start the server with a larger context")
    if backend.trained is not None and backend.trained <= context:
        remedy = f"load another model: this one was trained for {backend.trained} tokens"
    return Finding(check, state, f"context {context} tokens: {why}", remedy)
