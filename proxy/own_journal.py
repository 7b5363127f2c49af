"""The journal that a process writes for itself, and what is taken out of it: both as the settings say."""

import os
import time

from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.secret import redaction_key
from driftgate.proxy.settings.model import Settings, journal_root


def open_journal(settings: Settings, name: str) -> JournalWriter:
    """A journal of this process's own. name: ends its folder's name, which begins with time and process.

    Raises:
        JournalError: it cannot be written.
    """
    rules = settings.journal
    return JournalWriter(
        journal_root(settings.history),
        f"{time.time_ns() // 1_000_000:x}-{os.getpid()}-{name}",
        Rules(
            segment_bytes=rules.segment_mb << 20,
            min_free_bytes=rules.min_free_mb << 20,
            fsync_interval_s=rules.fsync_interval_ms / 1000,
        ),
    )


def make_redactor(settings: Settings) -> Redactor:
    """Takes secrets out, with the history's own key.

    Raises:
        JournalError: the key's folder cannot be written.
    """
    return Redactor(
        redaction_key(journal_root(settings.history)),
        settings.redact,
        decode_limit=settings.record.decode_limit_mb << 20,
    )
