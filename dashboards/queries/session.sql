-- One session: its calls in a light pass; what they did only for those that are shown.

-- name: of_call
SELECT session_id FROM all_calls WHERE call_id = $call;

-- name: calls
-- By rowid, so that DuckDB skips the row groups that hold none of them.
SELECT
    call_id,
    started_at,
    ended_at,
    turn_id,
    thread_id,
    window_id,
    request_kind,
    upstream,
    model,
    outcome,
    status,
    verdict,
    retry_number,
    attempts,
    request_items,
    tool_call_count,
    input_tokens,
    cached_tokens,
    output_tokens,
    reasoning_tokens,
    first_token_ms,
    total_ms
FROM all_calls
WHERE arm IS NULL AND rowid IN (SELECT rowid FROM all_calls WHERE session_id = $session)
ORDER BY started_at, call_id
LIMIT $most;

-- name: texts
-- What the calls that are shown asked and answered.
SELECT
    call_id,
    left(input_text, 400) AS asked,
    left(output_text, 400) AS answered,
    left(coalesce(error, answer_error), 400) AS error
FROM calls
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id);

-- name: tools
SELECT call_id, left(name, 200) AS name, left(arguments, 400) AS arguments, tool_call_id
FROM all_tool_calls
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id)
ORDER BY call_id, position;

-- name: used
-- Every tool of the session, and the same call of one made again and again in a turn.
WITH made AS (
    SELECT call_id, turn_id, started_at, name, arguments, tool_call_id
    FROM all_tool_calls
    JOIN (SELECT call_id, turn_id, started_at FROM calls WHERE session_id = $session) USING (call_id)
)
SELECT
    left(name, 200) AS name,
    NULL AS arguments,
    count(*) AS times,
    count(DISTINCT call_id) AS calls,
    list(DISTINCT left(tool_call_id, 200)) AS ids,
    arg_max(call_id, started_at) AS last_call
FROM made
GROUP BY name
UNION ALL BY NAME
SELECT
    left(name, 200) AS name,
    coalesce(left(arguments, 400), '') AS arguments,
    count(*) AS times,
    count(DISTINCT call_id) AS calls,
    NULL AS ids,
    arg_max(call_id, started_at) AS last_call
FROM made
GROUP BY made.name, made.arguments, turn_id
HAVING count(*) >= $repeated
ORDER BY times DESC, name
LIMIT 300;

-- name: results
-- What tools gave back: the last request of each context window holds all of it.
WITH last AS (
    SELECT arg_max(coalesce(request_decoded_body, request_body), (started_at, call_id)) AS body_id
    FROM calls
    WHERE session_id = $session
    GROUP BY thread_id, window_id
),
sent AS (
    SELECT DISTINCT unnest(slices) AS slice_id
    FROM bodies
    SEMI JOIN last USING (body_id)
)
SELECT left(tool_call_id, 200) AS tool_call_id, left(text, 300) AS text
FROM items
SEMI JOIN sent USING (slice_id)
WHERE kind = 'tool_result'
LIMIT 20000;

-- name: violations
SELECT call_id, severity, keyword, left(reason, 300) AS reason
FROM all_violations
SEMI JOIN (SELECT call_id FROM calls WHERE session_id = $session) USING (call_id)
WHERE severity <> 'repaired'
ORDER BY call_id DESC, attempt DESC, position
LIMIT 2000;

-- name: agents
-- Those of the calls that an agent worked for.
SELECT DISTINCT call_id
FROM agent_starts
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id);
