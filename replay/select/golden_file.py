"""A golden set as a file that can be carried: JSON Lines, checked line by line. Pure.

The first line says what the set is, and holds the SHA-256 of all that follows; then comes one line for
each call, with all that is needed to send it again and to compare: what was asked and answered byte
for byte, when each part came, and the verdict. Bytes that are UTF-8 stand as text, others as base64
(RFC 4648). Secrets were never recorded, so there are none.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from driftgate.proxy.errors import UsageError
from driftgate.proxy.record import Outcome
from driftgate.replay.select.keep import checked_name

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

FORMAT, VERSION = "driftgate-golden-set", 1
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_LARGEST = (1 << 63) - 1
_LONGEST_NS = 1 << 50  # 13 days: as milliseconds, the history keeps it to the nanosecond
_PLACE_LIMIT, _SHOWN = 200, 3
_BREAKS = re.compile(r"[\0\r\n]")
_TCHARS = r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$"  # RFC 9110, section 5.6.2


def _time(text: str) -> str:
    at = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    if written_time(at) != text or not 1970 <= at.year < 2200:  # noqa: PLR2004 - what 64 bits of nanoseconds hold
        raise ValueError("no time such as 2026-11-24T12:00:00.000000Z")
    return text


def _latin(text: str) -> str:
    """What a header of HTTP can hold: it is sent again, and must not become two."""
    if _BREAKS.search(text):
        raise ValueError("a header cannot hold a line break")
    text.encode("latin-1")
    return text


def _line(text: str) -> str:
    if "\t" in text or "\r" in text or "\n" in text:
        raise ValueError("a tab or line break cannot stand here")
    return text


def _sized(size: int, body: "Body") -> None:
    if size < len(body.data()):
        raise ValueError("the size is smaller than the body")


def _name(text: str) -> str:
    try:
        return checked_name(text)
    except UsageError as error:
        raise ValueError(str(error)) from None


Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Nanoseconds = Annotated[int, Field(ge=0, le=_LONGEST_NS)]
Microseconds = Annotated[int, Field(ge=0, le=_LONGEST_NS // 1000)]
Time = Annotated[str, AfterValidator(_time)]
Line = Annotated[str, AfterValidator(_line)]
Id = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
Token = Annotated[str, StringConstraints(pattern=_TCHARS)]
Target = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f]+$")]
Header = tuple[Token, Annotated[str, AfterValidator(_latin)]]


class Strict(BaseModel):
    """A part of a line; what is unknown is refused, since it would be lost."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Body(Strict):
    """Bytes: one of both."""

    text: str | None = None
    base64: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Body":
        if (self.text is None) == (self.base64 is None):
            raise ValueError("give either text or base64")
        if self.base64 is not None and written_body(self.data()) != self.model_dump(
            exclude_none=True
        ):
            raise ValueError("no base64 of bytes that are no UTF-8")
        return self

    def data(self) -> bytes:
        """The bytes. ValueError: it is no base64."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "", validate=True)


class Asked(Strict):
    """The request. size: bytes that passed, also those beyond the recording limit."""

    method: Token
    target: Target
    upstream: Line
    headers: list[Header]
    size: Count
    body: Body

    @model_validator(mode="after")
    def _whole(self) -> "Asked":
        _sized(self.size, self.body)
        return self


class Answered(Strict):
    """The answer. chunks: (microseconds since the start, bytes) of each part of the body."""

    status: Annotated[int, Field(ge=100, le=999)] | None
    headers: list[Header]
    trailers: list[Header]
    first_byte_ns: Nanoseconds | None
    ended_ns: Nanoseconds | None
    overhead_ns: Nanoseconds | None
    size: Count
    chunks: list[tuple[Microseconds, Count]]
    body: Body

    @model_validator(mode="after")
    def _whole(self) -> "Answered":
        if sum(size for _, size in self.chunks) != len(self.body.data()):
            raise ValueError("the chunks are not as long as the body")
        _sized(self.size, self.body)
        return self


class Found(Strict):
    """One violation."""

    source: str
    keyword: str
    path: str
    reason: str
    severity: str


class Verdict(Strict):
    """What was found of the answer then. None: it was not judged."""

    contract: str | None
    contract_id: Id | None
    verdict: str | None
    violations: list[Found]
    repairs: list[str]
    judged_us: Count | None


class CallLine(Strict):
    """One call. session, slices, duplicates: as in `Selected`."""

    call_id: Id
    session: str
    duplicates: Annotated[int, Field(ge=1, le=(1 << 31) - 1)]
    slices: dict[str, list[str]]
    started_at: Time
    fingerprint_id: Id | None
    outcome: Outcome
    error: str | None
    request: Asked
    response: Answered
    judged: Verdict


class Head(Strict):
    """The first line. calls: how many lines follow.

    fingerprints: what the backends said that they were, by id. sha256: see content_hash().
    """

    format: Literal["driftgate-golden-set"]
    version: Literal[1]
    name: Annotated[str, AfterValidator(_name)]
    selection_id: Id
    made_at: Time
    described: str
    seed: Annotated[int, Field(ge=-_LARGEST - 1, le=_LARGEST)]
    found: Annotated[int, Field(ge=0, le=(1 << 31) - 1)]
    collapsed: Annotated[int, Field(ge=0, le=(1 << 31) - 1)]
    calls: Annotated[int, Field(ge=1, le=(1 << 31) - 1)]
    fingerprints: dict[Id, dict[str, Any]]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


Part = TypeVar("Part", bound=Strict)


def written(part: Strict) -> bytes:
    """The part as a line: the same content, the same bytes."""
    return _text(part.model_dump(exclude_unset=True)) + b"\n"


def content_hash(fingerprints: Mapping[str, Any]) -> "Hash":
    """SHA-256 that has these already; the lines after the first, with their ends, are to follow."""
    return sha256(_text(fingerprints))


def written_body(data: bytes) -> dict[str, str]:
    """Bytes as a line holds them."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def written_time(at: datetime) -> str:
    """A time as a line holds it; without a zone it is UTC."""
    return (at if at.tzinfo is None else at.astimezone(UTC)).strftime(_TIME)


def read_time(text: str) -> datetime:
    """The UTC time of a line, with its zone."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def read_head(line: bytes) -> Head:
    """The first line.

    Raises:
        UsageError: it is none, or of another version; does not name the line.
    """
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise UsageError(f'no golden set: the first line has no "format":"{FORMAT}"')
    if told.get("version") != VERSION:
        raise UsageError(
            f"a golden set of version {str(told.get('version'))[:20]!r}; this driftgate reads version {VERSION}"
        )
    return _validated(Head, line)


def read_call(line: bytes) -> CallLine:
    """The line of a call.

    Raises:
        UsageError: it is none; does not name the line.
    """
    return _validated(CallLine, line)


def _validated(kind: type[Part], line: bytes) -> Part:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [f"{_place(each['loc'])}{each['msg']}" for each in problems[:_SHOWN]]
    more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
    raise UsageError("; ".join(" ".join(each.split()) for each in shown) + more)


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _place(loc: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, loc))[:_PLACE_LIMIT]}: " if loc else ""
