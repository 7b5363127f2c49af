-- Agents: turns of the Codex CLI behind an upstream, what was done in them, and their model calls.
--
-- What happens in a turn is written as it happens: a row when it begins, one for each item, one when
-- it ends. The views put them together; a turn without its last row was killed, or runs.

COMMENT ON COLUMN all_calls.parent_call_id IS 'The agent''s call that this model call is part of (then previous_response_id is null), or the call whose answer this one continues by previous_response_id';
COMMENT ON COLUMN calls.parent_call_id IS 'The agent''s call that this model call is part of (then previous_response_id is null), or the call whose answer this one continues by previous_response_id';

CREATE TABLE agent_starts (
    call_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    started_at TIMESTAMP NOT NULL,
    agent VARCHAR,
    codex_version VARCHAR,
    model VARCHAR,
    model_upstream VARCHAR,
    sandbox VARCHAR,
    workspace VARCHAR,
    isolation VARCHAR,
    prompt VARCHAR USING COMPRESSION zstd,
    run_id UUID,
    arm VARCHAR
);
CREATE TABLE agent_ends (
    call_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    thread_id VARCHAR,
    turn_id VARCHAR,
    status VARCHAR,
    error_code VARCHAR,
    error VARCHAR,
    fault VARCHAR,
    model_calls INTEGER,
    input_tokens BIGINT,
    cached_tokens BIGINT,
    output_tokens BIGINT,
    reasoning_tokens BIGINT
);
CREATE TABLE agent_item_rows (
    call_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    position INTEGER NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    kind VARCHAR,
    item_id VARCHAR,
    title VARCHAR USING COMPRESSION zstd,
    status VARCHAR,
    exit_code INTEGER,
    duration_ms BIGINT,
    cwd VARCHAR,
    text VARCHAR USING COMPRESSION zstd,
    paths VARCHAR[],
    changes VARCHAR[],
    data VARCHAR USING COMPRESSION zstd
);

COMMENT ON TABLE agent_starts IS 'Turns that agents began, one row each; the views agent_turns and all_agent_turns say how they went';
COMMENT ON COLUMN agent_starts.call_id IS 'The call that asked for the turn: all_calls.call_id';
COMMENT ON COLUMN agent_starts.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN agent_starts.started_at IS 'When the turn began, UTC';
COMMENT ON COLUMN agent_starts.agent IS 'Name of the agent: an upstream of kind codex';
COMMENT ON COLUMN agent_starts.codex_version IS 'Version of Codex that ran it';
COMMENT ON COLUMN agent_starts.model IS 'Model that Codex was told to ask';
COMMENT ON COLUMN agent_starts.model_upstream IS 'Upstream that has the model';
COMMENT ON COLUMN agent_starts.sandbox IS 'What its commands could touch: read-only, workspace-write or danger-full-access';
COMMENT ON COLUMN agent_starts.workspace IS 'Where it worked: fresh, named or worktree';
COMMENT ON COLUMN agent_starts.isolation IS 'pool: in a Codex process with others; process: in one of its own';
COMMENT ON COLUMN agent_starts.prompt IS 'What the turn was asked, its beginning if it is long; images as [image]';
COMMENT ON COLUMN agent_starts.run_id IS 'Run that asked for it: runs.run_id; null: none did';
COMMENT ON COLUMN agent_starts.arm IS 'Null: for a live call; else the arm of the run';

COMMENT ON TABLE agent_ends IS 'How turns of agents ended; the latest row of a turn counts';
COMMENT ON COLUMN agent_ends.call_id IS 'The call that asked for the turn: all_calls.call_id';
COMMENT ON COLUMN agent_ends.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN agent_ends.ended_at IS 'When it ended, UTC';
COMMENT ON COLUMN agent_ends.thread_id IS 'Codex thread, one of its own';
COMMENT ON COLUMN agent_ends.turn_id IS 'Codex turn';
COMMENT ON COLUMN agent_ends.status IS 'completed, failed or interrupted';
COMMENT ON COLUMN agent_ends.error_code IS 'Why it did not complete, for programs: model_failed, turn_timeout, client_gone and so on';
COMMENT ON COLUMN agent_ends.error IS 'The same in one line';
COMMENT ON COLUMN agent_ends.fault IS 'Whose fault that is: client, upstream or driftgate';
COMMENT ON COLUMN agent_ends.model_calls IS 'Model calls that were answered';
COMMENT ON COLUMN agent_ends.input_tokens IS 'Input tokens of all its model calls, as the backend counts them';
COMMENT ON COLUMN agent_ends.cached_tokens IS 'Those of them that came from a cache';
COMMENT ON COLUMN agent_ends.output_tokens IS 'Output tokens of all its model calls';
COMMENT ON COLUMN agent_ends.reasoning_tokens IS 'Those of them spent on reasoning';

