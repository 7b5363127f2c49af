-- Views that keep everyday SQL short.

CREATE MACRO header(headers, name) AS (
    SELECT string_agg(field ->> '$[1]', ', ')
    FROM (SELECT unnest(from_json(headers, '["JSON"]')) AS field)
    WHERE lower(field ->> '$[0]') = lower(name)
);

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
GROUP BY ALL;
COMMENT ON VIEW messages IS 'Each message, tool call or tool result once, with where it was used';
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

CREATE VIEW call_messages AS
SELECT
    call_id,
    started_at,
    session_id,
    row_number() OVER (PARTITION BY call_id ORDER BY place, position) AS position,
    kind,
    role,
    text,
    tool_name,
    tool_call_id,
    slice_id AS message_id
FROM (
    SELECT
        call_id,
        started_at,
        session_id,
        unnest(slices) AS slice_id,
        unnest(range(len(slices))) AS place
    FROM calls
    JOIN bodies ON body_id = coalesce(request_decoded_body, request_body)
)
JOIN items USING (slice_id);
COMMENT ON VIEW call_messages IS 'The conversation as each call sent it, one row for each message of each call';
COMMENT ON COLUMN call_messages.call_id IS 'The call';
COMMENT ON COLUMN call_messages.started_at IS 'Start of the call, UTC';
COMMENT ON COLUMN call_messages.session_id IS 'Session of the call';
COMMENT ON COLUMN call_messages.position IS 'Order inside the request, from 1';
COMMENT ON COLUMN call_messages.kind IS 'message, tool_call, tool_result, reasoning, or the item''s own type';
COMMENT ON COLUMN call_messages.role IS 'system, developer, user, assistant or tool';
COMMENT ON COLUMN call_messages.text IS 'What a person would read';
COMMENT ON COLUMN call_messages.tool_name IS 'Name of the tool';
COMMENT ON COLUMN call_messages.tool_call_id IS 'Id that joins a tool call and its result';
COMMENT ON COLUMN call_messages.message_id IS 'messages.message_id';

CREATE VIEW turns AS
SELECT
    turn_id,
    any_value(thread_id) AS thread_id,
    any_value(session_id) AS session_id,
    min(started_at) AS started_at,
    max(ended_at) AS ended_at,
    date_diff('millisecond', min(started_at), max(ended_at)) AS duration_ms,
    count(*) AS calls,
    count(*) FILTER (retry_number > 0) AS retries,
    count(*) FILTER (outcome <> 'completed' OR status >= 400) AS failures,
    coalesce(sum(tool_call_count), 0)::BIGINT AS tool_calls,
    any_value(tools) AS tools,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    list_sort(list(DISTINCT model)) AS models,
    arg_min(input_text, (started_at, call_id)) AS input_text,
    arg_max(output_text, (started_at, call_id)) AS output_text
FROM calls
LEFT JOIN (
    SELECT turn_id, list_sort(list(DISTINCT tool_calls.name)) AS tools
    FROM tool_calls
    JOIN calls USING (call_id)
    GROUP BY turn_id
) USING (turn_id)
WHERE turn_id IS NOT NULL
GROUP BY turn_id;
COMMENT ON VIEW turns IS 'One row for each turn: a user prompt and all calls it caused';
COMMENT ON COLUMN turns.turn_id IS 'Id of the turn';
COMMENT ON COLUMN turns.thread_id IS 'Codex thread';
COMMENT ON COLUMN turns.session_id IS 'Session';
COMMENT ON COLUMN turns.started_at IS 'Start of its first call, UTC';
COMMENT ON COLUMN turns.ended_at IS 'End of its last call, UTC';
COMMENT ON COLUMN turns.duration_ms IS 'From the start of its first call to the end of its last';
COMMENT ON COLUMN turns.calls IS 'Number of calls';
COMMENT ON COLUMN turns.retries IS 'Calls that repeat another one';
COMMENT ON COLUMN turns.failures IS 'Calls that did not complete, or with a status of 400 and more';
COMMENT ON COLUMN turns.tool_calls IS 'Tool calls that the model made';
COMMENT ON COLUMN turns.tools IS 'Names of the tools it called';
COMMENT ON COLUMN turns.input_tokens IS 'Input tokens of all its calls';
COMMENT ON COLUMN turns.cached_tokens IS 'Those of them that came from a cache';
COMMENT ON COLUMN turns.output_tokens IS 'Output tokens of all its calls';
COMMENT ON COLUMN turns.models IS 'Models that it used';
COMMENT ON COLUMN turns.input_text IS 'What the first call asked';
COMMENT ON COLUMN turns.output_text IS 'What the last call answered';

