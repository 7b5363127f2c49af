-- name: columns
SELECT
    columns.table_name AS name, relations.comment AS about, columns.column_name AS column_name,
    columns.data_type AS data_type, columns.comment AS comment
FROM duckdb_columns() AS columns
JOIN (
    SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT view_name, comment FROM duckdb_views() WHERE NOT internal
) AS relations ON relations.name = columns.table_name
WHERE NOT columns.internal
ORDER BY
    list_position(['calls', 'sessions', 'turns', 'messages', 'tool_calls', 'violations', 'attempts', 'events'], name) NULLS LAST,
    name, columns.column_index
