-- Replays: calls that a run made again. They are kept as calls are, and no statistics of live traffic
-- sees them: what was the table `calls` holds all, and `calls` is now a view of the live ones alone, so
-- that every view on it and everybody's SQL stays as it was.

ALTER TABLE calls RENAME TO all_calls;
ALTER TABLE all_calls ADD COLUMN run_id UUID;
ALTER TABLE all_calls ADD COLUMN arm VARCHAR;
ALTER TABLE all_calls ADD COLUMN replay_of UUID;
ALTER TABLE all_calls ADD COLUMN repetition INTEGER;
COMMENT ON TABLE all_calls IS 'Live calls and replays, one row each; calls has the live ones, replays the others';
COMMENT ON COLUMN all_calls.run_id IS 'Run that made it: runs.run_id; null: a live call, or an imported one';
COMMENT ON COLUMN all_calls.arm IS 'Null: a live call; baseline, candidate or shadow: made by a run; imported: of a golden set';
COMMENT ON COLUMN all_calls.replay_of IS 'The recorded call that was run again';
COMMENT ON COLUMN all_calls.repetition IS 'Which of the answers of its arm to that call, from 1';

CREATE VIEW calls AS
SELECT
    call_id,
    started_at,
    ended_at,
    outcome,
    error,
    client,
    user_agent,
    originator,
    session_id,
    thread_id,
    turn_id,
    window_id,
    request_kind,
    parent_call_id,
    retry_number,
    retry_of,
    attempts,
    dialect,
    upstream,
    method,
    path,
    query,
    model,
    stream,
    temperature,
    top_p,
    top_k,
    min_p,
    seed,
    max_tokens,
    stop,
    num_ctx,
    reasoning_effort,
    response_format,
    response_schema,
    tool_choice,
    tool_names,
    previous_response_id,
    metadata,
    request_digest,
    input_text,
    request_items,
    request_headers,
    request_body,
    request_decoded_body,
    request_bytes,
    request_truncated,
    status,
    finish_reason,
    output_text,
    reasoning_text,
    tool_call_count,
    answer_model,
    response_id,
    system_fingerprint,
    answer_error,
    answer_complete,
    input_tokens,
    output_tokens,
    cached_tokens,
    reasoning_tokens,
    backend_timings,
    response_headers,
    response_trailers,
    response_body,
    response_bytes,
    response_truncated,
    chunk_us,
    chunk_bytes,
    frame_us,
    frame_bytes,
    frame_from_client,
    events,
    first_byte_ms,
    first_token_ms,
    total_ms,
    tokens_per_second,
    overhead_ms,
    fingerprint_id,
    config_id,
    worker,
    contract,
    contract_id,
    verdict,
    violations,
    repairs,
    judged_us,
    fallback
