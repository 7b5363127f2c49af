"""The error message inside an answer, in the shapes that servers write."""

from typing import Any

from driftgate.proxy.dialects.lenient import clean, filled, written

MAX_MESSAGE = 2_000  # characters kept of an error page


def error_message(value: Any) -> str | None:
    """The message of an error object, or None where the value has none.

    Shapes: {"error": {"message"}} (OpenAI), {"error": "..."} (Ollama), {"detail"} (FastAPI),
    {"object": "error", "message"} (vLLM).
    """
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, dict):
        return filled(error.get("message")) or filled(error.get("code")) or written(error)
    if isinstance(error, str) and error:
        return clean(error)
    detail = value.get("detail")
    if detail:
        return written(detail)[:MAX_MESSAGE]
    if value.get("object") == "error" or value.get("type") == "error":
        return filled(value.get("message"))
    return None


def error_page(body: bytes) -> str | None:
    """The start of an error answer that is not JSON, as text."""
    text = body[: 4 * MAX_MESSAGE].decode("utf-8", "replace").strip()
    return clean(text[:MAX_MESSAGE]) or None
