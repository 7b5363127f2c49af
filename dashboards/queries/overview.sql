-- Calls over time: counts in cells of upstream, model and contract, so that one pass gives the tiles,
-- the charts and the tables; quantiles apart, since they cannot be added up.

-- name: first
SELECT started_at AS first_at
FROM calls
WHERE started_at >= $since AND started_at < $until
ORDER BY started_at
LIMIT 1;

-- name: any
SELECT call_id FROM calls LIMIT 1;

-- name: models
-- Those that are told apart where clients named very many.
SELECT model
FROM calls
WHERE started_at >= $since AND started_at < $until AND model IS NOT NULL
GROUP BY model
ORDER BY count(*) DESC, model
LIMIT $kept;

-- name: cells
-- bucket: null before $since. models: those that are told apart; null: all.
SELECT
    CASE WHEN started_at >= $since THEN time_bucket(to_seconds($step), started_at) END AS bucket,
    upstream,
    CASE WHEN $models IS NULL OR model IS NULL OR list_contains($models::VARCHAR[], model)
        THEN model ELSE $others END AS model,
    contract,
    count(*) AS calls,
    count_if(outcome <> 'completed' OR status >= 400) AS errors,
    count_if(outcome IN ('client_gone', 'client_invalid', 'refused')) AS client_errors,
    count_if(verdict = 'pass') AS passed,
    count_if(verdict = 'fail') AS failed,
    count_if(verdict = 'fail' AND outcome = 'completed' AND coalesce(status, 0) < 400) AS broke,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(overhead_ms) AS overhead_ms,
    count(overhead_ms) AS overhead_calls
FROM calls
WHERE started_at >= $before AND started_at < $until
GROUP BY ALL
LIMIT $cells;

-- name: series
-- Of very many calls every n-th is looked at, here and in the next one.
SELECT
    time_bucket(to_seconds($step), started_at) AS bucket,
    quantile_cont(total_ms, [0.5, 0.95, 0.99]) AS total,
    quantile_cont(first_token_ms, [0.5, 0.95, 0.99]) AS first_token,
    quantile_cont(tokens_per_second, 0.5) AS speed
FROM all_calls
WHERE arm IS NULL AND started_at >= $since AND started_at < $until
    AND ($upstream::VARCHAR IS NULL OR upstream = $upstream)
    AND ($model::VARCHAR IS NULL OR model = $model)
    AND ($contract::VARCHAR IS NULL OR contract = $contract)
    AND ($every = 1 OR hash(rowid) % $every::UBIGINT = 0)
GROUP BY bucket;

-- name: speeds
-- part: bits of what a row is not about: upstream 4, model 2, contract 1. Of the time before all together.
WITH seen AS MATERIALIZED (
    SELECT started_at >= $since AS now, upstream, model, contract, total_ms, first_token_ms, tokens_per_second
    FROM all_calls
    WHERE arm IS NULL AND started_at >= $before AND started_at < $until
        AND ($upstream::VARCHAR IS NULL OR upstream = $upstream)
        AND ($model::VARCHAR IS NULL OR model = $model)
        AND ($contract::VARCHAR IS NULL OR contract = $contract)
        AND ($every = 1 OR hash(rowid) % $every::UBIGINT = 0)
)
SELECT
    true AS now,
    upstream,
    model,
    contract,
    grouping(upstream, model, contract) AS part,
    count(*) AS calls,
    quantile_cont(total_ms, [0.5, 0.95]) AS total,
    quantile_cont(first_token_ms, [0.5, 0.95]) AS first_token,
    quantile_cont(tokens_per_second, 0.5) AS speed
FROM seen
WHERE now
GROUP BY GROUPING SETS ((), (upstream), (upstream, model), (contract))
UNION ALL BY NAME
SELECT
    false AS now,
    7 AS part,
    count(*) AS calls,
    quantile_cont(total_ms, [0.5, 0.95]) AS total,
    quantile_cont(first_token_ms, [0.5, 0.95]) AS first_token,
    quantile_cont(tokens_per_second, 0.5) AS speed
FROM seen
WHERE NOT now
ORDER BY part DESC, calls DESC
LIMIT 1000;

-- name: slowest
SELECT call_id, started_at, upstream, model, outcome, status, verdict, first_token_ms, total_ms, output_tokens
FROM calls
WHERE started_at >= $since AND started_at < $until AND total_ms IS NOT NULL
    AND ($upstream::VARCHAR IS NULL OR upstream = $upstream)
    AND ($model::VARCHAR IS NULL OR model = $model)
    AND ($contract::VARCHAR IS NULL OR contract = $contract)
ORDER BY total_ms DESC
LIMIT 10;

-- name: failing
SELECT
    call_id,
    started_at,
    upstream,
    model,
    outcome,
    status,
    verdict,
    contract,
    left(coalesce(error, answer_error), 300) AS why,
    (
        SELECT first(left(reason, 300) ORDER BY attempt DESC, position) FROM all_violations
        WHERE all_violations.call_id = found.call_id AND severity = 'error'
    ) AS violated
FROM (
    SELECT call_id, started_at, upstream, model, outcome, status, verdict, contract, error, answer_error
    FROM calls
    WHERE started_at >= $since AND started_at < $until
        AND (outcome <> 'completed' OR status >= 400 OR verdict = 'fail')
        AND ($upstream::VARCHAR IS NULL OR upstream = $upstream)
        AND ($model::VARCHAR IS NULL OR model = $model)
        AND ($contract::VARCHAR IS NULL OR contract = $contract)
    ORDER BY started_at DESC
    LIMIT 10
) AS found
ORDER BY started_at DESC;

-- name: fingerprints
-- What each backend is now.
SELECT upstream, model, seen_at, fingerprint_id, facts
FROM (
    SELECT upstream, model, max(seen_at) AS seen_at, arg_max(fingerprint_id, seen_at) AS fingerprint_id
    FROM observations
    GROUP BY upstream, model
)
LEFT JOIN fingerprints USING (fingerprint_id)
ORDER BY upstream, model
LIMIT 500;

-- name: changes
-- Backends that became others, and driftgates of another version; newest first.
SELECT happened_at, kind, upstream, model, detail, was, version
FROM (
    SELECT happened_at, kind, upstream, model, detail, NULL AS was, NULL AS version
    FROM events
    WHERE kind = 'fingerprint_changed'
    UNION ALL
    SELECT happened_at, kind, NULL, NULL, NULL, lag(version) OVER (ORDER BY happened_at), version
    FROM (
        SELECT happened_at, kind, CASE WHEN json_valid(detail) THEN detail ->> 'version' END AS version
        FROM events
        WHERE kind = 'started'
    )
)
WHERE happened_at >= $since AND happened_at < $until AND (kind <> 'started' OR version <> was)
ORDER BY happened_at DESC
LIMIT $kept;