FROM all_calls
WHERE arm IS NULL;
COMMENT ON VIEW calls IS 'Every live call, failed ones too, one row each: who asked what of which model, what came back, how fast';
COMMENT ON COLUMN calls.call_id IS 'Id of the call: a UUIDv7, also the answer header x-driftgate-call-id';
COMMENT ON COLUMN calls.started_at IS 'When the request began to arrive, UTC';
COMMENT ON COLUMN calls.ended_at IS 'When the call ended, UTC; null: driftgate was killed while it ran';
COMMENT ON COLUMN calls.outcome IS 'How the call ended: completed (also when the client left behind the last event of a stream), client_gone, upstream_refused, upstream_reset, upstream_timeout, upstream_invalid, client_invalid, refused, interrupted or failed';
COMMENT ON COLUMN calls.error IS 'Why it ended so, one line of driftgate''s; null when completed';
COMMENT ON COLUMN calls.client IS 'Address and port of the client';
COMMENT ON COLUMN calls.user_agent IS 'The client''s user-agent header';
COMMENT ON COLUMN calls.originator IS 'The client''s originator header: codex_exec, or the name an app gives itself';
COMMENT ON COLUMN calls.session_id IS 'Conversation: a Codex session, the x-driftgate-session header, or metadata.session_id';
COMMENT ON COLUMN calls.thread_id IS 'Codex thread';
COMMENT ON COLUMN calls.turn_id IS 'Codex turn: one user prompt and all calls it causes';
COMMENT ON COLUMN calls.window_id IS 'Codex context window: the thread and a number that grows with each compaction';
COMMENT ON COLUMN calls.request_kind IS 'Codex: turn or compaction';
COMMENT ON COLUMN calls.parent_call_id IS 'The call whose answer this one continues by previous_response_id';
COMMENT ON COLUMN calls.retry_number IS '0 for a first try, 1 for the first repetition by the client, and so on';
COMMENT ON COLUMN calls.retry_of IS 'The first try of the same request in the same thread and turn';
COMMENT ON COLUMN calls.attempts IS 'Tries at upstreams that driftgate made for this call';
COMMENT ON COLUMN calls.dialect IS 'How the client spoke: responses, chat, completions, embeddings, models, ollama_chat, ollama_generate, ollama_embed, ollama; null: unknown, passed untouched';
COMMENT ON COLUMN calls.upstream IS 'Name of the upstream';
COMMENT ON COLUMN calls.method IS 'HTTP method';
COMMENT ON COLUMN calls.path IS 'Path as sent';
COMMENT ON COLUMN calls.query IS 'Query string as sent, without the question mark; secrets in it replaced';
COMMENT ON COLUMN calls.model IS 'Model that the request names';
COMMENT ON COLUMN calls.stream IS 'Whether a stream was asked for';
COMMENT ON COLUMN calls.temperature IS 'Sampling temperature as sent';
COMMENT ON COLUMN calls.top_p IS 'Nucleus sampling limit as sent';
COMMENT ON COLUMN calls.top_k IS 'Top-k sampling limit as sent';
COMMENT ON COLUMN calls.min_p IS 'Minimum probability as sent';
COMMENT ON COLUMN calls.seed IS 'Sampling seed as sent';
COMMENT ON COLUMN calls.max_tokens IS 'Limit of output tokens as sent, whatever the dialect calls it';
COMMENT ON COLUMN calls.stop IS 'Stop sequences as sent';
COMMENT ON COLUMN calls.num_ctx IS 'Context length asked of Ollama';
COMMENT ON COLUMN calls.reasoning_effort IS 'Reasoning effort as sent';
COMMENT ON COLUMN calls.response_format IS 'Form asked for: text, json_object or json_schema';
COMMENT ON COLUMN calls.response_schema IS 'JSON Schema asked for, as canonical JSON';
COMMENT ON COLUMN calls.tool_choice IS 'auto, required, none, or a tool''s name';
COMMENT ON COLUMN calls.tool_names IS 'Names of the tools offered';
COMMENT ON COLUMN calls.previous_response_id IS 'Id of the response that the request continues';
COMMENT ON COLUMN calls.metadata IS 'The request''s own metadata object, as JSON';
COMMENT ON COLUMN calls.request_digest IS 'Hash of the canonical request without what changes between retries';
COMMENT ON COLUMN calls.input_text IS 'Last user message or tool result, at most 10,000 characters of it; all of it is in messages';
COMMENT ON COLUMN calls.request_items IS 'Number of messages, tool calls and tool results in the request';
COMMENT ON COLUMN calls.request_headers IS 'Request headers as a JSON array of [name, value]; secrets replaced; see the macro header()';
COMMENT ON COLUMN calls.request_body IS 'Body as sent: bodies.body_id; for a websocket, all frames of the client joined';
COMMENT ON COLUMN calls.request_decoded_body IS 'Body without its content coding, where it had one: bodies.body_id';
COMMENT ON COLUMN calls.request_bytes IS 'Bytes of the request body as sent, also those beyond the recording limit';
COMMENT ON COLUMN calls.request_truncated IS 'Whether the recorded request body was cut at the limit';
COMMENT ON COLUMN calls.status IS 'HTTP status that the client got; null: none was sent';
COMMENT ON COLUMN calls.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN calls.output_text IS 'The assembled answer''s text';
COMMENT ON COLUMN calls.reasoning_text IS 'The assembled answer''s reasoning';
COMMENT ON COLUMN calls.tool_call_count IS 'Number of tool calls in the answer';
COMMENT ON COLUMN calls.answer_model IS 'Model that the backend says it used';
COMMENT ON COLUMN calls.response_id IS 'The backend''s id of the answer';
COMMENT ON COLUMN calls.system_fingerprint IS 'system_fingerprint of the answer';
COMMENT ON COLUMN calls.answer_error IS 'The backend''s own error message';
COMMENT ON COLUMN calls.answer_complete IS 'Whether the dialect''s last event, or a whole JSON body, was there';
COMMENT ON COLUMN calls.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN calls.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN calls.cached_tokens IS 'Input tokens that came from a cache';
COMMENT ON COLUMN calls.reasoning_tokens IS 'Output tokens spent on reasoning';
COMMENT ON COLUMN calls.backend_timings IS 'The backend''s own timings, as JSON';
COMMENT ON COLUMN calls.response_headers IS 'Response headers as a JSON array of [name, value]; see the macro header()';
COMMENT ON COLUMN calls.response_trailers IS 'Trailers as a JSON array of [name, value]; null: none';
COMMENT ON COLUMN calls.response_body IS 'Body as sent: bodies.body_id; for a websocket, all frames of the upstream joined';
COMMENT ON COLUMN calls.response_bytes IS 'Bytes of the response body, also those beyond the recording limit';
COMMENT ON COLUMN calls.response_truncated IS 'Whether the recorded response body was cut at the limit';
COMMENT ON COLUMN calls.chunk_us IS 'When each part of the response arrived, microseconds from the start of the call';
COMMENT ON COLUMN calls.chunk_bytes IS 'Size of each of these parts, in bytes';
COMMENT ON COLUMN calls.frame_us IS 'Websocket: when each frame passed, microseconds from the start of the call';
COMMENT ON COLUMN calls.frame_bytes IS 'Websocket: size of each frame, in bytes';
COMMENT ON COLUMN calls.frame_from_client IS 'Websocket: whether each frame came from the client';
COMMENT ON COLUMN calls.events IS 'Number of events in the answer stream';
COMMENT ON COLUMN calls.first_byte_ms IS 'Time to the first byte of the response body';
COMMENT ON COLUMN calls.first_token_ms IS 'Time to the first token: text, reasoning or tool call';
COMMENT ON COLUMN calls.total_ms IS 'Time to the end of the call';
COMMENT ON COLUMN calls.tokens_per_second IS 'Output speed: the backend''s own figure, else output tokens over the time since the first token of a stream';
COMMENT ON COLUMN calls.overhead_ms IS 'driftgate''s own part of the time';
COMMENT ON COLUMN calls.fingerprint_id IS 'What the backend said it was at the time: fingerprints.fingerprint_id';
COMMENT ON COLUMN calls.config_id IS 'driftgate''s own configuration at the time: configs.config_id';
COMMENT ON COLUMN calls.worker IS 'The driftgate process that served the call';
COMMENT ON COLUMN calls.contract IS 'Contract that judged the answer; builtin: none applied, the built-in checks did; null: no model was asked';
COMMENT ON COLUMN calls.contract_id IS 'That contract as it was then: contracts.contract_id';
COMMENT ON COLUMN calls.verdict IS 'What was found of the answer that the client got: pass, fail or unjudged (there was none, or not all of it)';
COMMENT ON COLUMN calls.violations IS 'Number of violations that made it fail; warnings are in the table violations only';
COMMENT ON COLUMN calls.repairs IS 'Repairs that driftgate made to the answer, in their order';
COMMENT ON COLUMN calls.judged_us IS 'Time spent on judging, microseconds';
COMMENT ON COLUMN calls.fallback IS 'Upstream and model that answered instead of those that were asked; null: no fallback';

