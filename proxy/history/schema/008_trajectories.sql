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
