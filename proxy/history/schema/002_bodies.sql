-- Bodies as content-addressed slices, and what is written in them.

CREATE TABLE slices (
    slice_id BIGINT NOT NULL,
    digest UUID NOT NULL,
    size BIGINT NOT NULL,
    codec VARCHAR NOT NULL,
    data BLOB NOT NULL USING COMPRESSION zstd
);
COMMENT ON TABLE slices IS 'Parts of bodies, each kept once however often it is sent';
COMMENT ON COLUMN slices.slice_id IS 'Number of the slice';
COMMENT ON COLUMN slices.digest IS 'BLAKE2b-128 of the bytes';
COMMENT ON COLUMN slices.size IS 'Bytes before compression';
COMMENT ON COLUMN slices.codec IS 'How data holds them: raw or zstd';
COMMENT ON COLUMN slices.data IS 'The bytes; driftgate show --raw gives a whole body';

CREATE TABLE bodies (
    body_id UUID NOT NULL,
    size BIGINT NOT NULL,
    slices BIGINT[] NOT NULL
);
COMMENT ON TABLE bodies IS 'Request and response bodies as ordered slices; byte-exact';
COMMENT ON COLUMN bodies.body_id IS 'Content hash: the digest of the only slice, else BLAKE2b-128 over the digests of all';
COMMENT ON COLUMN bodies.size IS 'Bytes of the body';
COMMENT ON COLUMN bodies.slices IS 'slices.slice_id in order';

CREATE TABLE items (
    slice_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    role VARCHAR,
    text VARCHAR NOT NULL USING COMPRESSION zstd,
    tool_name VARCHAR,
    tool_call_id VARCHAR
);
COMMENT ON TABLE items IS 'Messages, tool calls and tool results of requests, by the slice that holds them; see messages';
COMMENT ON COLUMN items.slice_id IS 'The slice in which the item ends: slices.slice_id';
COMMENT ON COLUMN items.position IS 'Order inside the slice, from 0';
COMMENT ON COLUMN items.kind IS 'message, tool_call, tool_result, reasoning, or the item''s own type';
COMMENT ON COLUMN items.role IS 'system, developer, user, assistant or tool';
COMMENT ON COLUMN items.text IS 'What a person would read';
COMMENT ON COLUMN items.tool_name IS 'Name of the tool';
COMMENT ON COLUMN items.tool_call_id IS 'Id that joins a tool call and its result';

CREATE TABLE tool_calls (
    call_id UUID NOT NULL,
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    namespace VARCHAR,
    arguments VARCHAR NOT NULL USING COMPRESSION zstd,
    tool_call_id VARCHAR
);
COMMENT ON TABLE tool_calls IS 'Tool calls that models made, one row each';
COMMENT ON COLUMN tool_calls.call_id IS 'The call whose answer holds it: calls.call_id';
COMMENT ON COLUMN tool_calls.position IS 'Order inside the answer, from 0';
COMMENT ON COLUMN tool_calls.name IS 'Name of the tool';
COMMENT ON COLUMN tool_calls.namespace IS 'Namespace of the tool, in Codex';
COMMENT ON COLUMN tool_calls.arguments IS 'Arguments as the model wrote them, usually JSON';
COMMENT ON COLUMN tool_calls.tool_call_id IS 'Id that joins the tool call and its result in messages';
