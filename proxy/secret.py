"""The key of this history's redaction hashes: made once, kept beside the journal."""

import os
import secrets
import tempfile
from pathlib import Path

from driftgate.proxy.errors import JournalError

KEY_FILE = "redaction.key"
KEY_BYTES = 32


def redaction_key(root: Path) -> bytes:
    """The key in the journal's folder; several processes that start at once agree on one.

    Raises:
        JournalError: the folder cannot be written to.
    """
    path = root / KEY_FILE
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            descriptor, name = tempfile.mkstemp(prefix=f".{KEY_FILE}.", dir=root)
            draft = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(descriptor)  # an empty key after a power loss would hide nothing
            try:
                os.link(draft, path)  # fails where another process was first: then theirs counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"cannot use the journal folder {root}: {error.strerror}; "
            "choose a place that can be written to with --history"
        ) from error
    if len(key) != KEY_BYTES:
        raise JournalError(f"{path} is damaged; delete it, and a new key is made at the next start")
    return key
