-- Under which configuration calls ran, what else happened, and how far the journals are read.

CREATE TABLE fingerprints (
    fingerprint_id UUID NOT NULL,
    first_at TIMESTAMP NOT NULL,
    facts VARCHAR NOT NULL
);
COMMENT ON TABLE fingerprints IS 'What backends said they are, one row for each different content';
COMMENT ON COLUMN fingerprints.fingerprint_id IS 'Content hash of facts';
COMMENT ON COLUMN fingerprints.first_at IS 'When it was first seen, UTC';
COMMENT ON COLUMN fingerprints.facts IS 'Model digest, quantization, template, context length, version and so on, as canonical JSON';

CREATE TABLE observations (
    seen_at TIMESTAMP NOT NULL,
    upstream VARCHAR NOT NULL,
    model VARCHAR,
    fingerprint_id UUID NOT NULL
);
COMMENT ON TABLE observations IS 'When which backend showed which fingerprint; a row at its first probe and at each change';
COMMENT ON COLUMN observations.seen_at IS 'When it was probed, UTC';
COMMENT ON COLUMN observations.upstream IS 'Name of the upstream';
COMMENT ON COLUMN observations.model IS 'Model; null: the upstream as a whole';
COMMENT ON COLUMN observations.fingerprint_id IS 'What it was: fingerprints.fingerprint_id';

CREATE TABLE configs (
    config_id UUID NOT NULL,
    first_at TIMESTAMP NOT NULL,
    settings VARCHAR NOT NULL
);
COMMENT ON TABLE configs IS 'driftgate''s own effective configurations, one row for each different content';
COMMENT ON COLUMN configs.config_id IS 'Content hash of settings';
COMMENT ON COLUMN configs.first_at IS 'When it was first in force, UTC';
COMMENT ON COLUMN configs.settings IS 'The settings as canonical JSON';

CREATE TABLE events (
    happened_at TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    writer VARCHAR,
    upstream VARCHAR,
    model VARCHAR,
    detail VARCHAR
);
COMMENT ON TABLE events IS 'What happened beside the calls: fingerprint_changed, started, config, disk_full, quarantined and others';
COMMENT ON COLUMN events.happened_at IS 'When, UTC';
COMMENT ON COLUMN events.kind IS 'What happened';
COMMENT ON COLUMN events.writer IS 'The driftgate process that noted it';
COMMENT ON COLUMN events.upstream IS 'The upstream it is about';
COMMENT ON COLUMN events.model IS 'The model it is about';
COMMENT ON COLUMN events.detail IS 'What else is known, as JSON';

CREATE TABLE journal_positions (
    writer VARCHAR NOT NULL,
    low_segment BIGINT NOT NULL,
    low_offset BIGINT NOT NULL,
    done_segment BIGINT NOT NULL,
    done_offset BIGINT NOT NULL,
    config_id UUID
);
COMMENT ON TABLE journal_positions IS 'How far each journal has been read; changes in one transaction with the rows';
COMMENT ON COLUMN journal_positions.writer IS 'Name of the journal folder';
COMMENT ON COLUMN journal_positions.low_segment IS 'Segment from which a restart reads';
COMMENT ON COLUMN journal_positions.low_offset IS 'Offset in that segment';
COMMENT ON COLUMN journal_positions.done_segment IS 'Segment up to which all is in the history';
COMMENT ON COLUMN journal_positions.done_offset IS 'Offset in that segment';
COMMENT ON COLUMN journal_positions.config_id IS 'The configuration last in force there: configs.config_id';
