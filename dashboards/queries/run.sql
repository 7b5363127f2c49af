-- name: arms
-- What came of each arm so far: of several tries at one answer the last served one counts, else the last.
WITH came AS (
    SELECT
        arm, replay_of, repetition, started_at, verdict, output_tokens, total_ms,
        outcome = 'completed' AND status < 400 AS served
    FROM replays
    WHERE run_id = $run::UUID AND arm IN ('baseline', 'candidate')
    UNION ALL
    SELECT
        arm, replay_of, repetition, ended_at, check_verdict, output_tokens, total_ms, failure IS NULL
    FROM trajectories
    WHERE run_id = $run::UUID
),
answers AS (
    SELECT * FROM came
    QUALIFY row_number() OVER (
        PARTITION BY arm, replay_of, repetition ORDER BY served DESC NULLS LAST, started_at DESC
    ) = 1
)
SELECT
    arm,
    count(*) AS answers,
    count(*) FILTER (served) AS served,
    count(*) FILTER (verdict = 'pass') AS passed,
    count(*) FILTER (verdict = 'fail') AS failed,
    avg(output_tokens) AS tokens,
    median(total_ms) AS median_ms,
    min(started_at) AS first_at,
    max(started_at) AS last_at,
    count(*) FILTER (started_at > $lately) AS lately
FROM answers
GROUP BY arm
ORDER BY arm;

-- name: cases
-- Calls of a run: those first whose answers of both arms were judged otherwise.
WITH came AS (
    SELECT
        replay_of, arm, verdict, outcome = 'completed' AND status < 400 AS served, total_ms, output_tokens
    FROM replays
    WHERE run_id = $run::UUID AND arm IN ('baseline', 'candidate')
    UNION ALL
    SELECT replay_of, arm, check_verdict, failure IS NULL, total_ms, output_tokens
    FROM trajectories
    WHERE run_id = $run::UUID
),
counted AS (
    SELECT
        replay_of AS call_id,
        count(*) FILTER (arm = 'baseline') AS baseline,
        count(*) FILTER (arm = 'baseline' AND served) AS baseline_served,
        count(*) FILTER (arm = 'baseline' AND verdict = 'pass') AS baseline_passed,
        count(*) FILTER (arm = 'baseline' AND verdict = 'fail') AS baseline_failed,
        median(total_ms) FILTER (arm = 'baseline') AS baseline_ms,
        count(*) FILTER (arm = 'candidate') AS candidate,
        count(*) FILTER (arm = 'candidate' AND served) AS candidate_served,
        count(*) FILTER (arm = 'candidate' AND verdict = 'pass') AS candidate_passed,
        count(*) FILTER (arm = 'candidate' AND verdict = 'fail') AS candidate_failed,
        median(total_ms) FILTER (arm = 'candidate') AS candidate_ms
    FROM came
    GROUP BY replay_of
),
chosen AS (
    SELECT position, call_id, session, counted.* EXCLUDE (call_id)
    FROM (SELECT DISTINCT position, call_id, session FROM selection_calls WHERE selection_id = $selection::UUID)
    LEFT JOIN counted USING (call_id)
    ORDER BY
        coalesce(candidate_failed, 0) + coalesce(candidate - candidate_served, 0)
        - coalesce(baseline_failed, 0) - coalesce(baseline - baseline_served, 0) DESC,
        position
    LIMIT $count OFFSET $offset
)
SELECT chosen.* REPLACE (chosen.call_id::VARCHAR AS call_id), input_text
FROM chosen
LEFT JOIN (SELECT call_id, left(input_text, 300) AS input_text FROM all_calls WHERE call_id IN (SELECT call_id FROM chosen)) USING (call_id)
ORDER BY
    coalesce(candidate_failed, 0) + coalesce(candidate - candidate_served, 0)
    - coalesce(baseline_failed, 0) - coalesce(baseline - baseline_served, 0) DESC,
    position;

-- name: following
-- The calls of a selection in their order, behind the first ones.
SELECT call_id::VARCHAR AS call_id
FROM (SELECT DISTINCT position, call_id FROM selection_calls WHERE selection_id = $selection::UUID)
ORDER BY position
LIMIT $count OFFSET $seen;

-- name: inner
-- What an agent asked of the model on its way through trajectories.
SELECT parent_call_id::VARCHAR AS parent, call_id::VARCHAR AS call_id, status, total_ms
FROM all_calls
WHERE parent_call_id IN (SELECT unnest($calls::VARCHAR[])::UUID)
ORDER BY started_at, call_id
LIMIT 500;
