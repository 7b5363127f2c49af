"""Replay: select recorded calls, run them again, compare, decide, report."""
