"""Model and sampling parameters of a request, as a configuration wants them. Pure."""

from typing import Any

from driftgate.proxy.dialects import edit
from driftgate.proxy.judging import GENERATING
from driftgate.replay.candidate.adapted import adapts
from driftgate.replay.candidate.config import Configuration

Json = dict[str, Any]

NAMES_MODEL = frozenset({*GENERATING, "embeddings", "ollama_embed"})


def asks(configuration: Configuration, dialect: str) -> bool:
    """Whether anything is to be changed in requests of this dialect.

    Sampling, system prompt, tools and volatile parts are of calls that a model answers; a patch may
    go to any JSON.
    """
    asked = bool(configuration.patch)
    if dialect in NAMES_MODEL:
        asked = asked or configuration.model is not None
    if dialect in GENERATING:
        asked = asked or bool(configuration.set or configuration.unset or configuration.fresh)
        asked = asked or configuration.system is not None or configuration.tools is not None
    return asked or adapts(configuration, dialect)


def changed(dialect: str, body: Json, configuration: Configuration) -> Json:
    """A changed copy; the same object where nothing is asked of this dialect.

    A parameter that the dialect has no word for is left as it is.
    """
    if configuration.model is not None and dialect in NAMES_MODEL:
        body = edit.set_model(dialect, body, configuration.model)
    if dialect not in GENERATING:
        return body
    for name, value in configuration.set.items():
        body = edit.set_parameter(dialect, body, name, value)
    for name in configuration.unset:
        body = edit.unset_parameter(dialect, body, name)
    return body
