-- A history of many calls, table by table: see many_calls.py, which sets calls, seed, since and until.
-- Every statement is one scan of a range. What a call is follows from its number alone: eight sessions of
-- forty calls go on at the same time, each in turns of five; what kind a session is decides the rest.

CREATE TEMP MACRO dice(number, salt, sides) AS
    (hash(number, salt, getvariable('seed')) % sides)::INTEGER;

-- when a call began, after so many days: most at noon, few at night, the last one just before `until`
CREATE TEMP MACRO day_of(moment) AS epoch(moment) / 86400;

CREATE TEMP MACRO rhythm(days) AS 0.8 * sin(2 * pi() * days) / (2 * pi());

CREATE TEMP MACRO begun(days) AS
    getvariable('since') + to_microseconds((
        (days + rhythm(days + day_of(getvariable('since'))) - rhythm(day_of(getvariable('since')))) * 86400e6
    )::BIGINT);

CREATE TEMP MACRO begun_of(i) AS
    begun(i * (day_of(getvariable('until')) - day_of(getvariable('since'))) / getvariable('calls'));

CREATE TEMP MACRO digits(text) AS
    md5(text || getvariable('seed'));

-- a UUIDv7 of its time
CREATE TEMP MACRO id_of(i) AS (
    lpad(hex(epoch_ms(begun_of(i))), 12, '0')
    || '7' || substr(digits(i::VARCHAR), 1, 3) || '8' || substr(digits(i::VARCHAR), 4, 15)
)::UUID;

