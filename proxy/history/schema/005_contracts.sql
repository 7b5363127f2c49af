-- What contracts found: verdicts of calls, the attempts behind them, and the violations.

CREATE TABLE contracts (
    contract_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    mode VARCHAR NOT NULL,
    first_at TIMESTAMP NOT NULL,
    content VARCHAR NOT NULL USING COMPRESSION zstd
);
COMMENT ON TABLE contracts IS 'Contracts that were in force, one row for each different content';
COMMENT ON COLUMN contracts.contract_id IS 'Content hash';
COMMENT ON COLUMN contracts.name IS 'Name of the contract';
COMMENT ON COLUMN contracts.version IS 'Version that its author gave it';
COMMENT ON COLUMN contracts.mode IS 'observe or enforce';
COMMENT ON COLUMN contracts.first_at IS 'When it was first in force, UTC';
COMMENT ON COLUMN contracts.content IS 'The whole contract as JSON, its schemas included';

CREATE TABLE contract_sets (
    contract_set_id UUID NOT NULL,
    first_at TIMESTAMP NOT NULL,
    contracts VARCHAR NOT NULL USING COMPRESSION zstd
);
COMMENT ON TABLE contract_sets IS 'Which contracts were in force together, one row for each different set; the event contracts says when and where';
COMMENT ON COLUMN contract_sets.contract_set_id IS 'Content hash of contracts';
COMMENT ON COLUMN contract_sets.first_at IS 'When it was first in force, UTC';
COMMENT ON COLUMN contract_sets.contracts IS 'The contracts as JSON';

ALTER TABLE calls ADD COLUMN contract VARCHAR;
ALTER TABLE calls ADD COLUMN contract_id UUID;
ALTER TABLE calls ADD COLUMN verdict VARCHAR;
ALTER TABLE calls ADD COLUMN violations INTEGER;
ALTER TABLE calls ADD COLUMN repairs VARCHAR[];
ALTER TABLE calls ADD COLUMN judged_us BIGINT;
ALTER TABLE calls ADD COLUMN fallback VARCHAR;
COMMENT ON COLUMN calls.contract IS 'Contract that judged the answer; builtin: none applied, the built-in checks did; null: no model was asked';
COMMENT ON COLUMN calls.contract_id IS 'That contract as it was then: contracts.contract_id';
COMMENT ON COLUMN calls.verdict IS 'What was found of the answer that the client got: pass, fail or unjudged (there was none, or not all of it)';
COMMENT ON COLUMN calls.violations IS 'Number of violations that made it fail; warnings are in the table violations only';
COMMENT ON COLUMN calls.repairs IS 'Repairs that driftgate made to the answer, in their order';
COMMENT ON COLUMN calls.judged_us IS 'Time spent on judging, microseconds';
COMMENT ON COLUMN calls.fallback IS 'Upstream and model that answered instead of those that were asked; null: no fallback';

