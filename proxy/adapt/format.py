"""A schema said so that the server obeys it.

llama-server drops `text.format` on /v1/responses without a word, and obeys the same schema sent
there as `response_format`. A constrained server can no longer call a tool, though, and Codex sends
its schema with every request of a tool loop: with tools on offer the first answer is free, and
the constraint comes with the re-ask after that answer failed the schema.
"""

from typing import Any

from driftgate.proxy.dialects.lenient import filled, listing, mapping

Json = dict[str, Any]
_DEFAULT_NAME = "answer"  # Chat Completions requires a name


def constrains(body: Json, *, reasked: bool) -> bool:
    """Whether the schema may bind this request: always, unless a tool could be called."""
    return reasked or not listing(body.get("tools")) or body.get("tool_choice") == "none"


def adapt_format(body: Json, *, reasked: bool = False) -> Json:
    """A Responses request that also says its `text.format` as `response_format`.

    The same object comes back where there is nothing to add: no such format, a `response_format`
    already there, or tools on offer while nothing was asked again (see `constrains`).
    """
    if body.get("response_format") is not None or not constrains(body, reasked=reasked):
        return body
    wanted = response_format(body)
    return body if wanted is None else {**body, "response_format": wanted}


def response_format(body: Json) -> Json | None:
    """`text.format` in the words of Chat Completions; None where it asks for plain text."""
    asked = mapping(mapping(body.get("text")).get("format"))
    if asked.get("type") == "json_object":
        return {"type": "json_object"}
    if asked.get("type") != "json_schema":
        return None
    told: Json = {"name": filled(asked.get("name")) or _DEFAULT_NAME}
    told |= {key: asked[key] for key in ("description", "strict", "schema") if key in asked}
    return {"type": "json_schema", "json_schema": told}
