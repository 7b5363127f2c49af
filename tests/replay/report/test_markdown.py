"""A report as GitHub-flavoured Markdown, read back with a CommonMark parser (rich's)."""

import html
import re
from collections import Counter

from hypothesis import given, settings
from rich.markdown import Markdown

from driftgate.replay.report.markdown import escaped, fence
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.report import Format, render
from tests.replay.report.made import HOSTILE, hostile, poisoned, report, worst

OURS = re.compile(r"</?details( open)?>|</?summary>|<!-- -->")


def tokens(text: str) -> Counter[str]:
    """How often each kind of element occurs."""
    kinds: Counter[str] = Counter()
    for block in Markdown(text).parsed:
        kinds[block.type] += 1
        kinds.update(each.type for each in block.children or ())
    return kinds


def strange(text: str) -> list[str]:
    """HTML in the page that is not ours."""
    found = []
    for block in Markdown(text).parsed:
        for each in (block, *(block.children or ())):
            if each.type in {"html_block", "html_inline"}:
                found += re.findall(r"<[^>]*>", OURS.sub("", each.content))
    return found


def test_it_has_the_verdict_a_table_folded_details_and_diffs() -> None:
    text = render(report(), Format.MARKDOWN)
    assert text.startswith("## \u274c driftgate: Drift\n\n**contract pass rate fell by 5.6 points")
    assert (
        "| contract pass | 97.3 % | 91.7 % | -5.6 points | -8.3 to -2.9 points | 2 points |" in text
    )
    assert text.count("<details") == text.count("</details>") == 6
    assert '```diff\n  {\n-   "mood": "good",\n+   "mood": "bad",\n' in text
    assert tokens(text)["table_open"] == 6


def test_text_without_markup_stays_readable_in_the_source() -> None:
    told = "contract=summarize fell by 5.6 points (21 worse, 4 better): see tool_names."
    assert escaped(told) == told
    assert escaped("a|b `c` <d> @e #1") == (
        "a&#124;b &#96;c&#96; &#60;d&#62; &#64;<!-- -->e &#35;<!-- -->1"
    )


@given(hostile)
def test_escaped_text_reads_as_just_that_text(text: str) -> None:
    (_, inline, _) = Markdown(f"x {escaped(text)} x").parsed
    kinds = {each.type for each in inline.children or ()}
    assert kinds <= {"text", "html_inline", "text_special"}
    said = "".join(each.content for each in inline.children or () if each.type != "html_inline")
    assert said.split() == f"x {html.unescape(one_line(html.escape(text)))} x".split()


@given(hostile)
def test_no_line_ends_the_fence_it_stands_in(text: str) -> None:
    lines = [f" {each}" for each in text.split("\n")]
    page = "\n".join([*fence(lines, "diff"), "after"])
    assert [each.type for each in Markdown(page).parsed] == [
        *("fence", "paragraph_open", "inline", "paragraph_close")
    ]


@given(hostile)
@settings(max_examples=30)
def test_hostile_text_adds_no_element_to_the_page(text: str) -> None:
    page = render(poisoned(text), Format.MARKDOWN)
    found, plain = tokens(page), tokens(render(poisoned("plain"), Format.MARKDOWN))
    assert strange(page) == []
    for kind in ("fence", "table_open", "heading_open", "blockquote_open", "bullet_list_open"):
        assert found[kind] <= plain[kind], kind
    for kind in ("link_open", "image", "code_inline", "code_block", "em_open", "s_open", "hr"):
        assert found[kind] == 0, kind


def test_texts_that_are_known_to_bite_add_no_element_either() -> None:
    for text in HOSTILE:
        assert strange(render(poisoned(text), Format.MARKDOWN)) == []


def test_a_megabyte_of_text_stays_far_below_what_github_takes() -> None:
    huge = {"baseline": "a `b` " * 170_000, "candidate": "<b>\n" * 250_000}
    page = render(report(pairs=[worst(each, shown=huge) for each in range(8)]), Format.MARKDOWN)
    assert len(page.encode()) < 300_000
