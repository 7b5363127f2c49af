"""Dashboards: the history for people who would rather look."""
