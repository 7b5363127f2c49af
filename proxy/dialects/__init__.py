"""Dialects: bytes to meaning, no I/O.

A dialect reads what a client asked and what a backend answered, tolerates anything strangers
write, and never changes a byte on its way. Unknown paths have no dialect and pass untouched.
"""
