"""Who may ask, decided from headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.dashboards.guard import Claim, Guard, Verdict, host_of
from driftgate.proxy.loopback import is_loopback

SECRET = "a-secret-of-thirty-two-characters"
LOCAL = Guard("127.0.0.1", SECRET, hosts=["flight.example"], own="workshop")
WIDE = Guard("0.0.0.0", SECRET, hosts=["flight.example"], own="workshop")


def verdict(guard: Guard, method: str = "GET", **headers: str) -> Verdict:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    token, cookie = named.pop("token", ""), named.pop("cookie", "")
    claim = Claim(method, {"host": "127.0.0.1:8787", **named}, cookie, token)
    return guard.check(claim).verdict


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8787", "localhost", "LOCALHOST:80", "[::1]:8787", "a.localhost"]
)
def test_names_of_this_machine_are_let_in(host: str) -> None:
    assert verdict(LOCAL, host=host) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "192.168.1.4", "", "a@b", "x/y", "[::1", "h:0"),
        *("evil[::1]", "[::1]evil", "localhost:99999", "localhost evil", "localhost,evil", "127.1"),
        *("2130706433", "0x7f.1", "0177.0.0.1", "[localhost]", "localhost#a", "loc\xadalhost"),
    ],
)
def test_a_name_that_was_bound_to_loopback_is_refused(host: str) -> None:
    assert verdict(LOCAL, host=host) is Verdict.REFUSED


def test_beyond_this_machine_a_token_is_asked_for() -> None:
    for host in ("192.168.1.4:8787", "127.0.0.1:8787", "workshop", "flight.example"):
        assert verdict(WIDE, host=host) is Verdict.LOGIN
    assert verdict(WIDE, host="evil.example") is Verdict.REFUSED


def test_a_reverse_proxy_reaches_others_so_that_its_name_needs_the_token() -> None:
    assert verdict(LOCAL, host="flight.example") is Verdict.LOGIN
    assert verdict(LOCAL, host="flight.example", cookie=LOCAL.cookie) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("x-forwarded-for", "203.0.113.7"), ("x-forwarded-host", "flight.example")),
        *(("forwarded", "for=203.0.113.7"), ("x-real-ip", "203.0.113.7"), ("via", "1.1 edge")),
    ],
)
def test_who_comes_through_a_reverse_proxy_needs_the_token_whatever_host_it_names(
    name: str, value: str
) -> None:
    relayed = {name.replace("-", "_"): value}
    assert verdict(LOCAL, host="127.0.0.1:8787", **relayed) is Verdict.LOGIN
    assert verdict(LOCAL, cookie=LOCAL.cookie, **relayed) is Verdict.ALLOWED
    assert verdict(LOCAL, token=SECRET, **relayed) is Verdict.ADMIT


def test_the_token_lets_in_as_a_bearer_and_once_in_the_address() -> None:
    assert verdict(WIDE, authorization=f"Bearer {SECRET}") is Verdict.ALLOWED
    assert verdict(WIDE, authorization=f"bearer  {SECRET} ") is Verdict.ALLOWED
    assert verdict(WIDE, authorization=f"Basic {SECRET}") is Verdict.LOGIN
    assert verdict(WIDE, token=SECRET) is Verdict.ADMIT
    assert verdict(WIDE, "POST", token=SECRET) is Verdict.LOGIN
    assert verdict(WIDE, token=SECRET[:-1]) is Verdict.LOGIN


def test_the_cookie_is_not_the_token_and_the_token_no_cookie() -> None:
    assert verdict(WIDE, cookie=WIDE.cookie) is Verdict.ALLOWED
    assert verdict(WIDE, cookie=SECRET) is Verdict.LOGIN
    assert SECRET not in WIDE.cookie + WIDE.csrf
    assert len({WIDE.cookie, WIDE.csrf}) == 2


def test_other_sites_may_link_here_and_nothing_else() -> None:
    for site in ("cross-site", "same-site"):
        assert verdict(LOCAL, sec_fetch_site=site, sec_fetch_mode="navigate") is Verdict.ALLOWED
        assert verdict(LOCAL, sec_fetch_site=site, sec_fetch_mode="no-cors") is Verdict.REFUSED
        for place in ("iframe", "object", "embed"):
            framed = {"sec_fetch_mode": "navigate", "sec_fetch_dest": place}
            assert verdict(LOCAL, sec_fetch_site=site, **framed) is Verdict.REFUSED
        assert (
            verdict(LOCAL, "POST", sec_fetch_site=site, sec_fetch_mode="navigate")
            is Verdict.REFUSED
        )


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8787"),
        *("http://[", "http://[::1]]:8787", "127.0.0.1:8787"),
    ],
)
def test_a_form_of_another_origin_is_refused(origin: str) -> None:
    assert verdict(LOCAL, "POST", origin=origin) is Verdict.REFUSED


def test_a_form_of_our_own_passes() -> None:
    ours = "http://127.0.0.1:8787"
    assert verdict(LOCAL, "POST", origin=ours, sec_fetch_site="same-origin") is Verdict.ALLOWED
    assert (
        verdict(LOCAL, "POST") is Verdict.ALLOWED
    )  # no browser; the CSRF token is asked for anyway


def test_secrets_are_compared_whole() -> None:
    assert LOCAL.is_csrf(LOCAL.csrf)
    assert not LOCAL.is_csrf(LOCAL.csrf[:-1])
    assert not LOCAL.is_csrf("")
    assert LOCAL.is_token(SECRET)
    assert not LOCAL.is_token("\udc80")


@given(st.text(max_size=60))
def test_no_host_breaks_it(text: str) -> None:
    host = host_of(text)
    assert host is None or host
    assert verdict(LOCAL, host=text) in {Verdict.ALLOWED, Verdict.REFUSED, Verdict.LOGIN}
    if verdict(LOCAL, host=text) is Verdict.ALLOWED:
        assert host is not None
        assert is_loopback(host)