COMMENT ON TABLE agent_item_rows IS 'Items of turns as they were told: one row when it begins, if that is told, and one when it is whole';
COMMENT ON COLUMN agent_item_rows.call_id IS 'The call that asked for the turn: all_calls.call_id';
COMMENT ON COLUMN agent_item_rows.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN agent_item_rows.position IS 'Order inside the turn, from 0';
COMMENT ON COLUMN agent_item_rows.happened_at IS 'When it began or was there, UTC';
COMMENT ON COLUMN agent_item_rows.kind IS 'message, reasoning, command, file_change, approval, compaction, warning, ignored or other';
COMMENT ON COLUMN agent_item_rows.item_id IS 'Codex''s own id';
COMMENT ON COLUMN agent_item_rows.title IS 'One line for people: the command, the changed paths, what was asked for approval';
COMMENT ON COLUMN agent_item_rows.status IS 'completed, failed, declined, or Codex''s own word; in_progress: it began';
COMMENT ON COLUMN agent_item_rows.exit_code IS 'Of a command; null: it is none, or has not ended';
COMMENT ON COLUMN agent_item_rows.duration_ms IS 'How long it took; null: not told';
COMMENT ON COLUMN agent_item_rows.cwd IS 'Directory that a command ran in';
COMMENT ON COLUMN agent_item_rows.text IS 'The message, the command''s output, the diff; its beginning if it is long';
COMMENT ON COLUMN agent_item_rows.paths IS 'Files that it changed';
COMMENT ON COLUMN agent_item_rows.changes IS 'What was done to each of these: add, update or delete';
COMMENT ON COLUMN agent_item_rows.data IS 'Codex''s own item as JSON, long texts in it cut';

CREATE VIEW all_agent_turns AS
SELECT
    agent_starts.call_id,
    agent_starts.attempt,
    agent_starts.agent,
    coalesce(ends.thread_id, made.thread_id) AS thread_id,
    coalesce(ends.turn_id, made.turn_id) AS turn_id,
    agent_starts.codex_version,
    agent_starts.model,
    agent_starts.model_upstream,
    agent_starts.sandbox,
    agent_starts.workspace,
    agent_starts.isolation,
    agent_starts.started_at,
    ends.ended_at,
    ends.status,
    ends.error_code,
    ends.error,
    ends.fault,
    coalesce(ends.model_calls, made.model_calls) AS model_calls,
    coalesce(ends.input_tokens, made.input_tokens) AS input_tokens,
    coalesce(ends.cached_tokens, made.cached_tokens) AS cached_tokens,
    coalesce(ends.output_tokens, made.output_tokens) AS output_tokens,
    coalesce(ends.reasoning_tokens, made.reasoning_tokens) AS reasoning_tokens,
    agent_starts.prompt,
    agent_starts.run_id,
    agent_starts.arm
