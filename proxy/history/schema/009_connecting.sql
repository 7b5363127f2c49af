-- How long it took to open a connection to the upstream: a part of the time that is neither the
-- model's nor driftgate's.

ALTER TABLE all_calls ADD COLUMN connect_ms DOUBLE;
ALTER TABLE tries ADD COLUMN connect_ms DOUBLE;
COMMENT ON COLUMN all_calls.connect_ms IS 'Time spent on opening connections to upstreams, with name lookup and TLS; 0: kept ones were used; null: none came to be, or an older driftgate recorded it';
COMMENT ON COLUMN tries.connect_ms IS 'Time spent on opening the connection, with name lookup and TLS; 0: a kept one was used; null: none came to be, or an older driftgate recorded it';
COMMENT ON COLUMN all_calls.run_id IS 'Run that made it: runs.run_id; null: a live call, or of no run: imported, a copy for a candidate, asked again by hand';
COMMENT ON COLUMN replays.run_id IS 'Run that made it: runs.run_id; null: of none: imported, a copy for a candidate, asked again by hand';

CREATE OR REPLACE VIEW calls AS
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
    connect_ms,
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
COMMENT ON COLUMN calls.parent_call_id IS 'The agent''s call that this model call is part of (then previous_response_id is null), or the call whose answer this one continues by previous_response_id';
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
COMMENT ON COLUMN calls.connect_ms IS 'Time spent on opening connections to upstreams, with name lookup and TLS; 0: kept ones were used; null: none came to be, or an older driftgate recorded it';
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

CREATE OR REPLACE VIEW all_attempts AS
SELECT
    call_id,
    attempt,
    reason,
    upstream,
    model,
    dialect,
    started_at,
    connect_ms,
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
    connect_ms,
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
COMMENT ON COLUMN all_attempts.connect_ms IS 'Time spent on opening the connection, with name lookup and TLS; 0: a kept one was used; null: none came to be, or an older driftgate recorded it';
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

CREATE OR REPLACE VIEW attempts AS
SELECT
    call_id,
    attempt,
    reason,
    upstream,
    model,
    dialect,
    started_at,
    connect_ms,
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
COMMENT ON COLUMN attempts.connect_ms IS 'Time spent on opening the connection, with name lookup and TLS; 0: a kept one was used; null: none came to be, or an older driftgate recorded it';
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
