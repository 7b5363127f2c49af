"""A row of queries/calls.sql, as of a call of which little is known."""

from typing import Any

from tests.support.recorded_calls import call_id

ROW: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("parent_call_id", "session_id", "originator", "user_agent", "verdict", "contract"),
            *("violations", "first_token_ms", "total_ms", "input_tokens", "output_tokens"),
            *("tokens_per_second", "input_text", "output_text", "error", "answer_error"),
            *("fallback", "model", "repairs", "tool_call_count", "started_at"),
        )
    ),
    "call_id": call_id(1),
    "client": "127.0.0.1:5000",
    "continued": False,
    "outcome": "completed",
    "status": 200,
    "attempts": 1,
    "retry_number": 0,
    "method": "POST",
    "path": "/v1/x",
}
