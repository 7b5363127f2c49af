"""The JSON that an answer's text is, whatever stands around it."""

from typing import Any

from driftgate.contracts.output import find_json

AROUND = 200  # characters around a fenced block that never make a text of it

_FENCE = "```"


def json_in(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or array that the text is; None where it is another text. Never raises.

    The text is JSON as a whole, or has one fenced block, which is JSON, with no more around it than
    the block is long, or than 200 characters: "Here is the JSON you asked for:" makes no other
    answer of it, a page that explains an example does. A number or a word alone is a text.
    """
    start = text.lstrip()[:1]
    found = find_json(text, "whole") if start in ("{", "[") else None
    if found is None and text.count(_FENCE) == 2:  # noqa: PLR2004 - one block opens and closes
        found = find_json(text, "fenced")
        if found is not None:
            around = len(text) - len(found.text)
            found = found if around <= max(AROUND, len(found.text)) else None
    value = None if found is None else found.value
    return value if isinstance(value, dict | list) else None
