"""Calls as lines of an OpenAI batch file.

Format: https://platform.openai.com/docs/guides/batch (custom_id, method, url, body). A batch does
not stream, so `stream` and `stream_options` are left out.
"""

import json
from typing import Any

from driftgate.proxy.history.whole import Call

URLS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
}
_STREAMING = ("stream", "stream_options")


def line(call: Call) -> dict[str, Any] | None:
    """The call as a batch request; None where it is none (another dialect, or no JSON object)."""
    url = URLS.get(call.described.dialect or "")
    if url is None or call.row["method"] != "POST" or call.row["request_truncated"]:
        return None
    try:
        body = json.loads(call.described.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    kept = {key: value for key, value in body.items() if key not in _STREAMING}
    return {"custom_id": call.id, "method": "POST", "url": url, "body": kept}
