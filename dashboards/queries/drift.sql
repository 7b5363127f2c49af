-- name: runs
-- One page of the runs, newest first, with what each decided last.
SELECT
    run_id::VARCHAR AS run_id,
    started_at,
    finished_at,
    kind,
    name,
    selection,
    cases,
    k,
    baseline,
    candidate,
    verdict,
    sentence
FROM runs
LEFT JOIN (
    SELECT
        run_id,
        max(finished_at) AS finished_at,
        arg_max(verdict, finished_at) AS verdict,
        arg_max(sentence, finished_at) AS sentence
    FROM run_results
    GROUP BY run_id
) USING (run_id)
WHERE
    ($kind = '' OR kind = $kind)
    AND ($verdict = '' OR coalesce(verdict, 'undecided') = $verdict)
    AND ($text = '' OR contains(lower(concat_ws(' ', candidate, baseline, name, selection, run_id)), lower($text)))
ORDER BY started_at DESC, run_id DESC
LIMIT $count OFFSET $offset;

-- name: kinds
SELECT kind, count(*) AS runs FROM runs WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind;

-- name: answered
-- How many answers came to the runs that are not decided yet.
SELECT run_id::VARCHAR AS run_id, count(*) AS answers
FROM (
    SELECT DISTINCT run_id, arm, replay_of, repetition FROM all_calls
    WHERE run_id IN (SELECT unnest($runs::VARCHAR[])::UUID) AND arm IN ('baseline', 'candidate')
    UNION
    SELECT DISTINCT run_id, arm, replay_of, repetition FROM trajectories
    WHERE run_id IN (SELECT unnest($runs::VARCHAR[])::UUID)
)
GROUP BY run_id;