FROM agent_starts
LEFT JOIN (
    SELECT *
    FROM agent_ends
    QUALIFY row_number() OVER (PARTITION BY call_id, attempt ORDER BY ended_at DESC) = 1
) AS ends USING (call_id, attempt)
LEFT JOIN (
    SELECT
        agent_starts.call_id,
        attempt,
        max(thread_id) AS thread_id,
        max(turn_id) AS turn_id,
        count(*) FILTER (status < 400)::INTEGER AS model_calls,
        sum(input_tokens)::BIGINT AS input_tokens,
        sum(cached_tokens)::BIGINT AS cached_tokens,
        sum(output_tokens)::BIGINT AS output_tokens,
        sum(reasoning_tokens)::BIGINT AS reasoning_tokens
    FROM (FROM all_calls WHERE parent_call_id IS NOT NULL AND previous_response_id IS NULL) AS inner_calls
    ASOF JOIN agent_starts
        ON inner_calls.parent_call_id = agent_starts.call_id AND inner_calls.started_at >= agent_starts.started_at
    GROUP BY agent_starts.call_id, attempt
) AS made USING (call_id, attempt);
COMMENT ON VIEW all_agent_turns IS 'Every turn of every agent, those of replays too, one row for each attempt of the call that asked';
COMMENT ON COLUMN all_agent_turns.call_id IS 'The call that asked for the turn: all_calls.call_id';
COMMENT ON COLUMN all_agent_turns.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN all_agent_turns.agent IS 'Name of the agent: an upstream of kind codex';
COMMENT ON COLUMN all_agent_turns.thread_id IS 'Codex thread, one of its own';
COMMENT ON COLUMN all_agent_turns.turn_id IS 'Codex turn';
COMMENT ON COLUMN all_agent_turns.codex_version IS 'Version of Codex that ran it';
COMMENT ON COLUMN all_agent_turns.model IS 'Model that Codex was told to ask';
COMMENT ON COLUMN all_agent_turns.model_upstream IS 'Upstream that has the model';
COMMENT ON COLUMN all_agent_turns.sandbox IS 'What its commands could touch: read-only, workspace-write or danger-full-access';
COMMENT ON COLUMN all_agent_turns.workspace IS 'Where it worked: fresh, named or worktree';
COMMENT ON COLUMN all_agent_turns.isolation IS 'pool: in a Codex process with others; process: in one of its own';
COMMENT ON COLUMN all_agent_turns.started_at IS 'When the turn began, UTC';
COMMENT ON COLUMN all_agent_turns.ended_at IS 'When it ended, UTC; null: it runs, or was killed';
COMMENT ON COLUMN all_agent_turns.status IS 'How it ended: completed, failed or interrupted; null: it runs, or was killed';
COMMENT ON COLUMN all_agent_turns.error_code IS 'Why it did not complete, for programs: model_failed, turn_timeout, client_gone and so on';
COMMENT ON COLUMN all_agent_turns.error IS 'The same in one line';
COMMENT ON COLUMN all_agent_turns.fault IS 'Whose fault that is: client, upstream or driftgate';
COMMENT ON COLUMN all_agent_turns.model_calls IS 'Model calls that were answered; of a turn that was killed, those that came back here';
COMMENT ON COLUMN all_agent_turns.input_tokens IS 'Input tokens of all its model calls, as the backend counts them';
COMMENT ON COLUMN all_agent_turns.cached_tokens IS 'Those of them that came from a cache';
COMMENT ON COLUMN all_agent_turns.output_tokens IS 'Output tokens of all its model calls';
COMMENT ON COLUMN all_agent_turns.reasoning_tokens IS 'Those of them spent on reasoning';
COMMENT ON COLUMN all_agent_turns.prompt IS 'What the turn was asked, its beginning if it is long; images as [image]';
COMMENT ON COLUMN all_agent_turns.run_id IS 'Run that asked for it: runs.run_id; null: none did';
COMMENT ON COLUMN all_agent_turns.arm IS 'Null: for a live call; else the arm of the run';

CREATE VIEW agent_turns AS
SELECT
    call_id,
    attempt,
    agent,
    thread_id,
    turn_id,
    codex_version,
    model,
    model_upstream,
    sandbox,
    workspace,
    isolation,
    started_at,
    ended_at,
    status,
    error_code,
    error,
    fault,
    model_calls,
    input_tokens,
    cached_tokens,
    output_tokens,
    reasoning_tokens,
    prompt
FROM all_agent_turns
WHERE arm IS NULL;
COMMENT ON VIEW agent_turns IS 'Turns of agents, one row for each attempt of the live call that asked';
COMMENT ON COLUMN agent_turns.call_id IS 'The call that asked for the turn: calls.call_id';
COMMENT ON COLUMN agent_turns.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN agent_turns.agent IS 'Name of the agent: an upstream of kind codex';
COMMENT ON COLUMN agent_turns.thread_id IS 'Codex thread, one of its own';
COMMENT ON COLUMN agent_turns.turn_id IS 'Codex turn';
COMMENT ON COLUMN agent_turns.codex_version IS 'Version of Codex that ran it';
COMMENT ON COLUMN agent_turns.model IS 'Model that Codex was told to ask';
COMMENT ON COLUMN agent_turns.model_upstream IS 'Upstream that has the model';
COMMENT ON COLUMN agent_turns.sandbox IS 'What its commands could touch: read-only, workspace-write or danger-full-access';
COMMENT ON COLUMN agent_turns.workspace IS 'Where it worked: fresh, named or worktree';
COMMENT ON COLUMN agent_turns.isolation IS 'pool: in a Codex process with others; process: in one of its own';
COMMENT ON COLUMN agent_turns.started_at IS 'When the turn began, UTC';
COMMENT ON COLUMN agent_turns.ended_at IS 'When it ended, UTC; null: it runs, or was killed';
COMMENT ON COLUMN agent_turns.status IS 'How it ended: completed, failed or interrupted; null: it runs, or was killed';
COMMENT ON COLUMN agent_turns.error_code IS 'Why it did not complete, for programs: model_failed, turn_timeout, client_gone and so on';
COMMENT ON COLUMN agent_turns.error IS 'The same in one line';
COMMENT ON COLUMN agent_turns.fault IS 'Whose fault that is: client, upstream or driftgate';
COMMENT ON COLUMN agent_turns.model_calls IS 'Model calls that were answered; of a turn that was killed, those that came back here';
COMMENT ON COLUMN agent_turns.input_tokens IS 'Input tokens of all its model calls, as the backend counts them';
COMMENT ON COLUMN agent_turns.cached_tokens IS 'Those of them that came from a cache';
COMMENT ON COLUMN agent_turns.output_tokens IS 'Output tokens of all its model calls';
COMMENT ON COLUMN agent_turns.reasoning_tokens IS 'Those of them spent on reasoning';
COMMENT ON COLUMN agent_turns.prompt IS 'What the turn was asked, its beginning if it is long; images as [image]';