CREATE VIEW sessions AS
SELECT
    session_id,
    min(started_at) AS started_at,
    max(coalesce(ended_at, started_at)) AS last_at,
    count(*) AS calls,
    count(DISTINCT turn_id) AS turns,
    count(DISTINCT thread_id) AS threads,
    count(*) FILTER (retry_number > 0) AS retries,
    count(*) FILTER (outcome <> 'completed' OR status >= 400) AS failures,
    coalesce(sum(tool_call_count), 0)::BIGINT AS tool_calls,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    list_sort(list(DISTINCT model)) AS models,
    any_value(originator) AS originator,
    any_value(user_agent) AS user_agent,
    arg_min(input_text, (started_at, call_id)) AS first_input_text
FROM calls
WHERE session_id IS NOT NULL
GROUP BY session_id;
COMMENT ON VIEW sessions IS 'One row for each session: a conversation of one client';
COMMENT ON COLUMN sessions.session_id IS 'Id of the session';
COMMENT ON COLUMN sessions.started_at IS 'Start of its first call, UTC';
COMMENT ON COLUMN sessions.last_at IS 'End of its last call, UTC';
COMMENT ON COLUMN sessions.calls IS 'Number of calls';
COMMENT ON COLUMN sessions.turns IS 'Number of turns';
COMMENT ON COLUMN sessions.threads IS 'Number of Codex threads';
COMMENT ON COLUMN sessions.retries IS 'Calls that repeat another one';
COMMENT ON COLUMN sessions.failures IS 'Calls that did not complete, or with a status of 400 and more';
COMMENT ON COLUMN sessions.tool_calls IS 'Tool calls that the model made';
COMMENT ON COLUMN sessions.input_tokens IS 'Input tokens of all its calls';
COMMENT ON COLUMN sessions.output_tokens IS 'Output tokens of all its calls';
COMMENT ON COLUMN sessions.models IS 'Models that it used';
COMMENT ON COLUMN sessions.originator IS 'Who asked: the originator header';
COMMENT ON COLUMN sessions.user_agent IS 'The client''s user-agent header';
COMMENT ON COLUMN sessions.first_input_text IS 'What its first call asked';

CREATE VIEW models AS
SELECT
    upstream,
    model,
    count(*) AS calls,
    count(*) FILTER (outcome <> 'completed' OR status >= 400) AS failures,
    min(started_at) AS first_at,
    max(started_at) AS last_at,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    median(first_token_ms) AS first_token_ms_median,
    median(total_ms) AS total_ms_median,
    quantile_cont(total_ms, 0.95) AS total_ms_p95,
    median(tokens_per_second) AS tokens_per_second_median,
    count(DISTINCT fingerprint_id) AS fingerprints
FROM calls
WHERE model IS NOT NULL
GROUP BY upstream, model;
COMMENT ON VIEW models IS 'One row for each model of each upstream: how much it was used, and how fast it was';
COMMENT ON COLUMN models.upstream IS 'Name of the upstream';
COMMENT ON COLUMN models.model IS 'Model that the requests name';
COMMENT ON COLUMN models.calls IS 'Number of calls';
COMMENT ON COLUMN models.failures IS 'Calls that did not complete, or with a status of 400 and more';
COMMENT ON COLUMN models.first_at IS 'Start of its first call, UTC';
COMMENT ON COLUMN models.last_at IS 'Start of its last call, UTC';
COMMENT ON COLUMN models.input_tokens IS 'Input tokens of all its calls';
COMMENT ON COLUMN models.output_tokens IS 'Output tokens of all its calls';
COMMENT ON COLUMN models.first_token_ms_median IS 'Median time to the first token';
COMMENT ON COLUMN models.total_ms_median IS 'Median time to the end';
COMMENT ON COLUMN models.total_ms_p95 IS '95th percentile of the time to the end';
COMMENT ON COLUMN models.tokens_per_second_median IS 'Median output speed';
COMMENT ON COLUMN models.fingerprints IS 'Number of different fingerprints it showed';
