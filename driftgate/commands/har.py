"""Calls as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

import base64
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from driftgate import __version__
from driftgate.proxy.history.readable import decoded, header
from driftgate.proxy.history.whole import Call
from driftgate.proxy.units import iso

HEAD = {"version": "1.2", "creator": {"name": "driftgate", "version": __version__}}
_UNKNOWN = -1  # how HAR writes a size or a time that is not known


def entry(call: Call) -> dict[str, Any]:
    """One entry of a HAR log. What HAR has no field for is under names that begin with `_`."""
    row = call.row
    total = row["total_ms"] or 0.0
    return {
        "startedDateTime": iso(row["started_at"]),
        "time": total,
        "request": _request(call),
        "response": _response(call),
        "cache": {},
        "timings": _timings(row["connect_ms"], row["first_byte_ms"], total),
        "_id": call.id,
        "_outcome": row["outcome"],
        "_error": row["error"],
        "_upstream": row["upstream"],
        "_session": row["session_id"],
        "_firstTokenMs": row["first_token_ms"],
    }


def _timings(connecting: float | None, first_byte: float | None, total: float) -> dict[str, float]:
    wait = min(total if first_byte is None else first_byte, total)
    connect = min(connecting or 0.0, wait)
    times: dict[str, float] = dict.fromkeys(("blocked", "dns", "ssl"), _UNKNOWN)
    times["connect"] = connect or _UNKNOWN  # to the upstream; a kept connection took none
    return {**times, "send": 0, "wait": wait - connect, "receive": total - wait}


def _pairs(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _request(call: Call) -> dict[str, Any]:
    host = header(call.request_headers, "host") or call.row["upstream"]
    request = {
        "method": call.row["method"],
        "url": f"http://{host}{call.target}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],  # never stored
        "headers": _pairs(call.request_headers),
        "queryString": _pairs(parse_qsl(call.row["query"] or "", keep_blank_values=True)),
        "headersSize": _UNKNOWN,
        "bodySize": call.row["request_bytes"],
    }
    if call.request:
        body = decoded(call.request, header(call.request_headers, "content-encoding"))
        kind = header(call.request_headers, "content-type") or "application/octet-stream"
        request["postData"] = {"mimeType": kind, "params": [], **_text(body, "_encoding")}
    return request


def _response(call: Call) -> dict[str, Any]:
    status = call.row["status"] or 0
    known = {each.value: each.phrase for each in HTTPStatus}
    body = decoded(call.response, header(call.response_headers, "content-encoding"))
    kind = header(call.response_headers, "content-type") or "x-unknown"
    return {
        "status": status,
        "statusText": known.get(status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(call.response_headers),
        "content": {"size": len(body), "mimeType": kind, **_text(body, "encoding")},
        "redirectURL": header(call.response_headers, "location") or "",
        "headersSize": _UNKNOWN,
        "bodySize": call.row["response_bytes"],
    }


def _text(body: bytes, encoding: str) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), encoding: "base64"}
