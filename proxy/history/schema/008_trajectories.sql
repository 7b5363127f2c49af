-- Trajectories: recorded threads that a run let agents go through again, with all that they did.
--
-- What happens in a turn of one is written as of every turn (agent_starts, agent_item_rows, agent_ends),
-- under the trajectory's id as call_id and the turn's number as attempt.

CREATE TABLE trajectory_runs (
    run_id UUID NOT NULL,
    workspace VARCHAR,
    workspace_digest VARCHAR,
    check_command VARCHAR,
    check_timeout_s DOUBLE,
    sandbox VARCHAR,
    agent VARCHAR,
    codex_version VARCHAR
);
COMMENT ON TABLE trajectory_runs IS 'How runs over trajectories were set up, one row each, beside runs';
COMMENT ON COLUMN trajectory_runs.run_id IS 'The run: runs.run_id';
COMMENT ON COLUMN trajectory_runs.workspace IS 'Folder of which each trajectory had a fresh copy; recorded: where each thread worked then; empty: none';
COMMENT ON COLUMN trajectory_runs.workspace_digest IS 'Hash of what was in the folders when the run began';
COMMENT ON COLUMN trajectory_runs.check_command IS 'Command that says whether a copy was left well; null: none';
COMMENT ON COLUMN trajectory_runs.check_timeout_s IS 'Seconds that it may take';
COMMENT ON COLUMN trajectory_runs.sandbox IS 'What commands may touch, where it was named; null: as the agent is configured';
COMMENT ON COLUMN trajectory_runs.agent IS 'Agent whose settings were taken for threads of other Codex programs; null: none';
COMMENT ON COLUMN trajectory_runs.codex_version IS 'Codex that ran the turns';

CREATE TABLE trajectories (
    trajectory_id UUID NOT NULL,
    run_id UUID NOT NULL,
    arm VARCHAR NOT NULL,
    replay_of UUID NOT NULL,
    repetition INTEGER NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    model VARCHAR,
    ending VARCHAR,
    failure VARCHAR,
    prompts INTEGER,
    turns INTEGER,
    commands INTEGER,
    failed_commands INTEGER,
    files_changed INTEGER,
    model_calls INTEGER,
    input_tokens BIGINT,
    cached_tokens BIGINT,
    output_tokens BIGINT,
    reasoning_tokens BIGINT,
    total_ms DOUBLE,
    check_verdict VARCHAR,
    check_exit_code INTEGER,
    message VARCHAR USING COMPRESSION zstd,
    data VARCHAR USING COMPRESSION zstd
);
COMMENT ON TABLE trajectories IS 'What an arm of a run did with a recorded thread, one row for each repetition; its model calls are in all_calls';
COMMENT ON COLUMN trajectories.trajectory_id IS 'Id; all_calls.parent_call_id of its model calls, and all_agent_turns.call_id of its turns';
COMMENT ON COLUMN trajectories.run_id IS 'The run: runs.run_id';
COMMENT ON COLUMN trajectories.arm IS 'baseline or candidate';
COMMENT ON COLUMN trajectories.replay_of IS 'The recorded call that the thread began with, or that asked the agent';
COMMENT ON COLUMN trajectories.repetition IS 'Number of the repetition, from 1';
COMMENT ON COLUMN trajectories.started_at IS 'When it began, UTC';
COMMENT ON COLUMN trajectories.ended_at IS 'When it ended, check included, UTC';
COMMENT ON COLUMN trajectories.model IS 'Model that was asked for';
COMMENT ON COLUMN trajectories.ending IS 'completed, or what ended it: turn_loop, turn_timeout, model_failed and others';
COMMENT ON COLUMN trajectories.failure IS 'Why there is nothing to compare; null: there is';
COMMENT ON COLUMN trajectories.prompts IS 'Prompts of the thread';
COMMENT ON COLUMN trajectories.turns IS 'Turns that were begun';
COMMENT ON COLUMN trajectories.commands IS 'Commands that the agent ran';
COMMENT ON COLUMN trajectories.failed_commands IS 'Those of them that did not exit with 0';
COMMENT ON COLUMN trajectories.files_changed IS 'Files of the workspace that were not as before; null: not known';
COMMENT ON COLUMN trajectories.model_calls IS 'Model calls that were answered';
COMMENT ON COLUMN trajectories.input_tokens IS 'Input tokens of all of them';
COMMENT ON COLUMN trajectories.cached_tokens IS 'Those of them that came from a cache';
COMMENT ON COLUMN trajectories.output_tokens IS 'Output tokens of all of them';
COMMENT ON COLUMN trajectories.reasoning_tokens IS 'Those of them that were thoughts';
COMMENT ON COLUMN trajectories.total_ms IS 'Time of all turns, without copying and checking';
COMMENT ON COLUMN trajectories.check_verdict IS 'pass, fail, or unjudged where the check could not run; null: there was none';
COMMENT ON COLUMN trajectories.check_exit_code IS 'Exit code of the check';
COMMENT ON COLUMN trajectories.message IS 'The last answer';
COMMENT ON COLUMN trajectories.data IS 'All of it as JSON: turns, commands, edits, changed files with their diffs, check';

-- Model calls of trajectories are no answers to what was replayed either.

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