CREATE TEMP MACRO session_of(i) AS (i // 320) * 8 + i % 8;

CREATE TEMP MACRO step_of(i) AS (i % 320) // 8;

-- 0 to 3: a coding agent; 4 to 6: an app with contracts; 7, 8: a chat at Ollama; 9: turns of an agent
CREATE TEMP MACRO kind_of(i) AS dice(session_of(i), 1, 10);

CREATE TEMP MACRO model_of(i) AS
    ['gemma4:26b', 'gemma4:e4b', 'qwen3:8b', 'llama3.3'][1 + dice(session_of(i), 2, 4)];

-- which of the four versions of its model's server answered
CREATE TEMP MACRO version_of(i) AS (i * 4) // getvariable('calls');

CREATE TEMP MACRO fingerprint_of(model, version) AS digits(model || version)::UUID;

CREATE TEMP MACRO dialect_of(kind) AS
    CASE WHEN kind < 4 OR kind = 9 THEN 'responses' WHEN kind < 7 THEN 'chat' ELSE 'ollama_chat' END;

-- of one length, so that the sizes of bodies are known
CREATE TEMP MACRO question_of(i) AS rpad(
    ['Write the order of', 'Sort the ticket of', 'Sum up what was said by', 'Look at the files of'][
        1 + dice(i, 3, 4)
    ]
    || ' customer ' || i || ' in '
    || ['Bern', 'Oslo', 'Graz', 'Turin', 'Porto', 'Lyon', 'Ghent', 'Riga'][1 + dice(i, 4, 8)]
    || ', who asked for ' || dice(i, 5, 900) || ' pieces and a ' || ['lamp', 'desk', 'chair'][1 + i % 3] || '.',
    110,
    ' Be brief.'
);

CREATE TEMP MACRO asked_first(dialect) AS
    '{"model":"gemma4:26b","stream":true,"' || CASE dialect WHEN 'responses' THEN 'input' ELSE 'messages' END
    || '":[{"role":"system","content":"You are a clerk."}';

CREATE TEMP MACRO asked_of(i) AS ',{"role":"user","content":"' || question_of(i) || '"}';

CREATE TEMP MACRO asked_last() AS ']}';

CREATE TEMP MACRO size_of(i) AS
    strlen(asked_first(dialect_of(kind_of(i)))) + (step_of(i) + 1) * strlen(asked_of(0)) + strlen(asked_last());

CREATE TEMP MACRO answer_of(i) AS
    '{"customer": "C' || i || '", "total": ' || dice(i, 5, 900) || ', "items": ["'
    || ['lamp', 'desk', 'chair'][1 + i % 3] || '", "' || digits(i::VARCHAR) || '"]}';

CREATE TEMP MACRO response_of(i, dialect) AS CASE dialect
    WHEN 'responses' THEN
        'data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message",'
        || '"role":"assistant","content":[{"type":"output_text","text":' || to_json(answer_of(i))::VARCHAR
        || '}]}]}}' || chr(10) || chr(10)
    WHEN 'chat' THEN
        'data: {"id":"c","choices":[{"index":0,"delta":{"content":' || to_json(answer_of(i))::VARCHAR
        || '},"finish_reason":"stop"}]}' || chr(10) || chr(10) || 'data: [DONE]' || chr(10) || chr(10)
    ELSE
        '{"message":{"role":"assistant","content":' || to_json(answer_of(i))::VARCHAR
        || '},"done":true,"done_reason":"stop"}' || chr(10)
END;

INSERT INTO all_calls BY NAME
SELECT
    id_of(i) AS call_id,
    started_at,
    started_at + to_microseconds((total_ms * 1000)::BIGINT) AS ended_at,
    outcome,
    CASE outcome
        WHEN 'upstream_timeout' THEN 'driftgate gave up on upstream ''local'': nothing for 600 s'
        WHEN 'upstream_refused' THEN 'driftgate cannot reach upstream ''local'': connection refused'
        WHEN 'upstream_reset' THEN 'driftgate: upstream ''local'' closed the connection within the answer'
    END AS error,
    '127.0.0.1:' || 30000 + dice(i, 6, 30000) AS client,
    CASE WHEN kind < 4 THEN 'codex_exec/0.169.0' WHEN kind IN (7, 8) THEN 'ollama-python/0.6.1' ELSE 'OpenAI/Python 3.57.0' END
        AS user_agent,
    CASE WHEN kind < 4 THEN 'codex_exec' END AS originator,
    'session ' || session AS session_id,
    CASE WHEN kind < 4 THEN 'thread ' || session END AS thread_id,
    'turn ' || session || '.' || step // 5 AS turn_id,
    CASE WHEN kind < 4 THEN 'turn' END AS request_kind,
    CASE WHEN kind = 9 AND step % 5 > 0 THEN id_of(i - 8 * (step % 5)) END AS parent_call_id,
    CASE WHEN dice(i, 7, 200) = 0 THEN 1 ELSE 0 END AS retry_number,
    attempts,
    dialect_of(kind) AS dialect,
    CASE WHEN kind = 9 AND step % 5 = 0 THEN 'agent' ELSE ['local', 'second'][1 + session % 2] END AS upstream,
    'POST' AS method,
    CASE WHEN kind < 4 OR kind = 9 THEN '/v1/responses' WHEN kind < 7 THEN '/v1/chat/completions' ELSE '/api/chat' END AS path,
    CASE WHEN kind = 9 AND step % 5 = 0 THEN 'agent' ELSE model END AS model,
    TRUE AS stream,
    CASE WHEN kind > 3 THEN dice(session, 8, 10) / 10 END AS temperature,
    CASE WHEN kind IN (7, 8) THEN 40 END AS top_k,
    CASE WHEN kind = 5 THEN 7 END AS seed,
    CASE WHEN kind BETWEEN 4 AND 6 THEN 1024 END AS max_tokens,
    CASE WHEN kind IN (7, 8) THEN 8192 END AS num_ctx,
    CASE WHEN kind < 4 THEN ['low', 'medium', 'high'][1 + session % 3] END AS reasoning_effort,
    CASE WHEN contract = 'orders' THEN 'json_schema' END AS response_format,
    CASE WHEN kind < 4 OR kind = 9 THEN ['shell', 'apply_patch', 'view_image'] END AS tool_names,
    CASE WHEN contract <> 'builtin' THEN '{"task":"' || contract || '"}' END AS metadata,
    digits('request' || i) AS request_digest,
    question_of(i) AS input_text,
    step + 2 AS request_items,
    '[["host","127.0.0.1:8787"],["content-type","application/json"],["authorization","[redacted]"]]' AS request_headers,
    digits('request' || i)::UUID AS request_body,
    size_of(i) AS request_bytes,
    FALSE AS request_truncated,
    status,
    CASE WHEN good THEN CASE WHEN tools > 0 THEN 'tool_calls' WHEN dice(i, 9, 90) = 0 THEN 'length' ELSE 'stop' END END
        AS finish_reason,
    CASE WHEN good THEN answer_of(i) END AS output_text,
    CASE WHEN good AND kind < 4 THEN 'The customer asked for ' || dice(i, 5, 900) || ' pieces; I should look first.' END
        AS reasoning_text,
    CASE WHEN good THEN tools END AS tool_call_count,
    CASE WHEN good THEN model END AS answer_model,
    CASE WHEN good THEN 'resp_' || digits('response' || i) END AS response_id,
    CASE WHEN status >= 400 AND outcome = 'completed' THEN 'the server is busy with other requests' END AS answer_error,
    good AS answer_complete,
    CASE WHEN good THEN 300 + 90 * step + dice(i, 10, 200) END AS input_tokens,
    CASE WHEN good THEN output_tokens END AS output_tokens,
    CASE WHEN good THEN 90 * step END AS cached_tokens,
    CASE WHEN good AND kind < 4 THEN output_tokens // 3 END AS reasoning_tokens,
    '[["content-type","' || CASE WHEN kind IN (7, 8) THEN 'application/x-ndjson' ELSE 'text/event-stream' END || '"]]'
        AS response_headers,
    CASE WHEN good THEN digits('response' || i)::UUID END AS response_body,
    size AS response_bytes,
    FALSE AS response_truncated,
    [((0.2 + 0.8 * place / parts) * total_ms * 1000)::BIGINT FOR place IN range(parts)] AS chunk_us,
    [CASE WHEN place < parts - 1 THEN size // parts ELSE size - (parts - 1) * (size // parts) END FOR place IN range(parts)]
        AS chunk_bytes,
    parts AS events,
    CASE WHEN outcome <> 'upstream_refused' THEN CASE WHEN dice(i, 26, 8) = 0 THEN 0.4 ELSE 0 END END AS connect_ms,
    CASE WHEN good THEN total_ms * 0.2 END AS first_byte_ms,
    CASE WHEN good THEN total_ms * 0.25 END AS first_token_ms,
    total_ms,
    CASE WHEN good THEN output_tokens / (total_ms * 0.75) * 1000 END AS tokens_per_second,
    0.2 + dice(i, 11, 100) / 300 AS overhead_ms,
    fingerprint_of(model, version) AS fingerprint_id,
    digits('config' || version)::UUID AS config_id,
    'w' || session % 2 AS worker,
    contract,
    CASE WHEN contract <> 'builtin' THEN digits(contract)::UUID END AS contract_id,
    verdict,
    CASE WHEN verdict = 'fail' THEN 1 + dice(i, 12, 3) ELSE 0 END AS violations,
    CASE WHEN contract = 'triage' AND verdict = 'pass' AND dice(i, 13, 40) = 0 THEN ['extract_json'] END AS repairs,
    40 + dice(i, 14, 60) AS judged_us,
    CASE WHEN attempts = 3 AND verdict = 'pass' THEN 'second/qwen3:8b' END AS fallback
FROM (
    SELECT
        *,
        CASE
            WHEN NOT good THEN 'unjudged'
            WHEN luck >= 1000 - 25 * (1 + version % 3) - 20 * (session % 3) THEN 'fail'
            ELSE 'pass'
        END AS verdict,
        CASE WHEN good THEN 1 + dice(i, 15, 8) ELSE 0 END AS parts,
        CASE WHEN good THEN strlen(response_of(i, dialect_of(kind))) ELSE 0 END AS size,
        CASE WHEN kind < 4 OR kind = 9 THEN dice(i, 16, 3) ELSE 0 END AS tools,
        CASE WHEN contract <> 'triage' OR NOT good THEN 1 WHEN dice(i, 17, 100) < 6 THEN 2 WHEN dice(i, 17, 100) < 8 THEN 3 ELSE 1 END
            AS attempts
    FROM (
        SELECT
            i,
            begun_of(i) AS started_at,
            session_of(i) AS session,
            step_of(i) AS step,
            kind_of(i) AS kind,
            model_of(i) AS model,
            version_of(i) AS version,
            luck,
            luck >= 40 AS good,
            CASE
                WHEN luck < 5 THEN 'upstream_timeout'
                WHEN luck < 10 THEN 'client_gone'
                WHEN luck < 14 THEN 'upstream_refused'
                WHEN luck < 18 THEN 'upstream_reset'
                ELSE 'completed'
            END AS outcome,
            CASE
                WHEN luck < 5 THEN 504
                WHEN luck < 10 THEN 200
                WHEN luck < 14 THEN 502
                WHEN luck < 18 THEN 200
                WHEN luck < 30 THEN 500
                WHEN luck < 36 THEN 429
                WHEN luck < 40 THEN 404
                ELSE 200
            END AS status,
            CASE WHEN kind_of(i) BETWEEN 4 AND 6 THEN ['orders', 'triage', 'summaries'][1 + session_of(i) % 3] ELSE 'builtin' END
                AS contract,
            20 + dice(i, 18, 500) AS output_tokens,
            (200 + exp(dice(i, 19, 1000) / 150) * 5) * (1 + dice(session_of(i), 2, 4) / 4) * (1 + version_of(i) / 10)
                AS total_ms
        FROM (SELECT range AS i, dice(range, 20, 1000) AS luck FROM range(getvariable('calls')))
    )
);

INSERT INTO all_violations BY NAME
SELECT
    call_id,
    attempts AS attempt,
    position,
    contract,
    CASE WHEN contract = 'builtin' THEN 'builtin' ELSE 'schema' END AS source,
    CASE
        WHEN contract = 'builtin' THEN ['loop', 'leaked_channel', 'tool_call_as_text'][1 + dice(call_id, position, 3)]
        ELSE ['required', 'type', 'enum', 'type'][1 + dice(call_id, position, 4)]
    END AS keyword,
    CASE WHEN contract = 'builtin' THEN '' ELSE ['/total', '/items/0', '/customer'][1 + dice(call_id, position, 3)] END AS path,
    'expected a whole number, is "' || left(output_text, 40) || '"' AS reason,
    CASE WHEN position = 2 THEN 'warning' ELSE 'error' END AS severity
FROM (
    SELECT call_id, attempts, contract, output_text, unnest(range(violations))::INTEGER AS position
    FROM all_calls
    WHERE violations > 0
);

INSERT INTO tries BY NAME
SELECT
    call_id,
    attempt,
    ['first', 'reask', 'fallback'][attempt] AS reason,
    CASE WHEN attempt = 3 THEN 'second' ELSE upstream END AS upstream,
    CASE WHEN attempt = 3 THEN 'qwen3:8b' ELSE model END AS model,
    dialect,
    started_at + to_microseconds((attempt - 1) * 1000) AS started_at,
    0 AS connect_ms,
    first_byte_ms,
    total_ms / attempts AS total_ms,
    200 AS status,
    'completed' AS outcome,
    response_body,
    response_bytes,
    output_text,
    finish_reason,
    input_tokens,
    output_tokens,
    contract,
    CASE WHEN attempt < attempts THEN 'fail' ELSE verdict END AS verdict,
    CASE WHEN attempt < attempts THEN 1 ELSE violations END AS violations,
    judged_us
FROM (SELECT *, unnest(range(1, attempts + 1))::INTEGER AS attempt FROM all_calls WHERE attempts > 1);

INSERT INTO all_tool_calls BY NAME
SELECT
    call_id,
    position,
    ['shell', 'apply_patch', 'view_image', 'shell'][1 + dice(call_id, position, 4)] AS name,
    '{"command": ["sed", "-n", "1,' || dice(call_id, position, 400) || 'p", "main.py"]}' AS arguments,
    'call_' || position AS tool_call_id
FROM (SELECT call_id, unnest(range(tool_call_count))::INTEGER AS position FROM all_calls WHERE tool_call_count > 0);

-- what all requests share, then what each adds, then the answers
INSERT INTO slices BY NAME
SELECT slice_id, digits('slice' || slice_id)::UUID AS digest, strlen(text) AS size, 'raw' AS codec, encode(text) AS data
FROM (
    SELECT 1 AS slice_id, asked_first('responses') AS text
    UNION ALL
    SELECT 2, asked_first('chat')
    UNION ALL
    SELECT 3, asked_last()
    UNION ALL
    SELECT range + 4, asked_of(range)
    FROM range(getvariable('calls'))
    UNION ALL
    SELECT range + 4 + getvariable('calls'), response_of(range, dialect_of(kind_of(range)))
    FROM range(getvariable('calls'))
);

INSERT INTO items BY NAME
SELECT unnest([1, 2]) AS slice_id, 0 AS position, 'message' AS kind, 'system' AS role, 'You are a clerk.' AS text
UNION ALL
SELECT range + 4, 0, 'message', 'user', question_of(range)
FROM range(getvariable('calls'));

-- a request holds those of its session before it
INSERT INTO bodies BY NAME
SELECT
    digits('request' || number)::UUID AS body_id,
    size_of(number) AS size,
    [CASE dialect_of(kind_of(number)) WHEN 'responses' THEN 1::BIGINT ELSE 2 END] || [number + 4 - 8 * back FOR back IN range(step_of(number), -1, -1)] || [3::BIGINT] AS slices
FROM range(getvariable('calls')) AS numbers (number)
UNION ALL
SELECT
    digits('response' || range)::UUID,
    strlen(response_of(range, dialect_of(kind_of(range)))),
    [range + 4 + getvariable('calls')]
FROM range(getvariable('calls'));

-- what their servers and driftgate were, and when
INSERT INTO fingerprints BY NAME
SELECT
    fingerprint_of(model, version) AS fingerprint_id,
    begun_of(version * getvariable('calls') // 4) AS first_at,
    json_object(
        'server', 'ollama', 'digest', digits('weights' || model || version), 'n_ctx', 8192,
        'quantization', ['Q8_0', 'Q8_0', 'Q4_K_M', 'Q6_K'][1 + version], 'version', '0.12.' || version
    )::VARCHAR AS facts
FROM (SELECT unnest(['gemma4:26b', 'gemma4:e4b', 'qwen3:8b', 'llama3.3']) AS model), range(4) AS versions (version);

INSERT INTO observations BY NAME
SELECT begun_of(version * getvariable('calls') // 4) AS seen_at, upstream, model, fingerprint_of(model, version) AS fingerprint_id
FROM
    (SELECT unnest(['gemma4:26b', 'gemma4:e4b', 'qwen3:8b', 'llama3.3']) AS model),
    (SELECT unnest(['local', 'second']) AS upstream),
    range(4) AS versions (version)
ORDER BY seen_at;

INSERT INTO events BY NAME
SELECT
    seen_at AS happened_at,
    CASE WHEN version = 0 THEN 'fingerprint_seen' ELSE 'fingerprint_changed' END AS kind,
    upstream,
    model,
    CASE WHEN version = 0 THEN json_object('fingerprint_id', replace(fingerprint_id::VARCHAR, '-', ''))
    ELSE json_object(
        'from', replace(fingerprint_of(model, version - 1)::VARCHAR, '-', ''),
        'to', replace(fingerprint_id::VARCHAR, '-', ''),
        'changed', json_object('version', ['0.12.' || version - 1, '0.12.' || version])
    ) END::VARCHAR AS detail
FROM (
    SELECT *, row_number() OVER (PARTITION BY upstream, model ORDER BY seen_at) - 1 AS version
    FROM observations
)
ORDER BY happened_at;

INSERT INTO configs BY NAME
SELECT
    digits('config' || version)::UUID AS config_id,
    begun_of(version * getvariable('calls') // 4) AS first_at,
    json_object('driftgate', '0.1.' || version, 'upstreams', json_object('local', json_object('url', 'http://127.0.0.1:11434')))::VARCHAR
        AS settings
FROM range(4) AS versions (version);

INSERT INTO events BY NAME
SELECT
    begun_of(version * getvariable('calls') // 4) AS happened_at,
    kind,
    'w' || worker AS writer,
    CASE kind
        WHEN 'config' THEN json_object('config_id', digits('config' || version))
        ELSE json_object('pid', 100 + version, 'version', '0.1.' || version)
    END::VARCHAR AS detail
FROM range(4) AS versions (version), range(2) AS workers (worker), (SELECT unnest(['config', 'started']) AS kind)
ORDER BY happened_at;

INSERT INTO contracts BY NAME
SELECT
    digits(name)::UUID AS contract_id,
    name,
    '1' AS version,
    CASE WHEN name = 'triage' THEN 'enforce' ELSE 'observe' END AS mode,
    getvariable('since') AS first_at,
    json_object(
        'name', name, 'version', '1', 'mode', CASE WHEN name = 'triage' THEN 'enforce' ELSE 'observe' END,
        'applies', json_object('tags', json_object('task', name)),
        'output', json_object('schema', json('{"type":"object","required":["customer","total","items"]}'))
    )::VARCHAR AS content
FROM (SELECT unnest(['orders', 'summaries', 'triage']) AS name);

INSERT INTO agent_starts BY NAME
SELECT
    call_id,
    1 AS attempt,
    started_at,
    'agent' AS agent,
    '0.169.0' AS codex_version,
    answer_model AS model,
    'local' AS model_upstream,
    'workspace-write' AS sandbox,
    'fresh' AS workspace,
    'thread' AS isolation,
    input_text AS prompt
FROM all_calls
WHERE upstream = 'agent';

INSERT INTO agent_ends BY NAME
SELECT
    call_id,
    1 AS attempt,
    ended_at,
    'thread ' || session_id AS thread_id,
    turn_id,
    CASE WHEN status = 200 THEN 'completed' ELSE 'failed' END AS status,
    CASE WHEN status <> 200 THEN 'model_failed' END AS error_code,
    CASE WHEN status <> 200 THEN 'the model server said: busy' END AS error,
    4 AS model_calls,
    4000 AS input_tokens,
    300 AS output_tokens
FROM all_calls
WHERE upstream = 'agent' AND outcome <> 'client_gone';

INSERT INTO agent_item_rows BY NAME
SELECT
    call_id,
    1 AS attempt,
    position,
    started_at + to_microseconds(position * 50000) AS happened_at,
    ['command', 'command', 'file_change', 'message'][1 + position] AS kind,
    'item_' || position AS item_id,
    ['ls -la', 'make test', 'main.py', ''][1 + position] AS title,
    CASE WHEN position = 1 AND dice(call_id, 21, 9) = 0 THEN 'failed' ELSE 'completed' END AS status,
    CASE WHEN position < 2 THEN 0 END AS exit_code,
    CASE WHEN position < 2 THEN 40 END AS duration_ms,
    '/work' AS cwd,
    ['main.py' || chr(10), '3 passed' || chr(10), '-old' || chr(10) || '+new' || chr(10), output_text][1 + position] AS text,
    CASE WHEN position = 2 THEN ['main.py'] END AS paths,
    CASE WHEN position = 2 THEN ['update'] END AS changes
FROM (SELECT *, unnest(range(4))::INTEGER AS position FROM all_calls WHERE upstream = 'agent');

-- what the last runs asked: the last three hundred orders that were good, each twice of each arm
INSERT INTO all_calls BY NAME
SELECT
    * EXCLUDE (run_id, number)
    REPLACE (
        digits(call_id::VARCHAR || run_id || arm || repetition)::UUID AS call_id,
        CASE WHEN arm = 'candidate' AND number % 7 = 0 THEN 'fail' ELSE 'pass' END AS verdict,
        CASE WHEN arm = 'candidate' THEN total_ms * 1.1 ELSE total_ms END AS total_ms,
        NULL AS session_id, NULL AS thread_id, NULL AS turn_id, NULL AS parent_call_id
    ),
    run_id,
    call_id AS replay_of
FROM (
    SELECT
        cases.* EXCLUDE (run_id, arm, replay_of, repetition),
        asked.run_id,
        asked.arm,
        asked.repetition
    FROM (
        SELECT *, row_number() OVER (ORDER BY call_id) AS number
        FROM (FROM all_calls WHERE contract = 'orders' AND verdict = 'pass' ORDER BY started_at DESC LIMIT 300)
    ) AS cases,
    (
        SELECT run_id, arm, repetition::INTEGER AS repetition
        FROM
            (SELECT unnest(getvariable('runs'))::UUID AS run_id),
            (SELECT unnest(['baseline', 'candidate']) AS arm),
            range(1, 3) AS repetitions (repetition)
    ) AS asked
);
