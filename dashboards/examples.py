"""Questions that a new user asks first: those of the README."""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "How fast is each model, and where does the time go?",
        """SELECT model, count(*) AS calls, round(median(first_token_ms)) AS first_token_ms,
       round(median(tokens_per_second), 1) AS tokens_per_second, round(median(overhead_ms), 2) AS driftgate_ms
FROM calls WHERE model IS NOT NULL GROUP BY ALL ORDER BY calls DESC""",
    ),
    (
        "What failed today, and whose fault was it?",
        """SELECT call_id, started_at, model, outcome, status, coalesce(error, answer_error) AS why
FROM calls WHERE (outcome <> 'completed' OR status >= 400) AND started_at > current_date
ORDER BY started_at DESC""",
    ),
    (
        "Which Codex turns were the most expensive, and with which tools?",
        """SELECT turn_id, input_text, calls, retries, tools, input_tokens, output_tokens, duration_ms
FROM turns ORDER BY input_tokens DESC LIMIT 10""",
    ),
    (
        "Did the backend change under us, and when?",
        """SELECT happened_at, kind, upstream, model, detail
FROM events WHERE kind LIKE 'fingerprint%' ORDER BY happened_at DESC""",
    ),
    (
        "Which arguments did the model give to which tool?",
        """SELECT tool_calls.name, tool_calls.arguments, count(*) AS times
FROM tool_calls JOIN calls USING (call_id) GROUP BY ALL ORDER BY times DESC LIMIT 20""",
    ),
    (
        "Calls and errors by hour, to be drawn",
        """SELECT date_trunc('hour', started_at) AS hour, count(*) AS calls,
       count(*) FILTER (outcome <> 'completed' OR status >= 400) AS errors
FROM calls GROUP BY hour ORDER BY hour""",
    ),
)
