"""The history in DuckDB: schema, ingest, reader. DuckDB is imported here and nowhere else."""
