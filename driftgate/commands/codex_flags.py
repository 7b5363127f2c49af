"""What Codex must be told so that its model calls go through driftgate: flags for one run, or a block to paste. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PROVIDER = "driftgate"
_TAKES_MODEL = ("-m", "--model")
_NO_MODEL = frozenset(
    {
        "login",
        "logout",
        "mcp",
        "completion",
        "features",
        "update",
        "--help",
        "-h",
        "--version",
        "-V",
    }
)
_PAST_US = ("--oss", "--local-provider", "--remote", "--remote-auth-token-env")


@dataclass(frozen=True, slots=True)
class Through:
    """The way through the proxy.

    base_url: of the proxy, with /v1. model: None: Codex's own configuration names it.
    context: tokens that the model takes, None: unknown.
    """

    base_url: str
    model: str | None = None
    context: int | None = None


def flags(through: Through) -> list[str]:
    """Codex's flags for one run; they stand before the user's own, which win."""
    provider = f'{{name="{PROVIDER}",base_url={_text(through.base_url)},wire_api="responses"}}'
    set_to = {"model_provider": _text(PROVIDER), f"model_providers.{PROVIDER}": provider}
    if through.context is not None:
        set_to["model_context_window"] = str(through.context)
    told = [part for key, value in set_to.items() for part in ("-c", f"{key}={value}")]
    return told if through.model is None else [*told, "-m", through.model]


def block(through: Through) -> str:
    """The same for Codex's config.toml; keys first, since a table ends only where the next begins."""
    lines = ["# above the first [table] of ~/.codex/config.toml"]
    if through.model is not None:
        lines.append(f"model = {_text(through.model)}")
    lines.append(f"model_provider = {_text(PROVIDER)}")
    if through.context is not None:
        lines.append(f"model_context_window = {through.context}")
    lines += ["", "# anywhere below", f"[model_providers.{PROVIDER}]", f"name = {_text(PROVIDER)}"]
    lines += [f"base_url = {_text(through.base_url)}", 'wire_api = "responses"']
    return "\n".join(lines) + "\n"


def model_in(arguments: Sequence[str]) -> str | None:
    """The model that the user's own arguments name."""
    for place, argument in enumerate(arguments):
        if argument == "--":
            return None
        if argument in _TAKES_MODEL:
            return arguments[place + 1] if place + 1 < len(arguments) else None
        for flag in _TAKES_MODEL:
            if argument.startswith(f"{flag}=") or (flag == "-m" and argument[:2] == "-m"):
                return argument.removeprefix(flag).removeprefix("=")
    return None


def asks_no_model(arguments: Sequence[str]) -> bool:
    """Whether Codex asks no model with these, so that no proxy is needed: a login, say."""
    return arguments[:1] != [] and arguments[0] in _NO_MODEL


def past_us(arguments: Sequence[str]) -> str | None:
    """An argument that takes Codex to another provider, past driftgate; None: there is none."""
    for argument in arguments:
        if argument == "--":
            return None
        if argument.partition("=")[0] in _PAST_US or argument.startswith("model_provider="):
            return argument
    return None


def environment(given: Mapping[str, str], host: str) -> dict[str, str]:
    """The user's own, where a proxy for the web is told to leave this address alone.

    Codex sends its model calls through HTTP_PROXY, those to this machine too.
    """
    made = dict(given)
    proxied = any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in given)
    if proxied:
        for name in ("NO_PROXY", "no_proxy"):
            known = [part for part in made.get(name, "").split(",") if part.strip()]
            made[name] = ",".join([*known, *([] if host in known else [host])])
    return made


def _text(value: str) -> str:
    """A TOML basic string: JSON's is one, but for pairs of surrogates and a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
