-- name: session
-- The calls of a session around one: for its links, and the requests before and after it in the same thread.
SELECT
    arg_max(call_id, moment) FILTER (moment < here) AS previous,
    arg_min(call_id, moment) FILTER (moment > here) AS next,
    arg_max(call_id, moment) FILTER (moment < here AND alike) AS before,
    arg_min(call_id, moment) FILTER (moment > here AND alike) AS after,
    count(*) FILTER (moment < here) + 1 AS number,
    count(*) AS calls
FROM (
    SELECT
        call_id,
        (started_at, call_id) AS moment,
        ($at::TIMESTAMP, $call::UUID) AS here,
        dialect = $dialect AND thread_id IS NOT DISTINCT FROM $thread AND request_items > 0 AS alike
    FROM all_calls
    WHERE arm IS NULL AND session_id = $session
);

-- name: known
-- What is known of another call: when it was, and what its backend was.
SELECT call_id, started_at, upstream, fingerprint_id, fallback, arm FROM all_calls WHERE call_id = $call::UUID;

-- name: answering
-- The backend that answered in the place of the first, and what it had shown by then: of that model, else as a whole.
SELECT tried.upstream, seen.fingerprint_id
FROM (
    SELECT upstream, model, started_at
    FROM all_attempts
    WHERE call_id = $call::UUID
    ORDER BY upstream || '/' || coalesce(model, '?') = $fallback DESC, attempt DESC
    LIMIT 1
) AS tried
LEFT JOIN observations AS seen
    ON seen.upstream = tried.upstream AND (seen.model = tried.model OR seen.model IS NULL)
ORDER BY
    seen.model IS NULL,
    seen.seen_at > tried.started_at,
    abs(epoch_us(seen.seen_at) - epoch_us(tried.started_at))
LIMIT 1;

-- name: children
-- Calls that an agent made for this one, and those that continue its answer.
SELECT call_id, started_at, model, status, outcome, verdict, total_ms, previous_response_id IS NULL AS inner_call
FROM all_calls
WHERE parent_call_id = $call::UUID
ORDER BY started_at, call_id
LIMIT 200;

-- name: replays
-- Runs that asked this call again; and replays of no run, by their arm.
SELECT
    run_id,
    any_value(name) AS name,
    any_value(kind) AS kind,
    any_value(arm) AS arm,
    min(all_calls.started_at) AS asked_at,
    count(*) AS answers,
    count(*) FILTER (verdict = 'fail') AS failed
FROM all_calls
LEFT JOIN runs USING (run_id)
WHERE replay_of = $call::UUID
GROUP BY run_id, CASE WHEN run_id IS NULL THEN arm END
ORDER BY asked_at DESC
LIMIT 50;

-- name: fingerprints
SELECT fingerprint_id, facts FROM fingerprints
WHERE fingerprint_id IN ($now::UUID, $before::UUID);

-- name: since
-- Since when the backend had shown that fingerprint when the call began.
SELECT max(seen_at) AS since FROM observations
WHERE fingerprint_id = $fingerprint::UUID AND upstream = $upstream AND seen_at <= $at::TIMESTAMP;

-- name: config
SELECT settings, first_at FROM configs WHERE config_id = $config::UUID;

-- name: results
-- What a later request sent back for tool calls of this answer.
SELECT $after AS call_id, tool_call_id, any_value(text) AS text
FROM items
WHERE kind = 'tool_result'
    AND list_contains($ids::VARCHAR[], tool_call_id)
    AND slice_id IN (
        SELECT unnest(slices)
        FROM bodies
        WHERE body_id = (
            SELECT coalesce(request_decoded_body, request_body) FROM all_calls WHERE call_id = $after::UUID
        )
    )
GROUP BY tool_call_id;
