"""The application around the pages: guard, errors, static files, the token's way in."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from driftgate.dashboards import app
from driftgate.dashboards.app import application, make_site
from driftgate.dashboards.render import version
from driftgate.dashboards.site import Asked, Route, Site
from driftgate.dashboards.token import token
from driftgate.proxy.errors import HistoryBusyError, NotFoundError, UsageError
from driftgate.proxy.settings.model import Settings

Client = TestClient[web.Request, web.Application]
WIDE = {"Host": "192.168.1.4:8787"}


async def echo(asked: Asked) -> web.StreamResponse:
    """A page of the test's own."""
    if asked.request.method == "POST":
        return web.Response(text=f"changed {(await asked.form()).get('name')}")
    raise {
        "none": NotFoundError("no call <b>x</b>"),
        "bad": UsageError("that is no model"),
        "busy": HistoryBusyError("held by vim (PID 7)"),
        "fault": ZeroDivisionError("oh"),
    }[asked.match["what"]]


@contextmanager
def also(*routes: Route) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        own = app.routes
        patch.setattr(app, "routes", lambda: [*own(), *routes])
        yield


@asynccontextmanager
async def client(folder: Path, listen: str = "127.0.0.1:0") -> AsyncIterator[tuple[Client, Site]]:
    settings = Settings.model_validate({"history": folder / "h.duckdb", "listen": listen})
    site = make_site(settings)
    with also(Route("GET", "/echo/{what}", echo), Route("POST", "/echo", echo)):
        made = application(site)
    async with TestClient(TestServer(made)) as opened:
        yield opened, site


async def test_every_answer_carries_the_policy(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, _):
        for path in ("/_driftgate/nothing", "/_driftgate/static/app.css", "/_driftgate/echo/fault"):
            answer = await asking.get(path)
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("none", 404, "no call &lt;b&gt;x&lt;/b&gt;"),
        ("bad", 400, "that is no model"),
        ("busy", 503, "held by vim (PID 7)"),
        ("fault", 500, "failed inside driftgate"),
    ],
)
async def test_what_goes_wrong_is_one_clear_page(
    tmp_path: Path, what: str, status: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, logger="driftgate.dashboard"):
        async with client(tmp_path) as (asking, _):
            answer = await asking.get(f"/_driftgate/echo/{what}")
            page = await answer.text()
            assert (answer.status, said in page, "Traceback" in page) == (status, True, False)
            assert answer.headers["cache-control"] == "no-store"
            part = await asking.get(
                f"/_driftgate/echo/{what}", headers={"HX-Request-Type": "partial"}
            )
            assert "<html" not in await part.text()


async def test_what_changes_something_needs_the_form_of_our_page(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, site):
        csrf = site.guard.csrf
        refused = await asking.post("/_driftgate/echo", data={"name": "a", "csrf": "wrong"})
        assert (refused.status, "out of date" in await refused.text()) == (403, True)
        by_field = await asking.post("/_driftgate/echo", data={"name": "a", "csrf": csrf})
        assert await by_field.text() == "changed a"
        by_header = await asking.post(
            "/_driftgate/echo", data={"name": "b"}, headers={"x-csrf": csrf}
        )
        assert await by_header.text() == "changed b"
        foreign = {"Origin": "http://evil.example"}
        crossing = await asking.post("/_driftgate/echo", data={"csrf": csrf}, headers=foreign)
        assert crossing.status == 403


async def test_a_page_may_be_asked_for_its_head_alone(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, _):
        for path, status in (("/metrics", 200), ("/_driftgate/echo/bad", 400)):
            head, whole = await asking.head(path), await asking.get(path)
            assert (path, head.status, await head.read()) == (path, status, b"")
            assert head.content_type == whole.content_type
        endless = await asking.head("/_driftgate/live/events")
        assert (endless.status, endless.headers["allow"]) == (405, "GET")


async def test_a_method_that_a_page_does_not_have_is_named_as_such(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, _):
        for method in ("OPTIONS", "PUT", "DELETE"):
            for path, allowed in (("/metrics", "GET,HEAD"), ("/_driftgate/echo", "POST")):
                answer = await asking.request(method, path)
                assert (answer.status, answer.headers["allow"]) == (405, allowed)
                assert "method not allowed" in await answer.text()
        assert (await asking.post("/_driftgate/nothing")).status == 404


