"""Who may ask: decided from a request's headers alone. No I/O.

Whatever runs in a browser on this machine can send requests to loopback, and a name of a stranger's
may point there (DNS rebinding). So Host must be a name of this machine, what another site embeds
is refused (resource isolation by Fetch Metadata, https://www.w3.org/TR/fetch-metadata/), and what
changes anything needs a token that only our own pages know.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from driftgate.proxy.loopback import address_of, is_loopback

SAFE = frozenset({"GET", "HEAD"})
COOKIE = "driftgate"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf"
PORTS = range(1, 1 << 16)
# what reverse proxies add; many of them name this machine as Host (Apache, and nginx, by default)
RELAYED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_HOST = re.compile(r"(?:\[([0-9a-f:.]+(?:%[\w.%~-]+)?)\]|([\w.-]+))(?::(\d{1,5}))?", re.ASCII)


class Verdict(Enum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    LOGIN = "login"  # the token is missing
    ADMIT = "admit"  # the token stands in the address: a cookie takes its place
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict; why: one line for people, where it is none that lets them in."""

    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself. headers: by lower-case name. token: of the address."""

    method: str
    headers: Mapping[str, str]
    cookie: str = ""
    token: str = ""

    def header(self, name: str) -> str:
        """A header's value; empty where it is missing."""
        return self.headers.get(name, "")


class Guard:
    """Decides for one site.

    Attributes:
        csrf: what state-changing requests must bring, in a field or a header.
        cookie: the cookie's value of those who showed the token.
        cookie_name: the cookie's name; browsers keep one for all ports of a host, so that of two
            dashboards with one name the second would end what the first one gave.
    """

    def __init__(
        self, listen: str, secret: str, *, hosts: Iterable[str] = (), own: str = ""
    ) -> None:
        """Nothing is asked yet.

        Args:
            listen: the host that is listened on.
            secret: the token; what is given to browsers is derived from it.
            hosts: further names, of reverse proxies say.
            own: this machine's name.
        """
        self._open = is_loopback(listen)
        self._secret = secret
        self._hosts = frozenset(host.lower().rstrip(".") for host in hosts)
        self._own = own.lower()
        self.csrf = _derived(secret, "csrf")
        self.cookie = _derived(secret, "cookie")
        self.cookie_name = f"{COOKIE}_{_derived(secret, 'name')[:8]}"

    def check(self, claim: Claim) -> Decision:
        """May this request pass?"""
        host = host_of(claim.header("host"))
        if host is None or not self._is_ours(host):
            named = claim.header("host")[:80] or "missing"
            return _refused(
                f"Host {named!r} is no name of this machine; dashboard.hosts allows more"
            )
        crossing = self._crossing(claim)
        if crossing:
            return _refused(crossing)
        if not self._needs_token(host, claim) or self._knows(claim):
            return Decision(Verdict.ALLOWED)
        if claim.token and claim.method in SAFE and _same(claim.token, self._secret):
            return Decision(Verdict.ADMIT)
        return Decision(Verdict.LOGIN, "that token is not right" if claim.token else "")

    def is_token(self, text: str) -> bool:
        """Whether it is the token; in constant time."""
        return _same(text, self._secret)

    def is_csrf(self, text: str) -> bool:
        """Whether it is what our own pages send; in constant time."""
        return _same(text, self.csrf)

    def _is_ours(self, host: str) -> bool:
        if is_loopback(host) or host in self._hosts:
            return True
        return not self._open and (host == self._own or address_of(host) is not None)

    def _needs_token(self, host: str, claim: Claim) -> bool:
        here = self._open and is_loopback(host)
        return not here or any(name in claim.headers for name in RELAYED)

    def _knows(self, claim: Claim) -> bool:
        scheme, _, credentials = claim.header("authorization").partition(" ")
        if scheme.lower() == "bearer" and _same(credentials.strip(), self._secret):
            return True
        return _same(claim.cookie, self.cookie)

    def _crossing(self, claim: Claim) -> str:
        """Why a request of another site's is refused; empty: it is none, or harmless."""
        site, mode = claim.header("sec-fetch-site"), claim.header("sec-fetch-mode")
        if claim.method in SAFE:
            foreign = site in {"cross-site", "same-site"}
            framed = claim.header("sec-fetch-dest") not in {"", "document"}
            embedded = mode != "navigate" or framed
            return "another site may link here, not embed it" if foreign and embedded else ""
        if site not in {"", "same-origin"}:
            return "another site may not change anything here"
        origin = claim.header("origin")
        if origin and _place(origin) != claim.header("host").lower():
            return "another site may not change anything here"
        return ""


def host_of(header: str) -> str | None:
    """The name or address in a Host header, lower case, without port and brackets; None: none."""
    found = _HOST.fullmatch(header.lower())
    if found is None or (found[3] and int(found[3]) not in PORTS):
        return None
    return found[1] or found[2].rstrip(".") or None


def _place(origin: str) -> str | None:
    """Host and port of an origin, lower case; None: it is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _derived(secret: str, purpose: str) -> str:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _refused(why: str) -> Decision:
    return Decision(Verdict.REFUSED, why)