CREATE VIEW replays AS
SELECT
    run_id,
    arm,
    replay_of,
    repetition,
    call_id,
    started_at,
    outcome,
    error,
    status,
    dialect,
    upstream,
    model,
    contract,
    verdict,
    violations,
    finish_reason,
    output_text,
    reasoning_text,
    tool_call_count,
    input_tokens,
    output_tokens,
    first_token_ms,
    total_ms,
    tokens_per_second
FROM all_calls
WHERE arm IS NOT NULL;
COMMENT ON VIEW replays IS 'Every call that a run made, one row each, and imported ones; what was asked is the call replay_of';
COMMENT ON COLUMN replays.run_id IS 'Run that made it: runs.run_id; null: imported';
COMMENT ON COLUMN replays.arm IS 'baseline, candidate, shadow or imported';
COMMENT ON COLUMN replays.replay_of IS 'The recorded call that was run again: all_calls.call_id';
COMMENT ON COLUMN replays.repetition IS 'Which of the answers of its arm to that call, from 1; of several tries the last served one counts';
COMMENT ON COLUMN replays.call_id IS 'Id of the call: a UUIDv7, also the answer header x-driftgate-call-id';
COMMENT ON COLUMN replays.started_at IS 'When the request began to arrive, UTC';
COMMENT ON COLUMN replays.outcome IS 'How the call ended: completed (also when the client left behind the last event of a stream), client_gone, upstream_refused, upstream_reset, upstream_timeout, upstream_invalid, client_invalid, refused, interrupted or failed';
COMMENT ON COLUMN replays.error IS 'Why it ended so, one line of driftgate''s; null when completed';
COMMENT ON COLUMN replays.status IS 'HTTP status that the client got; null: none was sent';
COMMENT ON COLUMN replays.dialect IS 'How the client spoke: responses, chat, completions, embeddings, models, ollama_chat, ollama_generate, ollama_embed, ollama; null: unknown, passed untouched';
COMMENT ON COLUMN replays.upstream IS 'Name of the upstream';
COMMENT ON COLUMN replays.model IS 'Model that the request names';
COMMENT ON COLUMN replays.contract IS 'Contract that judged the answer; builtin: none applied, the built-in checks did; null: no model was asked';
COMMENT ON COLUMN replays.verdict IS 'What was found of the answer that the client got: pass, fail or unjudged (there was none, or not all of it)';
COMMENT ON COLUMN replays.violations IS 'Number of violations that made it fail; warnings are in the table violations only';
COMMENT ON COLUMN replays.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN replays.output_text IS 'The assembled answer''s text';
COMMENT ON COLUMN replays.reasoning_text IS 'The assembled answer''s reasoning';
COMMENT ON COLUMN replays.tool_call_count IS 'Number of tool calls in the answer';
COMMENT ON COLUMN replays.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN replays.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN replays.first_token_ms IS 'Time to the first token: text, reasoning or tool call';
COMMENT ON COLUMN replays.total_ms IS 'Time to the end of the call';
COMMENT ON COLUMN replays.tokens_per_second IS 'Output speed: the backend''s own figure, else output tokens over the time since the first token of a stream';