async def test_a_refusal_tells_a_stranger_nothing(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, site):
        answer = await asking.get("/_driftgate/echo/none", headers={"Host": "evil.example"})
        said = await answer.text()
        assert answer.status == 403
        assert answer.content_type == "text/plain"
        assert site.guard.csrf not in said


async def test_who_is_not_let_in_sees_nothing_of_the_site(tmp_path: Path) -> None:
    async with client(tmp_path, "0.0.0.0:0") as (asking, site):
        known = {**WIDE, "Cookie": f"{site.guard.cookie_name}={site.guard.cookie}"}
        assert (
            site.guard.csrf
            in await (await asking.get("/_driftgate/echo/bad", headers=known)).text()
        )
        answers = [
            await asking.get("/_driftgate/echo/bad", headers=WIDE),
            await asking.get("/_driftgate/login", headers=WIDE),
            await asking.get("/_driftgate/static/none.css", headers=WIDE),
            await asking.post("/_driftgate/login", headers=WIDE, data={"token": "no"}),
            await asking.post("/_driftgate/login", headers=WIDE, data={"a": "a" * (1 << 21)}),
        ]
        assert [answer.status for answer in answers] == [401, 405, 404, 401, 413]
        for answer in answers:
            page = await answer.text()
            assert "<html" in page
            assert site.guard.csrf not in page
            assert site.history.name not in page


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-encoding": "gzip"}, b"no gzip"),
        ({"content-type": "multipart/form-data"}, b"a"),
        ({"content-type": "application/x-www-form-urlencoded; charset=nope"}, b"a=b"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"\xff\xfe=%ff"),
    ],
)
async def test_a_broken_form_is_its_senders_fault(
    tmp_path: Path, headers: dict[str, str], body: bytes
) -> None:
    told = {"content-type": "application/x-www-form-urlencoded", **headers}
    async with client(tmp_path) as (asking, _):
        answer = await asking.post("/_driftgate/echo", headers=told, data=body)
        assert answer.status in {400, 403}


async def test_beyond_this_machine_the_token_is_typed_once(tmp_path: Path) -> None:
    async with client(tmp_path, "0.0.0.0:0") as (asking, site):
        asked = await asking.get("/_driftgate/echo/none", headers=WIDE)
        assert (asked.status, "A token is needed" in await asked.text()) == (401, True)
        wrong = await asking.post("/_driftgate/login", data={"token": "no"}, headers=WIDE)
        assert (wrong.status, "not right" in await wrong.text()) == (401, True)
        fields = {"token": token(site.settings), "there": "/_driftgate/echo/bad"}
        right = await asking.post(
            "/_driftgate/login", data=fields, headers=WIDE, allow_redirects=False
        )
        assert (right.status, right.headers["location"]) == (303, "/_driftgate/echo/bad")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/_driftgate" in cookie  # what browsers send to models must not have it
        assert token(site.settings) not in cookie
        known = {**WIDE, "Cookie": cookie.split(";")[0]}
        assert (await asking.get("/_driftgate/echo/bad", headers=known)).status == 400


async def test_a_contract_by_the_name_of_metrics_has_a_page_as_others(tmp_path: Path) -> None:
    async with client(tmp_path, "0.0.0.0:0") as (asking, _):
        answer = await asking.get("/_driftgate/contracts/metrics", headers=WIDE)
        assert (answer.status, answer.content_type) == (401, "text/html")


@pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", False)])
async def test_behind_https_the_cookie_goes_nowhere_else(
    tmp_path: Path, proto: str, secure: bool
) -> None:
    async with client(tmp_path) as (asking, site):
        relayed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": proto}
        known = {"token": token(site.settings)}
        link = await asking.get(
            "/_driftgate/calls", params=known, headers=relayed, allow_redirects=False
        )
        typed = await asking.post(
            "/_driftgate/login", data=known, headers=relayed, allow_redirects=False
        )
        for answer in (link, typed):
            assert (answer.status, "Secure" in answer.headers["set-cookie"]) == (303, secure)


