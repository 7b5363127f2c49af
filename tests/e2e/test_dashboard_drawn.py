"""What a page looks like once it is drawn, in real Chromium: charts, narrow windows, paper."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.support.backends import Start
from tests.support.browser import PHONE, WIDE, chromium, visiting
from tests.support.processes import DRIFTGATE
from tests.support.shown import Shown

pytestmark = pytest.mark.timeout(300)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BEYOND = "each => each.parentElement.scrollWidth - each.parentElement.clientWidth"
PAPER = ViewportSize(width=718, height=1000)  # A4 without the margins that Chromium leaves
INK = """plot => {
  const canvas = plot.querySelector('canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue('--c1').match(/[0-9a-f]{2}/g)
    .map(each => parseInt(each, 16));
  let ink = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255) ink++;
  }
  return ink;
}"""
LISTENING_TO_LABELS = """
window.labels = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  window.labels.push(text); return write.call(this, text, ...rest);
};"""


@pytest.fixture(scope="module")
def base(session_proc: Start, shown: Shown) -> str:
    served = session_proc(
        [*DRIFTGATE, "dashboard", "--listen", "127.0.0.1:0", "--history", shown.path]
    )
    return served.wait_for(r"(http://\S+/_driftgate)/")[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    with visiting(browser, base) as visit:
        yield visit.page
        assert visit.faults == []


def test_a_number_alone_between_gaps_is_drawn(page: Page, base: str) -> None:
    page.goto(f"{base}/contracts/orders")
    chart = page.locator("figure.chart", has_text="Answers that kept it, by model")
    expect(chart.locator("canvas")).to_be_visible()
    assert chart.locator(".plot").evaluate(INK) > 0


def test_the_axis_of_a_stream_of_less_than_a_second_has_its_numbers(
    page: Page, base: str, shown: Shown
) -> None:
    page.add_init_script(LISTENING_TO_LABELS)
    page.goto(f"{base}/calls/{shown['turn_0_0']}")
    expect(page.locator(".rates canvas").first).to_be_visible()
    labels = [each for each in page.evaluate("window.labels") if each.startswith("0.0")]
    assert labels
    assert not [one for one, next_ in pairwise(labels) if one == next_]


def test_millions_on_an_axis_are_not_rounded_to_whole_ones(page: Page, base: str) -> None:
    page.add_init_script(LISTENING_TO_LABELS)
    page.goto(
        f"{base}/sql?show=line&sql=SELECT%20range%20AS%20x%2C%20range*1500000%20AS%20y%20FROM%20range(2)"
    )
    expect(page.locator("figure.chart canvas")).to_be_visible()
    labels = page.evaluate("window.labels")
    assert "1.5M" in labels
    assert "2M" not in labels


def test_on_a_phone_the_speed_stands_apart_from_the_tokens(page: Page, base: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{base}/calls?session=tidying")
    cell = page.locator("td.number[data-name=tokens]").first
    speed = cell.locator(".below")
    assert cell.inner_text().endswith(f" {speed.inner_text()}")
    assert speed.evaluate("each => parseFloat(getComputedStyle(each).marginLeft)") > 2


def test_a_word_without_an_end_makes_no_page_wider(page: Page, base: str, shown: Shown) -> None:
    page.goto(f"{base}/calls/{shown['long']}")
    assert page.evaluate(WIDER) <= 0


def test_copying_works_where_the_browser_has_no_clipboard(
    page: Page, base: str, shown: Shown
) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{base}/calls/{shown['chat_plain']}")
    button = page.get_by_role("button", name="Copy").first
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(1)
    expect(button).to_have_text("Copy")
    page.goto(f"{base}/calls")
    page.get_by_label("Model", exact=True).focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_label("Model", exact=True)).to_have_value(
        f"driftgate show {shown['chat_plain']}"
    )


def test_on_a_phone_a_row_shows_all_its_columns(page: Page, base: str, shown: Shown) -> None:
    page.set_viewport_size(PHONE)
    for path, said in (
        ("/drift", "passes 75 points less often"),
        ("/sessions", "How is the weather in Oslo?"),
        (f"/sessions/{shown.session}", '"old.txt"'),
        (f"/calls/{shown['dropped']}", "at most 5 tokens were asked for"),
        (f"/calls/{shown['agent']}", "exit 0"),
        ("/contracts", "the id 'call_w' was used by an earlier call"),
    ):
        page.goto(base + path)
        cell = page.locator("table.cards td", has_text=said).first
        box = cell.bounding_box()
        assert box is not None, path
        assert box["x"] >= 0, path
        assert box["x"] + box["width"] <= PHONE["width"], path
        assert page.evaluate(WIDER) <= 0, path
    page.goto(f"{base}/sessions/{shown.session}")
    number = page.locator("table.cards td.number").nth(1)
    assert number.get_attribute("data-name") == "in"


def test_on_a_phone_figures_and_effects_of_a_run_need_no_scrolling(
    page: Page, base: str, shown: Shown
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{base}/drift/{shown.runs['drifted']}")
    effects = page.locator("figure.forest:visible svg")
    expect(effects.first).to_be_visible()
    for each in (*effects.all(), *page.locator("table.figures:visible").all()):
        assert each.evaluate(BEYOND) <= 0
    tall = "each => each.querySelector('text').getBoundingClientRect().height"
    assert effects.first.evaluate(tall) > 10
    number = page.locator("table.figures td.number").first
    assert number.get_attribute("data-name") == "baseline"
    page.set_viewport_size(WIDE)
    expect(effects).to_have_count(page.locator("figure.forest.wide").count())
    expect(page.locator("figure.forest.narrow:visible")).to_have_count(0)


def test_on_paper_long_panels_break_and_what_nobody_can_press_is_gone(
    page: Page, base: str, shown: Shown
) -> None:
    page.emulate_media(media="print")
    page.goto(f"{base}/drift/{shown.runs['drifted']}")
    assert page.locator(".panel").nth(1).evaluate("each => getComputedStyle(each).breakInside") == (
        "auto"
    )
    page.goto(f"{base}/calls?verdict=fail")
    expect(page.locator(".chip").first).to_be_attached()
    expect(page.locator(".chip:not(.on):visible")).to_have_count(0)
    page.goto(f"{base}/contracts")
    expect(page.locator("figure.chart canvas").first).to_be_visible()
    expect(page.get_by_text("As a table").first).to_be_hidden()


def test_a_query_that_takes_long_says_that_it_runs(page: Page, base: str) -> None:
    page.goto(f"{base}/sql")
    held: list[Route] = []
    page.route("**/sql/result", lambda asked: held.append(asked))  # noqa: PLW0108 - Playwright marks what it is given
    running = page.get_by_text("It runs; at most 10 s")
    expect(running).to_be_hidden()
    page.get_by_label("Query", exact=True).fill("SELECT 1 AS one")
    page.keyboard.press("Control+Enter")
    expect(running).to_be_visible()
    held.pop().continue_()
    expect(page.locator("#result table")).to_contain_text("one")
    expect(running).to_be_hidden()


def test_a_long_line_of_a_query_is_read_whole(page: Page, base: str) -> None:
    page.goto(f"{base}/sql")
    editor = page.get_by_label("Query", exact=True)
    editor.fill("SELECT " + ", ".join(f"{number} AS column_{number}" for number in range(60)))
    assert editor.evaluate("each => each.scrollWidth - each.clientWidth") <= 0


def test_on_paper_no_column_of_a_runs_figures_is_cut_off(
    page: Page, base: str, shown: Shown
) -> None:
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    page.goto(f"{base}/drift/{shown.runs['drifted']}")
    for each in page.locator("table.figures:visible").all():
        assert each.evaluate(BEYOND) <= 0


def test_on_paper_the_query_stands_above_its_answer(page: Page, base: str) -> None:
    page.goto(f"{base}/sql?sql=SELECT%2042%20AS%20answer")
    query = page.locator("#result pre", has_text="SELECT 42 AS answer")
    expect(query).to_be_hidden()
    page.emulate_media(media="print")
    expect(query).to_be_visible()
    expect(page.locator("#sql")).to_be_hidden()


def test_a_query_is_saved_with_the_chart_that_is_chosen(page: Page, base: str) -> None:
    page.goto(f"{base}/sql?sql=SELECT%201%20AS%20x%2C%202%20AS%20y")
    page.get_by_label("Show as").select_option("points")
    expect(page.locator("figure.chart canvas")).to_be_visible()
    page.get_by_label("Save this query as").fill("of points")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{base}/sql?saved=of%20points")
    expect(page.get_by_label("Show as")).to_have_value("points")


def test_what_keys_do_stands_in_one_column(page: Page, base: str) -> None:
    page.goto(f"{base}/live")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    lefts = page.locator("dl.keys dd").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 1


def test_what_is_unfolded_for_paper_is_folded_again(page: Page, base: str, shown: Shown) -> None:
    page.goto(f"{base}/calls/{shown['agent']}")
    folded = page.locator(".talk details:not([open])")
    before = folded.count()
    assert before > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(folded).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(folded).to_have_count(before)
