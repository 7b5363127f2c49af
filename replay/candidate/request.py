"""A recorded request as a configuration sends it again.

Where nothing is to be changed, the recorded bytes go out as they are, in their content coding. Where
something is, the body is decoded, changed in its dialect's own words and sent plain.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from driftgate.contracts.json_values import cut
from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.describe import DECODE_LIMIT, dialect_of
from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.headers import has_token
from driftgate.proxy.judging import GENERATING
from driftgate.proxy.record import Recorded
from driftgate.proxy.upstream.wire import index
from driftgate.replay.candidate.adapted import Adapted, adapted, adapts
from driftgate.replay.candidate.change import asks, changed
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.fresh import Fresh, now
from driftgate.replay.candidate.pairs import sent_pairs, unsent_pairs, without_masks
from driftgate.replay.candidate.patch import patched
from driftgate.replay.candidate.prepared import Prepared, Unreplayable
from driftgate.replay.candidate.system import with_system
from driftgate.replay.candidate.tools import with_tools
from driftgate.replay.candidate.whole import Earlier, made_whole

Json = dict[str, Any]

_SWITCHING = 101
_UNREADABLE = b"redacted: body in a coding that cannot be read"  # as proxy.redact writes it
_STATE = (b'"previous_response_id"', b'"conversation"')
_ESCAPED = re.compile(rb"\\u00[2-7]")  # a key may be written with escapes
_VERSION = "/v1"


def prepare(
    recorded: Recorded,
    configuration: Configuration,
    *,
    earlier: Earlier,
    bound: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Prepared:
    """The request to send.

    Args:
        recorded: the call.
        configuration: of the arm that it is sent for.
        earlier: gives the recorded call that was answered with a response id; None: there is none.
        bound: the recorded answer was bound by its schema though tools were on offer; see `adapted`.
        environ: where credentials come from; None: this process's environment.

    Raises:
        Unreplayable: it cannot be sent again; one line that says why.
        UsageError: a variable of the environment holds what no header can carry.
    """
    _check(recorded)
    renewed = _renewed(configuration)
    target = _target(recorded.target, configuration)
    sent = _changed(recorded, target, configuration, earlier, renewed, bound=bound)
    pairs = sent_pairs(recorded, configuration, changed=sent is not None, environ=environ)
    pairs = pairs if renewed is None else renewed.pairs(pairs)
    prepared = Prepared(
        recorded.method,
        target,
        pairs,
        recorded.request_body,
        dialect_of(target) or "",
        unsent=unsent_pairs(recorded),
        secret=frozenset(name.lower().encode("latin-1") for name in configuration.headers_env),
    )
    return prepared if sent is None else _as(prepared, sent)


def _as(prepared: Prepared, sent: Adapted) -> Prepared:
    """The prepared request with what is sent instead of the recorded one."""
    return replace(
        prepared,
        target=sent.target,
        body=edit.as_bytes(sent.body),
        dialect=sent.dialect,
        back=sent.back,
        streams=sent.streams,
        asked=None if sent.asked is None else edit.as_bytes(sent.asked),
    )


def _renewed(configuration: Configuration) -> Fresh | None:
    if not configuration.fresh:
        return None
    return Fresh(configuration.fresh, uuid4().hex, now(), str(Path.cwd()))


def _check(recorded: Recorded) -> None:
    """Nothing, if the request was recorded whole and is one request.

    Raises:
        Unreplayable: it is not.
    """
    pairs = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in recorded.request_headers
    ]
    if (
        recorded.frames
        or recorded.status == _SWITCHING
        or has_token(index(pairs), b"upgrade", b"websocket")
    ):
        raise Unreplayable("it is a websocket: one connection for several requests")
    if recorded.request_truncated:
        kept, size = len(recorded.request_body), recorded.request_size
        raise Unreplayable(f"its request was recorded only in part: {kept:,} of {size:,} bytes")
    if recorded.request_body == _UNREADABLE:
        raise Unreplayable("its request was not recorded: redaction could not read its coding")


def _target(target: str, configuration: Configuration) -> str:
    """Path and query. The address of an upstream is often given with the /v1 that paths begin with."""
    target = without_masks(target)
    prefix = urlsplit(configuration.upstream or "").path
    return (
        target.removeprefix(_VERSION)
        if prefix.endswith(_VERSION) and target.startswith(f"{_VERSION}/")
        else target
    )


def _changed(
    recorded: Recorded,
    target: str,
    configuration: Configuration,
    earlier: Earlier,
    renewed: Fresh | None,
    *,
    bound: bool,
) -> Adapted | None:
    """What is sent instead of the recorded request; None: nothing in it changes."""
    dialect = dialect_of(target) or ""
    coding = _coding(recorded)
    data, complete = decode(recorded.request_body, coding, DECODE_LIMIT)
    asked = asks(configuration, dialect) and bool(data or dialect in GENERATING)
    if not asked and not (dialect == "responses" and complete and _may_build_on(data)):
        return None
    if not complete:
        raise Unreplayable(
            f"its body cannot be decoded ({cut(coding or '')}), so that nothing can be changed in it"
        )
    value = parse(data)
    if not isinstance(value, dict):
        if not asked:
            return None
        raise Unreplayable("its body is no JSON object, so that nothing can be changed in it")
    try:
        before = edit.as_bytes(value)
        if dialect == "responses":
            value = made_whole(value, earlier)
        value = _wanted(value, dialect, configuration, renewed)
        sent = _adapted(target, dialect, value, configuration, bound=bound)
        same = sent.dialect == dialect and sent.back is None and edit.as_bytes(sent.body) == before
    except RecursionError:
        raise Unreplayable("its body is nested too deeply to change anything in it") from None
    return None if same else sent


def _may_build_on(data: bytes) -> bool:
    """Whether a request may need what a server remembers; most do not, and are not parsed."""
    return any(key in data for key in _STATE) or (
        b"\\u00" in data and _ESCAPED.search(data) is not None
    )


def _coding(recorded: Recorded) -> str | None:
    """The content codings of the request, of all its headers of that name."""
    values = [
        value for name, value in recorded.request_headers if name.lower() == "content-encoding"
    ]
    return ",".join(values) or None


def _wanted(value: Json, dialect: str, configuration: Configuration, renewed: Fresh | None) -> Json:
    """The request in its own dialect with all that is configured."""
    value = changed(dialect, value, configuration)
    if configuration.patch:
        value = patched(value, configuration.patch)
        if not isinstance(value, dict):
            raise Unreplayable("the patch leaves no JSON object of it")
    if dialect not in GENERATING:
        return value
    if configuration.system is not None:
        value = with_system(dialect, value, configuration.system)
    if configuration.tools is not None:
        value = with_tools(dialect, value, configuration.tools)
    return value if renewed is None else renewed.body(dialect, value)


def _adapted(
    target: str, dialect: str, value: Json, configuration: Configuration, *, bound: bool
) -> Adapted:
    if adapts(configuration, dialect):
        return adapted(target, value, configuration, bound=bound)
    return Adapted(target, dialect, value)
