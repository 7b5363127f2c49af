-- Sessions, newest activity first: their keys by one light pass, all else for those shown alone.

-- name: keys
-- Ids of calls are in the order of time.
SELECT session_id, max(call_id) AS last_call
FROM calls
WHERE session_id IS NOT NULL AND started_at >= $since AND (true /* filters */)
GROUP BY session_id
HAVING $after::UUID IS NULL OR max(call_id) < $after::UUID
ORDER BY last_call DESC
LIMIT $rows;

-- name: facts
-- By rowid, so that DuckDB skips the row groups that hold none of their calls.
WITH loops AS (SELECT DISTINCT call_id FROM all_violations WHERE keyword = 'repeated_tool_call')
SELECT
    session_id,
    count(*) AS calls,
    count(DISTINCT turn_id) AS turns,
    min(started_at) AS started_at,
    max(started_at) AS last_at,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(tool_call_count)::BIGINT AS tool_calls,
    count(*) FILTER (outcome <> 'completed' OR status >= 400) AS errors,
    count(*) FILTER (verdict = 'fail') AS failed,
    count(*) FILTER (retry_number > 0) AS retries,
    count(loops.call_id) AS loops,
    list_sort(list(DISTINCT left(model, 60)))[:4] AS models,
    left(any_value(originator), 60) AS originator,
    left(arg_min(input_text, (started_at, call_id)), 400) AS question
FROM all_calls
LEFT JOIN loops USING (call_id)
WHERE arm IS NULL AND all_calls.rowid IN (
    SELECT rowid FROM all_calls SEMI JOIN (SELECT unnest($sessions::VARCHAR[]) AS session_id) USING (session_id)
)
GROUP BY session_id;

-- name: models
SELECT model FROM calls
WHERE started_at >= $since AND session_id IS NOT NULL AND model IS NOT NULL AND length(model) <= 200
GROUP BY model ORDER BY count(*) DESC, model LIMIT 100;