-- What belongs to calls likewise: the plain names are of live calls, all_* hold everything.

ALTER TABLE tool_calls RENAME TO all_tool_calls;
COMMENT ON TABLE all_tool_calls IS 'Tool calls that models made, one row each; of live calls and of replays';
COMMENT ON COLUMN all_tool_calls.call_id IS 'The call whose answer holds it: all_calls.call_id';
COMMENT ON COLUMN all_tool_calls.position IS 'Order inside the answer, from 0';
COMMENT ON COLUMN all_tool_calls.name IS 'Name of the tool';
COMMENT ON COLUMN all_tool_calls.namespace IS 'Namespace of the tool, in Codex';
COMMENT ON COLUMN all_tool_calls.arguments IS 'Arguments as the model wrote them, usually JSON';
COMMENT ON COLUMN all_tool_calls.tool_call_id IS 'Id that joins the tool call and its result in messages';
CREATE VIEW tool_calls AS
SELECT
    call_id,
    position,
    name,
    namespace,
    arguments,
    tool_call_id
FROM all_tool_calls
ANTI JOIN (SELECT call_id FROM all_calls WHERE arm IS NOT NULL) USING (call_id);
COMMENT ON VIEW tool_calls IS 'Tool calls that models made, one row each';
COMMENT ON COLUMN tool_calls.call_id IS 'The call whose answer holds it: calls.call_id';
COMMENT ON COLUMN tool_calls.position IS 'Order inside the answer, from 0';
COMMENT ON COLUMN tool_calls.name IS 'Name of the tool';
COMMENT ON COLUMN tool_calls.namespace IS 'Namespace of the tool, in Codex';
COMMENT ON COLUMN tool_calls.arguments IS 'Arguments as the model wrote them, usually JSON';
COMMENT ON COLUMN tool_calls.tool_call_id IS 'Id that joins the tool call and its result in messages';

