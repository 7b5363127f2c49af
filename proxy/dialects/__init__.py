"""Dialects: bytes to meaning, no I/O.

A dialect reads what a client asked and what a backend answered, tolerates anything strangers
write, and never changes a byte on its way. Unknown paths have no dialect and pass untouched.
"""

from driftgate.proxy.dialects.describe import Described, describe, dialect_of
from driftgate.proxy.dialects.errors import error_body

__all__ = ["Described", "describe", "dialect_of", "error_body"]