CREATE TABLE tries (
    call_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    upstream VARCHAR NOT NULL,
    model VARCHAR,
    dialect VARCHAR,
    started_at TIMESTAMP NOT NULL,
    first_byte_ms DOUBLE,
    total_ms DOUBLE,
    status INTEGER,
    outcome VARCHAR NOT NULL,
    error VARCHAR,
    request_body UUID,
    response_body UUID,
    response_bytes BIGINT NOT NULL,
    output_text VARCHAR USING COMPRESSION zstd,
    finish_reason VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    contract VARCHAR,
    verdict VARCHAR,
    violations INTEGER,
    repairs VARCHAR[],
    judged_us BIGINT
);
COMMENT ON TABLE tries IS 'Attempts of the calls that driftgate did not just pass through, one row each; the view attempts has those of all calls';
COMMENT ON COLUMN tries.call_id IS 'The call: calls.call_id';
COMMENT ON COLUMN tries.attempt IS 'Its number in the call, from 1';
COMMENT ON COLUMN tries.reason IS 'Why it was made: first, retry, reask or fallback';
COMMENT ON COLUMN tries.upstream IS 'Name of the upstream it went to';
COMMENT ON COLUMN tries.model IS 'Model that was asked for';
COMMENT ON COLUMN tries.dialect IS 'How driftgate spoke to the upstream';
COMMENT ON COLUMN tries.started_at IS 'When it began, UTC';
COMMENT ON COLUMN tries.first_byte_ms IS 'Time from there to the first byte of the answer''s body';
COMMENT ON COLUMN tries.total_ms IS 'Time from there to its end; null: driftgate was killed while it ran';
COMMENT ON COLUMN tries.status IS 'HTTP status of the upstream; null: none came';
COMMENT ON COLUMN tries.outcome IS 'How it ended, in the words of calls.outcome';
COMMENT ON COLUMN tries.error IS 'Why it ended so';
COMMENT ON COLUMN tries.request_body IS 'Body that was sent: bodies.body_id; null: as the client sent it';
COMMENT ON COLUMN tries.response_body IS 'Body that came back: bodies.body_id';
COMMENT ON COLUMN tries.response_bytes IS 'Bytes of it that were recorded';
COMMENT ON COLUMN tries.output_text IS 'Text of the answer, before any repair';
COMMENT ON COLUMN tries.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN tries.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN tries.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN tries.contract IS 'Contract that judged the answer';
COMMENT ON COLUMN tries.verdict IS 'pass, fail or unjudged';
COMMENT ON COLUMN tries.violations IS 'Number of violations that made it fail';
COMMENT ON COLUMN tries.repairs IS 'Repairs made to this answer, in their order';
COMMENT ON COLUMN tries.judged_us IS 'Time spent on judging, microseconds';

CREATE TABLE violations (
    call_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    position INTEGER NOT NULL,
    contract VARCHAR,
    source VARCHAR NOT NULL,
    keyword VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    severity VARCHAR NOT NULL
);
COMMENT ON TABLE violations IS 'What was wrong with answers, one row for each violation of each attempt';
COMMENT ON COLUMN violations.call_id IS 'The call: calls.call_id';
COMMENT ON COLUMN violations.attempt IS 'The attempt: attempts.attempt; 0: the request itself, before any attempt';
COMMENT ON COLUMN violations.position IS 'Order inside the attempt, from 0';
COMMENT ON COLUMN violations.contract IS 'Contract that found it; builtin: no contract applied';
COMMENT ON COLUMN violations.source IS 'Who asked for what was violated: contract, request, wire or model';
COMMENT ON COLUMN violations.keyword IS 'What was violated: a keyword of JSON Schema, or a word of docs/contracts.md';
COMMENT ON COLUMN violations.path IS 'Where in the answer or the request';
COMMENT ON COLUMN violations.reason IS 'One line that says what is wrong';
COMMENT ON COLUMN violations.severity IS 'error: makes the verdict fail; warning: does not; repaired: did, and is not in the answer any more';

CREATE VIEW attempts AS
SELECT
    call_id,
    attempt,
    reason,
    upstream,
    model,
    dialect,
    started_at,
    first_byte_ms,
    total_ms,
    status,
    outcome,
    error,
    request_body,
    response_body,
    response_bytes,
    output_text,
    finish_reason,
    input_tokens,
    output_tokens,
    contract,
    verdict,
    violations,
    repairs,
    judged_us
FROM tries
UNION ALL
SELECT
    call_id,
    1,
    'first',
    upstream,
    model,
    dialect,
    started_at,
    first_byte_ms,
    total_ms,
    status,
    outcome,
    error,
    NULL,
    response_body,
    response_bytes,
    output_text,
    finish_reason,
    input_tokens,
    output_tokens,
    contract,
    verdict,
    violations,
    repairs,
    judged_us
