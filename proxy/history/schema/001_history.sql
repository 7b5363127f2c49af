-- The flat table that most questions are asked of. Times are UTC; *_us and *_ms count from the
-- call's start unless said otherwise. Every table, view and column of the schema carries its
-- comment: documentation is tested against these.

CREATE TABLE calls (
    call_id UUID NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    outcome VARCHAR NOT NULL,
    error VARCHAR,
    -- who
    client VARCHAR,
    user_agent VARCHAR,
    originator VARCHAR,
    session_id VARCHAR,
    thread_id VARCHAR,
    turn_id VARCHAR,
    window_id VARCHAR,
    request_kind VARCHAR,
    parent_call_id UUID,
    retry_number INTEGER NOT NULL,
    retry_of UUID,
    attempts INTEGER NOT NULL,
    -- what was asked
    dialect VARCHAR,
    upstream VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    query VARCHAR,
    model VARCHAR,
    stream BOOLEAN,
    temperature DOUBLE,
    top_p DOUBLE,
    top_k INTEGER,
    min_p DOUBLE,
    seed BIGINT,
    max_tokens BIGINT,
    stop VARCHAR[],
    num_ctx BIGINT,
    reasoning_effort VARCHAR,
    response_format VARCHAR,
    response_schema VARCHAR USING COMPRESSION zstd,
    tool_choice VARCHAR,
    tool_names VARCHAR[],
    previous_response_id VARCHAR,
    metadata VARCHAR,
    request_digest VARCHAR,
    input_text VARCHAR USING COMPRESSION zstd,
    request_items INTEGER,
    request_headers VARCHAR USING COMPRESSION zstd,
    request_body UUID,
    request_decoded_body UUID,
    request_bytes BIGINT NOT NULL,
    request_truncated BOOLEAN NOT NULL,
    -- what came back
    status INTEGER,
    finish_reason VARCHAR,
    output_text VARCHAR USING COMPRESSION zstd,
    reasoning_text VARCHAR USING COMPRESSION zstd,
    tool_call_count INTEGER,
    answer_model VARCHAR,
    response_id VARCHAR,
    system_fingerprint VARCHAR,
    answer_error VARCHAR,
    answer_complete BOOLEAN,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    reasoning_tokens BIGINT,
    backend_timings VARCHAR,
    response_headers VARCHAR USING COMPRESSION zstd,
    response_trailers VARCHAR,
    response_body UUID,
    response_bytes BIGINT NOT NULL,
    response_truncated BOOLEAN NOT NULL,
    chunk_us BIGINT[],
    chunk_bytes BIGINT[],
    frame_us BIGINT[],
    frame_bytes BIGINT[],
    frame_from_client BOOLEAN[],
    events INTEGER,
    -- how fast
    first_byte_ms DOUBLE,
    first_token_ms DOUBLE,
    total_ms DOUBLE,
    tokens_per_second DOUBLE,
    overhead_ms DOUBLE,
    -- under which configuration
    fingerprint_id UUID,
    config_id UUID,
    worker VARCHAR NOT NULL
);

COMMENT ON TABLE calls IS 'Every call, failed ones too, one row each: who asked what of which model, what came back, how fast';
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
