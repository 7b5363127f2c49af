"""What differs between two configurations, and between what two servers say they are. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from driftgate.proxy.fingerprint.facts import changes

LONGEST = 120  # characters of a value that is shown

# where a person looks for it, in this order
PLACES = (
    "server",
    "model",
    "sampler",
    "quantization",
    "template",
    "context",
    "request",
    "driftgate",
)

_CONFIGURED = {
    "upstream": "server",
    "model": "model",
    "set": "sampler",
    "unset": "sampler",
    **dict.fromkeys(("patch", "system", "tools", "fresh"), "request"),
    **dict.fromkeys(("adapt", "adapt_format", "adapt_tools"), "request"),
}
_TOLD = {
    **dict.fromkeys(("server", "version"), "server"),
    **dict.fromkeys(("model", "model_path", "digest", "family", "publisher", "weights"), "model"),
    **dict.fromkeys(("n_params", "n_vocab", "n_embd", "size", "capabilities"), "model"),
    **dict.fromkeys(("quantization", "format"), "quantization"),
    **dict.fromkeys(("template", "template_hash", "system"), "template"),
    **dict.fromkeys(("n_ctx", "n_ctx_train", "slots"), "context"),
    **dict.fromkeys(("sampling", "parameters"), "sampler"),
}
# by which both arms of a run are asked alike, whatever their files say
_ALIKE = ("k", "concurrency", "retries")
_NOT_TOLD = ("hashes", "absent")  # of contents that are shown themselves; of probes, not of servers


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in both arms.

    place: server, model, sampler, quantization, template, context, request (what is sent) or
        driftgate (how it is run and judged).
    name: of a key (`set.temperature`) or a fact that the server told (`n_ctx`).
    baseline, candidate: for people, in one line; None: not set, or not told. Long ones are cut, with a
        hash of the whole.
    """

    place: str
    name: str
    baseline: str | None
    candidate: str | None


def differences(
    baseline: Mapping[str, Any],
    candidate: Mapping[str, Any],
    baseline_fingerprint: Mapping[str, Any],
    candidate_fingerprint: Mapping[str, Any],
) -> list[Difference]:
    """All differences, by place, configured ones before those that the servers tell.

    Args:
        baseline: its configuration, as `Configuration.public` gives it.
        candidate: likewise.
        baseline_fingerprint: facts that its server told, or a table of such facts by model; empty:
            nothing.
        candidate_fingerprint: likewise. One arm's facts stand for all models of the other.
    """
    told = _aligned(baseline_fingerprint, candidate_fingerprint)
    found = [
        *_found(_apart(baseline), _apart(candidate), _CONFIGURED, "driftgate"),
        *_found(*told, _TOLD, "server"),
    ]
    return sorted(found, key=lambda each: PLACES.index(each.place))


def moved(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What a server told otherwise when the calls were recorded (as `baseline`) than it does now."""
    return differences({}, {}, then, now)


def shown(value: Any) -> str | None:
    """A value for people, in one line; cut where it is long, with a hash of all of it."""
    if value is None or value in ({}, [], ""):
        return None
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )
    line = "".join(each if each.isprintable() else " " for each in text)
    if len(line) <= LONGEST and line == text:
        return line
    mark = blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{line[:LONGEST].rstrip()}... ({len(text):,} characters, {mark})"


def _found(
    old: Mapping[str, Any], new: Mapping[str, Any], places: Mapping[str, str], otherwise: str
) -> Iterator[Difference]:
    kept_old, kept_new = _told(old), _told(new)
    for name, was, now in changes(kept_old, kept_new):
        known = [places[part] for part in name.split(".") if part in places]
        place = known[0] if known else otherwise
        values = shown(was), shown(now)
        if values[0] != values[1]:
            yield Difference(place, name, *values)


def _apart(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """What can make the arms answer differently; what is not set, in words."""
    told = {name: value for name, value in configuration.items() if name not in _ALIKE}
    if told.get("upstream", "") is None:
        told["upstream"] = "as recorded"
    return told


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says the same again: a template stands for its hash."""
    if _is_table(facts):
        return {name: _told(each) for name, each in facts.items()}
    left_out = {*_NOT_TOLD, *(("template_hash",) if facts.get("template") else ())}
    return {name: value for name, value in facts.items() if name not in left_out}


def _is_table(facts: Mapping[str, Any]) -> bool:
    """Whether these are the facts of several models, by name: each says which server it is of."""
    return bool(facts) and all(isinstance(x, dict) and "server" in x for x in facts.values())


def _aligned(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Both as tables where one of them is one."""
    if old and new and _is_table(old) != _is_table(new):
        if _is_table(old):
            return old, dict.fromkeys(old, new)
        return dict.fromkeys(new, old), new
    return old, new