CREATE VIEW all_agent_items AS
SELECT
    call_id,
    attempt,
    position,
    min(happened_at) OVER told AS happened_at,
    kind,
    item_id,
    title,
    status,
    exit_code,
    duration_ms,
    cwd,
    text,
    paths,
    changes,
    data
FROM agent_item_rows
WINDOW told AS (PARTITION BY call_id, attempt, position)
QUALIFY row_number() OVER (PARTITION BY call_id, attempt, position ORDER BY status = 'in_progress', agent_item_rows.happened_at DESC) = 1;
COMMENT ON VIEW all_agent_items IS 'What was done in every turn, those of replays too, one row for each message, command, changed file, approval and so on';
COMMENT ON COLUMN all_agent_items.call_id IS 'The call that asked for the turn: all_calls.call_id';
COMMENT ON COLUMN all_agent_items.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN all_agent_items.position IS 'Order inside the turn, from 0';
COMMENT ON COLUMN all_agent_items.happened_at IS 'When it began, UTC; where that was not told, when it was there';
COMMENT ON COLUMN all_agent_items.kind IS 'message, reasoning, command, file_change, approval, compaction, warning, ignored or other';
COMMENT ON COLUMN all_agent_items.item_id IS 'Codex''s own id';
COMMENT ON COLUMN all_agent_items.title IS 'One line for people: the command, the changed paths, what was asked for approval';
COMMENT ON COLUMN all_agent_items.status IS 'completed, failed, declined, or Codex''s own word; in_progress: it had not ended when the turn did';
COMMENT ON COLUMN all_agent_items.exit_code IS 'Of a command; null: it is none, or has not ended';
COMMENT ON COLUMN all_agent_items.duration_ms IS 'How long it took; null: not told';
COMMENT ON COLUMN all_agent_items.cwd IS 'Directory that a command ran in';
COMMENT ON COLUMN all_agent_items.text IS 'The message, the command''s output, the diff; its beginning if it is long';
COMMENT ON COLUMN all_agent_items.paths IS 'Files that it changed';
COMMENT ON COLUMN all_agent_items.changes IS 'What was done to each of these: add, update or delete';
COMMENT ON COLUMN all_agent_items.data IS 'Codex''s own item as JSON, long texts in it cut';

CREATE VIEW agent_items AS
SELECT
    call_id,
    attempt,
    position,
    happened_at,
    kind,
    item_id,
    title,
    status,
    exit_code,
    duration_ms,
    cwd,
    text,
    paths,
    changes,
    data
FROM all_agent_items
ANTI JOIN (SELECT call_id FROM agent_starts WHERE arm IS NOT NULL) USING (call_id);
COMMENT ON VIEW agent_items IS 'What was done in the turns of live calls, one row for each message, command, changed file, approval and so on';
COMMENT ON COLUMN agent_items.call_id IS 'The call that asked for the turn: calls.call_id';
COMMENT ON COLUMN agent_items.attempt IS 'The attempt of that call, from 1';
COMMENT ON COLUMN agent_items.position IS 'Order inside the turn, from 0';
COMMENT ON COLUMN agent_items.happened_at IS 'When it began, UTC; where that was not told, when it was there';
COMMENT ON COLUMN agent_items.kind IS 'message, reasoning, command, file_change, approval, compaction, warning, ignored or other';
COMMENT ON COLUMN agent_items.item_id IS 'Codex''s own id';
COMMENT ON COLUMN agent_items.title IS 'One line for people: the command, the changed paths, what was asked for approval';
COMMENT ON COLUMN agent_items.status IS 'completed, failed, declined, or Codex''s own word; in_progress: it had not ended when the turn did';
COMMENT ON COLUMN agent_items.exit_code IS 'Of a command; null: it is none, or has not ended';
COMMENT ON COLUMN agent_items.duration_ms IS 'How long it took; null: not told';
COMMENT ON COLUMN agent_items.cwd IS 'Directory that a command ran in';
COMMENT ON COLUMN agent_items.text IS 'The message, the command''s output, the diff; its beginning if it is long';
COMMENT ON COLUMN agent_items.paths IS 'Files that it changed';
COMMENT ON COLUMN agent_items.changes IS 'What was done to each of these: add, update or delete';
COMMENT ON COLUMN agent_items.data IS 'Codex''s own item as JSON, long texts in it cut';