ALTER TABLE violations RENAME TO all_violations;
COMMENT ON TABLE all_violations IS 'What was wrong with answers, one row for each violation of each attempt; of live calls and of replays';
COMMENT ON COLUMN all_violations.call_id IS 'The call: all_calls.call_id';
COMMENT ON COLUMN all_violations.attempt IS 'The attempt: all_attempts.attempt; 0: the request itself, before any attempt';
COMMENT ON COLUMN all_violations.position IS 'Order inside the attempt, from 0';
COMMENT ON COLUMN all_violations.contract IS 'Contract that found it; builtin: no contract applied';
COMMENT ON COLUMN all_violations.source IS 'Who asked for what was violated: contract, request, wire or model';
COMMENT ON COLUMN all_violations.keyword IS 'What was violated: a keyword of JSON Schema, or a word of docs/contracts.md';
COMMENT ON COLUMN all_violations.path IS 'Where in the answer or the request';
COMMENT ON COLUMN all_violations.reason IS 'One line that says what is wrong';
COMMENT ON COLUMN all_violations.severity IS 'error: makes the verdict fail; warning: does not; repaired: did, and is not in the answer any more';
CREATE VIEW violations AS
SELECT
    call_id,
    attempt,
    position,
    contract,
    source,
    keyword,
    path,
    reason,
    severity
FROM all_violations
ANTI JOIN (SELECT call_id FROM all_calls WHERE arm IS NOT NULL) USING (call_id);
COMMENT ON VIEW violations IS 'What was wrong with answers, one row for each violation of each attempt';
COMMENT ON COLUMN violations.call_id IS 'The call: calls.call_id';
COMMENT ON COLUMN violations.attempt IS 'The attempt: attempts.attempt; 0: the request itself, before any attempt';
COMMENT ON COLUMN violations.position IS 'Order inside the attempt, from 0';
COMMENT ON COLUMN violations.contract IS 'Contract that found it; builtin: no contract applied';
COMMENT ON COLUMN violations.source IS 'Who asked for what was violated: contract, request, wire or model';
COMMENT ON COLUMN violations.keyword IS 'What was violated: a keyword of JSON Schema, or a word of docs/contracts.md';
COMMENT ON COLUMN violations.path IS 'Where in the answer or the request';
COMMENT ON COLUMN violations.reason IS 'One line that says what is wrong';
COMMENT ON COLUMN violations.severity IS 'error: makes the verdict fail; warning: does not; repaired: did, and is not in the answer any more';

