"""Server-sent events as bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html). Pure."""

import re

CONTENT_TYPE = "text/event-stream"
_ENDS = re.compile(r"\r\n|\r|\n")


def event(name: str, data: str, mark: str = "") -> bytes:
    """One event. mark: its id, which the browser gives back when it connects anew."""
    head = f"event: {name}\n" + (f"id: {mark}\n" if mark else "")
    return (head + "".join(f"data: {line}\n" for line in _ENDS.split(data)) + "\n").encode(
        "utf-8", "replace"
    )


def again_after(milliseconds: int) -> bytes:
    """When the browser connects anew after the connection was lost."""
    return f"retry: {milliseconds}\n\n".encode()