CREATE VIEW agent_calls AS
SELECT
    inner_calls.parent_call_id,
    attempt,
    agent,
    inner_calls.call_id,
    thread_id,
    turn_id,
    inner_calls.request_kind,
    inner_calls.started_at,
    inner_calls.upstream,
    inner_calls.model,
    inner_calls.status,
    inner_calls.outcome,
    inner_calls.error,
    inner_calls.verdict,
    inner_calls.finish_reason,
    inner_calls.tool_call_count,
    inner_calls.input_tokens,
    inner_calls.cached_tokens,
    inner_calls.output_tokens,
    inner_calls.reasoning_tokens,
    inner_calls.first_token_ms,
    inner_calls.total_ms
FROM (FROM calls WHERE parent_call_id IS NOT NULL AND previous_response_id IS NULL) AS inner_calls
ASOF LEFT JOIN agent_starts
    ON inner_calls.parent_call_id = agent_starts.call_id AND inner_calls.started_at >= agent_starts.started_at;
COMMENT ON VIEW agent_calls IS 'Model calls that agents made for live calls, one row each';
COMMENT ON COLUMN agent_calls.parent_call_id IS 'The call that asked the agent: calls.call_id';
COMMENT ON COLUMN agent_calls.attempt IS 'The attempt of that call, from 1: agent_turns.attempt; null: its turn is not known';
COMMENT ON COLUMN agent_calls.agent IS 'Name of the agent: an upstream of kind codex';
COMMENT ON COLUMN agent_calls.call_id IS 'The model call: calls.call_id';
COMMENT ON COLUMN agent_calls.thread_id IS 'Codex thread';
COMMENT ON COLUMN agent_calls.turn_id IS 'Codex turn: one user prompt and all calls it causes';
COMMENT ON COLUMN agent_calls.request_kind IS 'Codex: turn or compaction';
COMMENT ON COLUMN agent_calls.started_at IS 'When the request began to arrive, UTC';
COMMENT ON COLUMN agent_calls.upstream IS 'Name of the upstream';
COMMENT ON COLUMN agent_calls.model IS 'Model that the request names';
COMMENT ON COLUMN agent_calls.status IS 'HTTP status that the client got; null: none was sent';
COMMENT ON COLUMN agent_calls.outcome IS 'How the call ended: completed (also when the client left behind the last event of a stream), client_gone, upstream_refused, upstream_reset, upstream_timeout, upstream_invalid, client_invalid, refused, interrupted or failed';
COMMENT ON COLUMN agent_calls.error IS 'Why it ended so, one line of driftgate''s; null when completed';
COMMENT ON COLUMN agent_calls.verdict IS 'What was found of the answer that the client got: pass, fail or unjudged (there was none, or not all of it)';
COMMENT ON COLUMN agent_calls.finish_reason IS 'Why the model stopped, in the words of the backend';
COMMENT ON COLUMN agent_calls.tool_call_count IS 'Number of tool calls in the answer';
COMMENT ON COLUMN agent_calls.input_tokens IS 'Input tokens as the backend counts them';
COMMENT ON COLUMN agent_calls.cached_tokens IS 'Input tokens that came from a cache';
COMMENT ON COLUMN agent_calls.output_tokens IS 'Output tokens as the backend counts them';
COMMENT ON COLUMN agent_calls.reasoning_tokens IS 'Output tokens spent on reasoning';
COMMENT ON COLUMN agent_calls.first_token_ms IS 'Time to the first token: text, reasoning or tool call';
COMMENT ON COLUMN agent_calls.total_ms IS 'Time to the end of the call';

-- Model calls of agents that a run asked are no answers to what it replayed; those of whole turns neither.

DROP VIEW replays;
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
ANTI JOIN (
    SELECT call_id AS parent_call_id FROM all_calls WHERE arm IS NOT NULL
    UNION ALL
    SELECT call_id FROM agent_starts WHERE arm IS NOT NULL
) USING (parent_call_id)
WHERE arm IS NOT NULL;
COMMENT ON VIEW replays IS 'Every call that a run made, one row each, and imported ones; what was asked is the call replay_of; model calls that an agent made for it are in all_calls';
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
