"""Mending a broken answer without asking the model again. Pure."""