DROP VIEW attempts;
CREATE VIEW all_attempts AS
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
FROM all_calls
ANTI JOIN tries USING (call_id)
WHERE all_calls.attempts > 0;
COMMENT ON VIEW all_attempts IS 'Every attempt of every call, replays too, one row each; a call that was passed through is one attempt';
COMMENT ON COLUMN all_attempts.call_id IS 'The call: all_calls.call_id';
COMMENT ON COLUMN all_attempts.attempt IS 'Its number in the call, from 1';
COMMENT ON COLUMN all_attempts.reason IS 'Why it was made: first, retry, reask or fallback';
COMMENT ON COLUMN all_attempts.upstream IS 'Name of the upstream it went to';
COMMENT ON COLUMN all_attempts.model IS 'Model that was asked for';
COMMENT ON COLUMN all_attempts.dialect IS 'How driftgate spoke to the upstream';
COMMENT ON COLUMN all_attempts.started_at IS 'When it began, UTC';
COMMENT ON COLUMN all_attempts.first_byte_ms IS 'Time from there to the first byte of the answer''s body';
COMMENT ON COLUMN all_attempts.total_ms IS 'Time from there to its end; null: driftgate was killed while it ran';
COMMENT ON COLUMN all_attempts.status IS 'HTTP status of the upstream; null: none came';
COMMENT ON COLUMN all_attempts.outcome IS 'How it ended, in the words of calls.outcome';
COMMENT ON COLUMN all_attempts.error IS 'Why it ended so';
COMMENT ON COLUMN all_attempts.request_body IS 'Body that was sent: bodies.body_id; null: as the client sent it';
COMMENT ON COLUMN all_attempts.response_body IS 'Body that came back: bodies.body_id';
COMMENT ON COLUMN all_attempts.response_bytes IS 'Bytes of it';
COMMENT ON COLUMN all_attempts.output_text IS 'Text of the answer, before any repair';
COMMENT ON COLUMN all_attempts.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN all_attempts.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN all_attempts.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN all_attempts.contract IS 'Contract that judged the answer';
COMMENT ON COLUMN all_attempts.verdict IS 'pass, fail or unjudged';
COMMENT ON COLUMN all_attempts.violations IS 'Number of violations that made it fail';
COMMENT ON COLUMN all_attempts.repairs IS 'Repairs made to this answer, in their order';
COMMENT ON COLUMN all_attempts.judged_us IS 'Time spent on judging, microseconds';
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
FROM all_attempts
ANTI JOIN (SELECT call_id FROM all_calls WHERE arm IS NOT NULL) USING (call_id);
COMMENT ON VIEW attempts IS 'Every attempt of every live call, one row each; a call that was passed through is one attempt';
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

DROP VIEW messages;
CREATE VIEW messages AS
SELECT
    items.slice_id AS message_id,
    items.position,
    kind,
    role,
    text,
    tool_name,
    tool_call_id,
    min(started_at) AS first_at,
    arg_min(used.call_id, (started_at, used.call_id)) AS first_call_id,
    arg_min(session_id, (started_at, used.call_id)) AS first_session_id,
    count(DISTINCT session_id) AS sessions,
    count(used.call_id) AS uses
FROM items
LEFT JOIN (
    SELECT call_id, started_at, session_id, unnest(slices) AS slice_id
    FROM calls
    JOIN bodies ON body_id = coalesce(request_decoded_body, request_body)
) AS used USING (slice_id)
GROUP BY ALL
HAVING count(used.call_id) > 0 OR items.slice_id IN (
    SELECT unnest(slices)
    FROM tries
    JOIN calls USING (call_id)
    JOIN bodies ON body_id = tries.request_body
);
COMMENT ON VIEW messages IS 'Each message, tool call or tool result once, with where it was used; what only replays sent is in items';
COMMENT ON COLUMN messages.message_id IS 'The slice that holds it: slices.slice_id';
COMMENT ON COLUMN messages.position IS 'Order inside the slice, from 0';
COMMENT ON COLUMN messages.kind IS 'message, tool_call, tool_result, reasoning, or the item''s own type';
COMMENT ON COLUMN messages.role IS 'system, developer, user, assistant or tool';
COMMENT ON COLUMN messages.text IS 'What a person would read';
COMMENT ON COLUMN messages.tool_name IS 'Name of the tool';
COMMENT ON COLUMN messages.tool_call_id IS 'Id that joins a tool call and its result';
COMMENT ON COLUMN messages.first_at IS 'Start of the first call that sent it, UTC';
COMMENT ON COLUMN messages.first_call_id IS 'The first call that sent it';
COMMENT ON COLUMN messages.first_session_id IS 'The session of that call';
COMMENT ON COLUMN messages.sessions IS 'Number of sessions that sent it';
COMMENT ON COLUMN messages.uses IS 'Number of calls that sent it';

