"""Every page in real Chromium: no fault on its console, no barrier, and hostile texts stay texts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.backends import Start
from tests.support.browser import PHONE, THEMES, chromium, visiting
from tests.support.parts import axe_script
from tests.support.processes import DRIFTGATE
from tests.support.shown import HOSTILE, Shown

pytestmark = pytest.mark.timeout(300)

# name of the screenshot -> path; {…} are calls and runs of the shown history
PAGES = {
    "live": "/live",
    "calls": "/calls",
    "calls-failing": "/calls?verdict=fail",
    "call": "/calls/{tool_end}",
    "call-failing": "/calls/{violating}",
    "call-repaired": "/calls/{repaired}",
    "call-images": "/calls/{images}",
    "call-agent": "/calls/{agent}",
    "call-broken": "/calls/{upstream_reset}",
    "sessions": "/sessions",
    "session": "/sessions/{session}",
    "overview": "/overview?since=7d",
    "contracts": "/contracts",
    "contract": "/contracts/orders",
    "drift": "/drift",
    "run-drifted": "/drift/{drifted}",
    "run-passed": "/drift/{passed}",
    "run-running": "/drift/{running}",
    "sql": "/sql?sql=SELECT%20model,%20count(*)%20AS%20calls%20FROM%20calls%20GROUP%20BY%20ALL",
    "not-found": "/calls/ffffffff",
}

HOSTILE_PAGES = (
    *("/calls/{call}", "/calls?since=7d", "/live", "/sessions", "/overview?since=all"),
    *("/contracts?since=all", "/drift", "/drift/{hostile}"),
)
NOT_THERE = "error: Failed to load resource: the server responded with a status of 404 (Not Found)"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOREIGN = """[...document.querySelectorAll('*')].filter(e =>
  e.matches('iframe, object, embed, base, svg a') ||
  e.tagName === 'SCRIPT' && !e.src.startsWith(location.origin + '/_driftgate/static/') ||
  e.tagName === 'A' && e.hasAttribute('href') && !/^https?:$/.test(e.protocol) ||
  [...e.attributes].some(a => a.name.startsWith('on') || a.name === 'style' && e.closest('.plot') === null)
).map(e => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def base(session_proc: Start, shown: Shown) -> str:
    """The dashboard of a history that no proxy writes."""
    served = session_proc(
        [*DRIFTGATE, "dashboard", "--listen", "127.0.0.1:0", "--history", shown.path]
    )
    return served.wait_for(r"(http://\S+/_driftgate)/")[1]


def path_of(name: str, shown: Shown) -> str:
    return PAGES[name].format_map({**shown.calls, **shown.runs, "session": shown.session})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_faults_and_barriers_in_both_themes_and_on_a_phone(
    browser: Browser, base: str, shown: Shown, name: str
) -> None:
    with visiting(browser, base) as visit:
        page = visit.open(path_of(name, shown))
        page.wait_for_selector("h1")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            visit.screenshot(f"{name}-{theme}")
            assert visit.barriers(axe_script()) == [], theme
        page.set_viewport_size(PHONE)
        visit.screenshot(f"{name}-phone")
        assert page.evaluate(WIDER) <= 0
        assert visit.faults == ([NOT_THERE] if name == "not-found" else [])


@pytest.mark.parametrize("path", HOSTILE_PAGES)
def test_what_strangers_wrote_stays_text(
    browser: Browser, base: str, shown: Shown, path: str
) -> None:
    with visiting(browser, base) as visit:
        for number in range(len(HOSTILE) if "{call}" in path else 1):
            at = path.format_map({**shown.runs, "call": shown[f"hostile_{number}"]})
            visit.open(at).wait_for_selector("h1")
            assert visit.faults == [], at
            assert visit.page.evaluate(FOREIGN) == [], at