FROM calls
ANTI JOIN tries USING (call_id)
WHERE calls.attempts > 0;
COMMENT ON VIEW attempts IS 'Every attempt of every call, one row each; a call that was passed through is one attempt';
COMMENT ON COLUMN attempts.call_id IS 'The call: calls.call_id';
COMMENT ON COLUMN attempts.attempt IS 'Its number in the call, from 1';
COMMENT ON COLUMN attempts.reason IS 'Why it was made: first, retry, reask or fallback';
COMMENT ON COLUMN attempts.upstream IS 'Name of the upstream it went to';
COMMENT ON COLUMN attempts.model IS 'Model that was asked for';
COMMENT ON COLUMN attempts.dialect IS 'How driftgate spoke to the upstream';
COMMENT ON COLUMN attempts.started_at IS 'When it began, UTC';
COMMENT ON COLUMN attempts.first_byte_ms IS 'Time from there to the first byte of the answer''s body';
COMMENT ON COLUMN attempts.total_ms IS 'Time from there to its end; null: driftgate was killed while it ran';
COMMENT ON COLUMN attempts.status IS 'HTTP status of the upstream; null: none came';
COMMENT ON COLUMN attempts.outcome IS 'How it ended, in the words of calls.outcome';
COMMENT ON COLUMN attempts.error IS 'Why it ended so';
COMMENT ON COLUMN attempts.request_body IS 'Body that was sent: bodies.body_id; null: as the client sent it';
COMMENT ON COLUMN attempts.response_body IS 'Body that came back: bodies.body_id';
COMMENT ON COLUMN attempts.response_bytes IS 'Bytes of it';
COMMENT ON COLUMN attempts.output_text IS 'Text of the answer, before any repair';
COMMENT ON COLUMN attempts.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN attempts.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN attempts.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN attempts.contract IS 'Contract that judged the answer';
COMMENT ON COLUMN attempts.verdict IS 'pass, fail or unjudged';
COMMENT ON COLUMN attempts.violations IS 'Number of violations that made it fail';
COMMENT ON COLUMN attempts.repairs IS 'Repairs made to this answer, in their order';
COMMENT ON COLUMN attempts.judged_us IS 'Time spent on judging, microseconds';

CREATE VIEW pass_rates AS
WITH judged_calls AS (
    SELECT
        call_id,
        contract,
        coalesce(model, '') AS model,
        date_trunc('hour', started_at) AS hour,
        verdict,
        repairs,
        fallback
    FROM calls
    WHERE contract IS NOT NULL
),
worst AS (
    SELECT judged_calls.contract, model, hour, mode(keyword) AS keyword
    FROM violations
    JOIN judged_calls USING (call_id)
    WHERE severity <> 'warning'
    GROUP BY ALL
)
SELECT
    contract,
    nullif(model, '') AS model,
    hour,
    count(*) AS calls,
    count(*) FILTER (verdict IN ('pass', 'fail')) AS judged,
    count(*) FILTER (verdict = 'pass') AS passed,
    count(*) FILTER (verdict = 'fail') AS failed,
    count(*) FILTER (verdict = 'pass')
        / nullif(count(*) FILTER (verdict IN ('pass', 'fail')), 0) AS pass_rate,
    count(*) FILTER (len(repairs) > 0) AS repaired,
    count(*) FILTER (fallback IS NOT NULL) AS fallbacks,
    any_value(worst.keyword) AS most_frequent_violation
FROM judged_calls
LEFT JOIN worst USING (contract, model, hour)
GROUP BY contract, model, hour;
COMMENT ON VIEW pass_rates IS 'How many answers passed, one row for each contract, model and hour';
COMMENT ON COLUMN pass_rates.contract IS 'Contract that judged; builtin: none applied, the built-in checks did';
COMMENT ON COLUMN pass_rates.model IS 'Model that the requests name';
COMMENT ON COLUMN pass_rates.hour IS 'Start of the hour in which the calls began, UTC';
COMMENT ON COLUMN pass_rates.calls IS 'Number of calls; those that a fallback answered count for the model that was asked';
COMMENT ON COLUMN pass_rates.judged IS 'Those with a verdict of pass or fail';
COMMENT ON COLUMN pass_rates.passed IS 'Those that passed, repaired ones too';
COMMENT ON COLUMN pass_rates.failed IS 'Those that failed';
COMMENT ON COLUMN pass_rates.pass_rate IS 'Passed over judged, 0 to 1; null: none was judged';
COMMENT ON COLUMN pass_rates.repaired IS 'Calls whose answer was repaired';
COMMENT ON COLUMN pass_rates.fallbacks IS 'Calls that another upstream or model answered';
COMMENT ON COLUMN pass_rates.most_frequent_violation IS 'Keyword that failed most often in any attempt, repaired or not; null: none did';