async def test_two_dashboards_of_one_host_do_not_end_each_other_s_stay(tmp_path: Path) -> None:
    jar = ""  # as a browser has it, which keeps cookies of all ports of a host in one
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        async with client(folder, "0.0.0.0:0") as (asking, site):
            known = {"token": token(site.settings)}
            link = await asking.get(
                "/_driftgate/calls", params=known, headers=WIDE, allow_redirects=False
            )
            jar += link.headers["set-cookie"].split(";")[0] + "; "
    for folder in folders:
        async with client(folder, "0.0.0.0:0") as (asking, _):
            answer = await asking.get("/_driftgate/echo/bad", headers={**WIDE, "Cookie": jar})
            assert answer.status == 400
    assert len({pair.partition("=")[0] for pair in jar.split("; ")[:2]}) == 2


async def test_metrics_take_the_token_each_time(tmp_path: Path) -> None:
    async with client(tmp_path, "0.0.0.0:0") as (asking, site):
        refused = await asking.get("/metrics", headers=WIDE)
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        known = {"token": token(site.settings)}
        for path in ("/metrics", "/_driftgate/metrics"):
            answer = await asking.get(path, params=known, headers=WIDE, allow_redirects=False)
            assert (path, answer.status, answer.cookies) == (path, 200, {})
        bearer = {**WIDE, "Authorization": f"Bearer {token(site.settings)}"}
        assert (await asking.get("/metrics", headers=bearer)).status == 200


async def test_a_link_with_the_token_leaves_none_in_the_address(tmp_path: Path) -> None:
    async with client(tmp_path, "0.0.0.0:0") as (asking, site):
        answer = await asking.get(
            "/_driftgate/calls",
            params={"token": token(site.settings), "model": "a b"},
            headers=WIDE,
            allow_redirects=False,
        )
        assert (answer.status, answer.headers["location"]) == (303, "/_driftgate/calls?model=a+b")
        for path in ("/evil.example", "/%5Cevil.example", "/_driftgate%0d%0aa:b"):
            asking.session.cookie_jar.clear()
            leading = URL(f"{path}?token={token(site.settings)}", encoded=True)
            astray = await asking.get(leading, headers=WIDE, allow_redirects=False)
            assert (path, astray.headers.get("location")) == (path, "/_driftgate/")


async def test_it_takes_what_the_proxy_lets_through(tmp_path: Path) -> None:
    made = app.runner(make_site(Settings(history=tmp_path / "h.duckdb")))
    await made.setup()
    socket = tmp_path / "s"
    await web.UnixSite(made, socket).start()
    async with ClientSession(connector=UnixConnector(os.fspath(socket))) as asking:
        many = {f"x-{number}": "y" for number in range(1000)}
        path = f"http://localhost/_driftgate/none?{'a' * 60_000}"
        async with asking.get(path, headers={**many, "x": "y" * 60_000}) as answer:
            assert answer.status == 404
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    await made.cleanup()


async def test_static_files_are_ours_alone_and_may_be_kept_by_their_version(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, _):
        sheet = await asking.get("/_driftgate/static/app.css")
        assert (sheet.content_type, sheet.headers["cache-control"]) == ("text/css", "no-cache")
        named = await asking.get("/_driftgate/static/app.css", params={"v": version()})
        assert named.headers["cache-control"] == "max-age=604800"
        for path in ("%2e%2e/app.py", "vendor/README.md", "vendor", "none.css", "..%2fapp.py"):
            assert (await asking.get(f"/_driftgate/static/{path}")).status == 404


async def test_the_bare_address_leads_to_the_pages(tmp_path: Path) -> None:
    async with client(tmp_path) as (asking, _):
        for path in ("/", "/_driftgate"):
            answer = await asking.get(path, allow_redirects=False)
            assert answer.headers["location"] == "/_driftgate/"


def test_each_page_has_its_address_once() -> None:
    found = [(route.method, route.path) for route in app.routes()]
    assert len(found) == len(set(found))