COMMENT ON TABLE tries IS 'Attempts of the calls, replays too, that driftgate did not just pass through, one row each; the views attempts and all_attempts have those of all calls';
COMMENT ON TABLE items IS 'Messages, tool calls and tool results of requests, those of replays too, by the slice that holds them; see messages';

CREATE TABLE selections (
    selection_id UUID NOT NULL,
    name VARCHAR,
    made_at TIMESTAMP NOT NULL,
    described VARCHAR,
    seed BIGINT,
    found INTEGER,
    collapsed INTEGER,
    calls INTEGER
);
COMMENT ON TABLE selections IS 'Calls that were chosen to be run again, and never change; one with a name is a golden set';
COMMENT ON COLUMN selections.selection_id IS 'Content hash of the selection';
COMMENT ON COLUMN selections.name IS 'Name of the golden set; null: it has none';
COMMENT ON COLUMN selections.made_at IS 'When it was made, UTC';
COMMENT ON COLUMN selections.described IS 'How the calls were chosen, for people';
COMMENT ON COLUMN selections.seed IS 'Seed of the choice';
COMMENT ON COLUMN selections.found IS 'Calls that met the criteria';
COMMENT ON COLUMN selections.collapsed IS 'Of them, near-duplicates that others stand for';
COMMENT ON COLUMN selections.calls IS 'Calls that were chosen';

CREATE TABLE selection_calls (
    selection_id UUID NOT NULL,
    position INTEGER NOT NULL,
    call_id UUID NOT NULL,
    session VARCHAR,
    slices VARCHAR,
    duplicates INTEGER
);
COMMENT ON TABLE selection_calls IS 'The calls of selections, one row each';
COMMENT ON COLUMN selection_calls.selection_id IS 'The selection: selections.selection_id';
COMMENT ON COLUMN selection_calls.position IS 'Order in it, from 0';
COMMENT ON COLUMN selection_calls.call_id IS 'The call: all_calls.call_id';
COMMENT ON COLUMN selection_calls.session IS 'What it is clustered by: its session, else its own id';
COMMENT ON COLUMN selection_calls.slices IS 'Contract, dialect, model, tools, depth and length class, as JSON';
COMMENT ON COLUMN selection_calls.duplicates IS 'How many recorded calls it stands for, itself included';

CREATE TABLE runs (
    run_id UUID NOT NULL,
    started_at TIMESTAMP NOT NULL,
    kind VARCHAR,
    name VARCHAR,
    selection_id UUID,
    selection VARCHAR,
    cases INTEGER,
    k INTEGER,
    seed BIGINT,
    baseline VARCHAR,
    candidate VARCHAR,
    baseline_hash VARCHAR,
    candidate_hash VARCHAR,
    baseline_fingerprint VARCHAR,
    candidate_fingerprint VARCHAR,
    policy VARCHAR,
    version VARCHAR,
    schema INTEGER
);
COMMENT ON TABLE runs IS 'Selections that were put to a baseline and a candidate';
COMMENT ON COLUMN runs.run_id IS 'Id of the run';
COMMENT ON COLUMN runs.started_at IS 'When it began, UTC';
COMMENT ON COLUMN runs.kind IS 'gate, shadow, watch or reference';
COMMENT ON COLUMN runs.name IS 'Name of the golden set; null: it has none';
COMMENT ON COLUMN runs.selection_id IS 'What was run: selections.selection_id';
COMMENT ON COLUMN runs.selection IS 'How the calls were chosen, for people';
COMMENT ON COLUMN runs.cases IS 'Calls that were chosen';
COMMENT ON COLUMN runs.k IS 'Answers of each arm to each call';
COMMENT ON COLUMN runs.seed IS 'Seed of choice, order and tests';
COMMENT ON COLUMN runs.baseline IS 'Configuration of the baseline as JSON, without secrets';
COMMENT ON COLUMN runs.candidate IS 'Configuration of the candidate as JSON, without secrets';
COMMENT ON COLUMN runs.baseline_hash IS 'Content hash of baseline';
COMMENT ON COLUMN runs.candidate_hash IS 'Content hash of candidate';
COMMENT ON COLUMN runs.baseline_fingerprint IS 'What the baseline said it was, as JSON';
COMMENT ON COLUMN runs.candidate_fingerprint IS 'What the candidate said it was, as JSON';
COMMENT ON COLUMN runs.policy IS 'Gate policy as JSON';
COMMENT ON COLUMN runs.version IS 'The driftgate that ran it';
COMMENT ON COLUMN runs.schema IS 'Version of what is kept of a run';

