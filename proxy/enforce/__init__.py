"""Calls that are not just passed through: checked, retried, repaired, translated."""
