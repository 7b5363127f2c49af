"""The dashboard as people use it: a real proxy, real clients, real Chromium."""

import contextlib
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from openai import APIStatusError
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from driftgate.demo.traffic import MODEL, SUCCESSOR, Traffic
from tests.support.backends import Backend, Served
from tests.support.browser import PHONE, WIDE, Visit, chromium, visiting

pytestmark = pytest.mark.timeout(300)
CAPITAL = "What is the capital of Norway?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def proxy(sim: Backend, serve: Callable[..., Served]) -> Served:
    return serve(sim.url)


@pytest.fixture
def traffic(proxy: Served) -> Iterator[Traffic]:
    made = Traffic(proxy.url)
    yield made
    made.close()


@pytest.fixture
def visit(browser: Browser, proxy: Served) -> Iterator[Visit]:
    with visiting(browser, f"{proxy.url}/_driftgate") as made:
        yield made
        assert made.faults == []


def row(page: Page, text: str) -> Locator:
    return page.locator("tr[data-row]", has_text=text)


def live(visit: Visit, path: str = "/") -> Page:
    page = visit.open(path)
    expect(page.locator("#state")).to_have_text("live")
    return page


def test_a_new_user_finds_the_failing_call_sees_why_compares_it_and_shares_a_query(
    visit: Visit, traffic: Traffic
) -> None:
    page = live(visit)
    assert urlsplit(page.url).path == "/_driftgate/live"
    traffic.chat()
    traffic.json_ignored()
    expect(row(page, CAPITAL)).to_have_count(1)
    expect(row(page, "Extract name")).to_have_count(1)

    page.get_by_role("link", name="failing only").click()
    expect(row(page, "Extract name")).to_have_count(1)
    expect(row(page, CAPITAL)).to_have_count(0)
    row(page, "Extract name").get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("fails")
    expect(page.locator("mark").first).to_be_visible()

    page.get_by_role("heading", name="Replay this one").scroll_into_view_if_needed()
    form = page.locator(".replay-form")
    form.get_by_label("Model").fill(SUCCESSOR)
    form.get_by_role("button", name="Replay it").click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible(timeout=30_000)
    expect(page.locator(".answers")).to_contain_text("Sure! Here is the JSON")
    expect(page.locator(".answers")).to_contain_text(SUCCESSOR)

    page.goto(f"{visit.base}/sql")
    page.get_by_label("Query", exact=True).fill(
        "SELECT verdict, count(*) AS calls FROM calls GROUP BY ALL ORDER BY 1"
    )
    page.keyboard.press("Control+Enter")
    result = page.locator("#result table").first
    expect(result).to_contain_text("fail")
    shared = page.url
    assert "GROUP BY ALL" in parse_qs(urlsplit(shared).query)["sql"][0]
    page.goto("about:blank")
    page.goto(shared)
    expect(page.locator("#result table").first).to_contain_text("fail")


@pytest.mark.parametrize("window", [WIDE, PHONE], ids=["wide", "phone"])
def test_question_and_answer_are_read_without_scrolling(
    visit: Visit, traffic: Traffic, window: ViewportSize
) -> None:
    traffic.chat()
    page = live(visit)
    page.set_viewport_size(window)
    for said in (CAPITAL, "It is Oslo."):
        box = page.get_by_text(said).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= window["width"]
    moment = row(page, CAPITAL).locator("time")
    assert (
        moment.inner_text().count("-") == 0
    )  # of today: no date, but on paper and for those who point
    page.emulate_media(media="print")
    assert moment.inner_text().count("-") == 2


def test_live_filters_pauses_and_goes_on(visit: Visit, traffic: Traffic) -> None:
    page = live(visit, f"/live?model={SUCCESSOR.replace(':', '%3A')}")
    traffic.chat()
    traffic.versions()
    expect(row(page, SUCCESSOR)).to_have_count(3)
    expect(row(page, MODEL)).to_have_count(0)

    page = live(visit, "/live")
    page.keyboard.press("p")
    traffic.native()
    expect(page.locator("#state")).to_contain_text("1 waiting")
    expect(row(page, "Good morning!")).to_have_count(0)
    page.keyboard.press("p")
    expect(row(page, "Good morning!")).to_have_count(1)


def test_a_proxy_that_ends_is_said_so_and_found_again(
    visit: Visit, traffic: Traffic, proxy: Served
) -> None:
    page = live(visit)
    traffic.chat()
    expect(row(page, CAPITAL)).to_have_count(1)
    proxy.process.popen.terminate()
    expect(page.locator("#state")).to_contain_text("connection lost")
    visit.faults.clear()  # what the browser says of a connection that is gone


def test_all_of_it_works_by_keyboard(visit: Visit, traffic: Traffic) -> None:
    for scene in (traffic.chat, traffic.native):
        scene()
    page = visit.open("/calls")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr.chosen")).to_contain_text("Good morning!")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/0*")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/overview*")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.goto(f"{visit.base}/calls")
    page.keyboard.press("/")
    page.keyboard.type("Norway")
    page.keyboard.press("Enter")
    expect(row(page, CAPITAL)).to_have_count(1)
    expect(row(page, "Good morning!")).to_have_count(0)


def test_a_theme_that_was_chosen_stays(visit: Visit) -> None:
    page = visit.open("/overview")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert (
        page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark != light
    )


def test_an_error_of_the_backend_says_whose_fault_it_is(visit: Visit, traffic: Traffic) -> None:
    with contextlib.suppress(APIStatusError):
        traffic.error()
    page = visit.open("/calls?status=error")
    page.locator("tr[data-row] a").first.click()
    expect(page.locator("main")).to_contain_text("At fault")
