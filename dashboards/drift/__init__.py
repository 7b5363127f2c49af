"""Runs and what they decided, as the pages of drift show them."""
