"""Contracts: what a good input and a good answer are. Pure: no sockets, no DuckDB, no clock."""
