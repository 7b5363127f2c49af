-- name: listed
SELECT
    rowid, call_id, started_at, parent_call_id, previous_response_id IS NOT NULL AS continued, outcome, status,
    attempts, retry_number, len(repairs) AS repairs, verdict, violations, first_token_ms, total_ms,
    tokens_per_second, input_tokens, output_tokens, tool_call_count,
    left(model, 240) AS model, left(session_id, 240) AS session_id, left(client, 240) AS client,
    left(originator, 240) AS originator, left(user_agent, 240) AS user_agent, left(method, 240) AS method,
    left(path, 240) AS path, left(fallback, 240) AS fallback, left(contract, 240) AS contract,
    left(input_text, 240) AS input_text, left(output_text, 240) AS output_text,
    left(error, 240) AS error, left(answer_error, 240) AS answer_error
FROM all_calls
WHERE arm IS NULL AND rowid > $floor AND {place} AND {chosen}
ORDER BY {order}
LIMIT $count

-- name: newest
SELECT coalesce(max(rowid), -1) AS rowid FROM all_calls

-- name: known
SELECT DISTINCT model, upstream, contract FROM calls

-- name: lately
SELECT
    count(*) AS calls,
    count(*) FILTER (outcome <> 'completed' OR status >= 400) AS errors,
    count(*) FILTER (verdict = 'pass') AS passed,
    count(*) FILTER (verdict = 'fail') AS failed,
    quantile_cont(first_token_ms, 0.5) AS first_token_ms
FROM all_calls
WHERE arm IS NULL AND rowid > $floor AND started_at >= $since AND {chosen}
