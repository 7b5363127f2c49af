"""Every error that reaches a person or a client, as one tree.

    DriftgateError              what, where, what to do; never a traceback
    +-- UsageError              bad input from a person                    exit 2
    |   +-- SettingsError       a setting is unknown, wrong or missing
    |   +-- QueryError          SQL that is refused or does not run
    |   |   +-- QuerySlowError  it took longer than it was given
    |   +-- NotFoundError       no such call, file or upstream
    +-- HistoryError            the history cannot be read or written      exit 4
    |   +-- HistoryBusyError    somebody else holds the file
    |   +-- HistoryNewerError   written by a newer driftgate
    |   +-- HistoryDamagedError not a DuckDB file, or a broken one
    +-- JournalError            the journal cannot be written              exit 4
    |   +-- DiskFullError       no space left for it
    +-- CallError               a call that cannot be forwarded; answered on the wire
        +-- ClientError         the client's fault
        +-- UpstreamError       the model server's fault
        +-- GateError           driftgate's own: stopping, disk full, a bug

A CallError says whose fault it is and carries two statuses: the one RFC 9110 means, and the one
that makes the Codex CLI stop or retry as the case deserves (it sends a permanent 5xx 30 times,
takes 400 as final, and sends 408 at most six times).
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes of every command."""

    GOOD = 0
    FOUND = 1  # drift or a violation was found
    USAGE = 2
    INCONCLUSIVE = 3
    COULD_NOT_CHECK = 4
    OWN_FAULT = 70  # EX_SOFTWARE of sysexits.h


class Fault(StrEnum):
    """Whose fault an error on the wire is."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    DRIFTGATE = "driftgate"


class DriftgateError(Exception):
    """Something a person should read: one line, and what to do about it."""

    exit_code: Exit = Exit.OWN_FAULT


class UsageError(DriftgateError):
    """Bad input from a person."""

    exit_code = Exit.USAGE


class SettingsError(UsageError):
    """A setting is unknown, wrong or missing."""


class QueryError(UsageError):
    """SQL that is refused or does not run.

    told: DuckDB's own words with their lines, which point at the place; empty: they are ours.
    """

    def __init__(self, message: str, told: str = "") -> None:
        """Message: one line."""
        super().__init__(message)
        self.told = told


class QuerySlowError(QueryError):
    """It took longer than it was given."""


class NotFoundError(UsageError):
    """No such call, file or upstream."""


class HistoryError(DriftgateError):
    """The history cannot be read or written."""

    exit_code = Exit.COULD_NOT_CHECK


class HistoryBusyError(HistoryError):
    """Somebody else holds the file."""


class HistoryNewerError(HistoryError):
    """Written by a newer driftgate."""


class HistoryDamagedError(HistoryError):
    """Not a DuckDB file, or a broken one."""


class JournalError(DriftgateError):
    """The journal cannot be written."""

    exit_code = Exit.COULD_NOT_CHECK


class DiskFullError(JournalError):
    """No space left for the journal."""


class CallError(DriftgateError):
    """A call that driftgate answers itself. `message` is one line for the client.

    details: what was found wrong, as JSON objects, for programs that read the error's body.
    recorded: the message without what it quotes of a request or an answer; None: it quotes nothing.
    """

    fault = Fault.DRIFTGATE

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        codex_status: int,
        outcome: str,
        retry_after_s: int | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        recorded: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.codex_status = codex_status
        self.outcome = outcome
        self.retry_after_s = retry_after_s
        self.details = [dict(each) for each in details]
        self.recorded = recorded

    def without_content(self, left_out: str) -> "CallError":
        """The same error where no content may stand; `left_out` instead of each detail's reason."""
        if self.recorded is None:
            return self
        return type(self)(
            self.recorded,
            code=self.code,
            status=self.status,
            codex_status=self.codex_status,
            outcome=self.outcome,
            retry_after_s=self.retry_after_s,
            details=[{**each, "reason": left_out} for each in self.details],
        )


class ClientError(CallError):
    """The client's fault."""

    fault = Fault.CLIENT


class UpstreamError(CallError):
    """The model server's fault."""

    fault = Fault.UPSTREAM


class GateError(CallError):
    """driftgate's own fault or decision."""
