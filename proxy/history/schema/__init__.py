"""Ordered migrations: one SQL file each, applied by name."""