CREATE TABLE run_results (
    run_id UUID NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    verdict VARCHAR,
    sentence VARCHAR,
    decision VARCHAR USING COMPRESSION zstd
);
COMMENT ON TABLE run_results IS 'What runs decided; the latest row of a run counts';
COMMENT ON COLUMN run_results.run_id IS 'The run: runs.run_id';
COMMENT ON COLUMN run_results.finished_at IS 'When it was decided, UTC';
COMMENT ON COLUMN run_results.verdict IS 'pass, drift, inconclusive or could_not_check';
COMMENT ON COLUMN run_results.sentence IS 'The verdict in one sentence';
COMMENT ON COLUMN run_results.decision IS 'Health, findings and worst pairs as JSON';

CREATE TABLE findings (
    run_id UUID NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    metric VARCHAR,
    slice VARCHAR,
    unit VARCHAR,
    n INTEGER,
    sessions INTEGER,
    baseline DOUBLE,
    candidate DOUBLE,
    effect DOUBLE,
    low DOUBLE,
    high DOUBLE,
    margin DOUBLE,
    p DOUBLE,
    p_adjusted DOUBLE,
    status VARCHAR,
    needed INTEGER,
    reason VARCHAR
);
COMMENT ON TABLE findings IS 'One metric of one slice of a run';
COMMENT ON COLUMN findings.run_id IS 'The run: runs.run_id';
COMMENT ON COLUMN findings.finished_at IS 'When it was decided, UTC';
COMMENT ON COLUMN findings.metric IS 'What was measured';
COMMENT ON COLUMN findings.slice IS 'Empty: all cases; else kind=value';
COMMENT ON COLUMN findings.unit IS 'share, ms, tokens, ratio or distance';
COMMENT ON COLUMN findings.n IS 'Cases that count';
COMMENT ON COLUMN findings.sessions IS 'Sessions they come from';
COMMENT ON COLUMN findings.baseline IS 'Mean or quantile of the baseline';
COMMENT ON COLUMN findings.candidate IS 'Mean or quantile of the candidate';
COMMENT ON COLUMN findings.effect IS 'Candidate minus baseline';
COMMENT ON COLUMN findings.low IS 'Lower end of its 95 % interval';
COMMENT ON COLUMN findings.high IS 'Upper end of its 95 % interval';
COMMENT ON COLUMN findings.margin IS 'How much worse is accepted; null: it does not gate';
COMMENT ON COLUMN findings.p IS 'Of the hypothesis that it is not worse than the margin';
COMMENT ON COLUMN findings.p_adjusted IS 'The same, for how many were tested';
COMMENT ON COLUMN findings.status IS 'pass, drift, inconclusive or info';
COMMENT ON COLUMN findings.needed IS 'Cases that would settle it; null: settled';
COMMENT ON COLUMN findings.reason IS 'One sentence for people';

COMMENT ON TABLE events IS 'What happened beside the calls: fingerprint_changed, started, config, disk_full, quarantined, watch_reference, drift, drift_over and others';
