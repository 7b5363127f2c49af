-- name: replays
-- What was answered when a call was asked again, newest first: by runs, as copies, one by one.
SELECT
    made.* EXCLUDE (run_id),
    made.run_id::VARCHAR AS run_id,
    runs.name AS run_name,
    runs.kind AS run_kind
FROM (
    SELECT
        call_id::VARCHAR AS call_id, started_at, run_id, arm, repetition, upstream, model, status, outcome, error,
        verdict, output_tokens, first_token_ms, total_ms, false AS whole
    FROM replays
    WHERE replay_of = $call::UUID
    UNION ALL
    SELECT
        trajectory_id::VARCHAR, started_at, run_id, arm, repetition, NULL, model, NULL, ending, failure,
        check_verdict, output_tokens, NULL, total_ms, true
    FROM trajectories
    WHERE replay_of = $call::UUID
) AS made
LEFT JOIN runs USING (run_id)
ORDER BY started_at DESC, call_id DESC
LIMIT $count;

-- name: call
-- A call: what became of it, and the parameters that it was asked with.
SELECT
    call_id::VARCHAR AS call_id, started_at, upstream, model, answer_model, dialect, status, outcome, error,
    answer_error, answer_complete, contract, verdict, fallback, repairs, attempts, arm, left(input_text, 300) AS input_text,
    stream, temperature, top_p, top_k, min_p, seed, max_tokens, stop, num_ctx, reasoning_effort, response_format,
    response_schema, tool_choice, tool_names, previous_response_id, metadata
FROM all_calls
WHERE call_id = $call::UUID;

-- name: models
-- Models that were asked for, most often first.
SELECT model, count(*) AS calls FROM all_calls
WHERE model IS NOT NULL
GROUP BY model
ORDER BY calls DESC, model
LIMIT 40;
