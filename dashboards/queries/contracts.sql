-- What contracts found, by contract and time.

-- name: first
SELECT min(started_at) AS first_at FROM calls
WHERE started_at >= $since AND started_at < $until AND contract IS NOT NULL
    AND ($contract::VARCHAR IS NULL OR contract = $contract);

-- name: rates
-- One row for each version of each contract and each step of the time axis.
SELECT
    contract,
    contract_id,
    time_bucket(to_seconds($step), started_at) AS bucket,
    count(*) AS calls,
    count(*) FILTER (verdict = 'pass') AS passed,
    count(*) FILTER (verdict = 'fail') AS failed,
    count(*) FILTER (len(repairs) > 0) AS repaired,
    count(fallback) AS fallbacks
FROM calls
WHERE started_at >= $since AND started_at < $until AND contract IS NOT NULL
GROUP BY ALL;

-- name: by_model
SELECT
    coalesce(left(model, 200), '(none named)') AS model,
    contract_id,
    time_bucket(to_seconds($step), started_at) AS bucket,
    count(*) AS calls,
    count(*) FILTER (verdict = 'pass') AS passed,
    count(*) FILTER (verdict = 'fail') AS failed,
    count(*) FILTER (len(repairs) > 0) AS repaired,
    count(fallback) AS fallbacks
FROM calls
WHERE started_at >= $since AND started_at < $until AND contract = $contract
GROUP BY ALL
ORDER BY calls DESC
LIMIT 50000;

-- name: versions
SELECT contract_id, name, version, mode, first_at, content
FROM contracts
WHERE $contract::VARCHAR IS NULL OR name = $contract
ORDER BY name, first_at DESC
LIMIT 500;

-- name: in_force
-- The set that a serving driftgate noted last; runs note theirs too, and never serve.
SELECT contracts
FROM contract_sets
WHERE contract_set_id = (
    SELECT CASE WHEN json_valid(detail) THEN (detail ->> 'contract_set_id')::UUID END
    FROM events
    SEMI JOIN (SELECT writer FROM events WHERE kind = 'started') USING (writer)
    WHERE kind = 'contracts'
    ORDER BY happened_at DESC
    LIMIT 1
);

-- name: violations
-- Most frequent first; places in lists count as one.
SELECT
    contract,
    keyword,
    regexp_replace(path, '/[0-9]+', '/*', 'g') AS path,
    severity,
    count(DISTINCT call_id) AS calls,
    max(call_id) AS last_call,
    left(arg_max(reason, call_id), 300) AS reason
FROM all_violations
SEMI JOIN (SELECT call_id FROM calls WHERE started_at >= $since AND started_at < $until) USING (call_id)
WHERE ($contract::VARCHAR IS NULL OR contract = $contract) AND (severity <> 'warning') = $failing
GROUP BY ALL
ORDER BY calls DESC, contract, keyword, path
LIMIT $kept;

-- name: examples
-- The newest of each kind of violation.
SELECT call_id, attempt, keyword, kind, path, severity, left(reason, 600) AS reason
FROM (
    SELECT *, regexp_replace(path, '/[0-9]+', '/*', 'g') AS kind
    FROM all_violations
    SEMI JOIN (SELECT call_id FROM calls WHERE started_at >= $since AND started_at < $until) USING (call_id)
    WHERE contract = $contract
)
QUALIFY row_number() OVER (PARTITION BY keyword, kind, severity ORDER BY call_id DESC, attempt, position) <= $each
ORDER BY call_id DESC
LIMIT 200;

-- name: answers
-- What these calls were answered in each attempt, before any repair.
SELECT call_id, attempt, left(output_text, 20000) AS answer
FROM tries
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id)
UNION ALL
SELECT call_id, 0, left(output_text, 20000)
FROM calls
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id);

-- name: arguments
SELECT call_id, position, left(arguments, 20000) AS arguments
FROM all_tool_calls
SEMI JOIN (SELECT unnest($calls::UUID[]) AS call_id) USING (call_id);
