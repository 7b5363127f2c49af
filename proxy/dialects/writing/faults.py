"""An error inside a stream whose head has been sent already, so that clients stop and show it."""

from typing import Any

from driftgate.proxy.dialects.errors import error_body
from driftgate.proxy.dialects.writing.chat_chunks import DONE
from driftgate.proxy.dialects.writing.responses_events import failed
from driftgate.proxy.dialects.writing.written import Written
from driftgate.proxy.errors import CallError

# What the Codex CLI (0.169) makes of the code of a `response.failed`: `invalid_prompt` ends the turn
# with our message; `server_error`, as any unknown code, is sent again, five times with back-off.
# insufficient_quota and context_length_exceeded end it too, but with words of its own.
CODEX_FINAL, CODEX_AGAIN = "invalid_prompt", "server_error"
_FINAL_STATUS = 400


def stream_error(
    dialect: str,
    error: CallError,
    *,
    call_id: str,
    upstream: str,
    codex: bool,
    ask: Written | None = None,
) -> bytes:
    """The last bytes of a stream that fails.

    Args:
        dialect: of the client.
        error: what it is told; `codex_status` 400 is final for Codex, anything else worth a retry.
        call_id: of the call.
        upstream: the name of the upstream that was asked.
        codex: whether the client is the Codex CLI.
        ask: the one that keep-alives were written with, if any were.
    """
    if dialect == "responses":
        told: dict[str, Any] = {
            "code": _codex_code(error) if codex else error.code,
            "message": error.message,
            "driftgate": {
                "call_id": call_id,
                "upstream": upstream,
                "fault": error.fault.value,
                "code": error.code,
            },
        }
        return failed(ask or Written(None, 0, f"resp_{call_id}"), told)
    body = error_body(dialect, error, call_id=call_id, upstream=upstream)
    if dialect.startswith("ollama"):
        return body + b"\n"
    return b"data: " + body + b"\n\n" + DONE


def _codex_code(error: CallError) -> str:
    return CODEX_FINAL if error.codex_status == _FINAL_STATUS else CODEX_AGAIN
