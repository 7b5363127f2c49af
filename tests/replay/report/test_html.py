"""A report as one HTML file."""

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

from hypothesis import given, settings

from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.report.report import Format, Report, render
from tests.replay.report.made import HOSTILE, health, hostile, poisoned, report, worst

VOID = {"meta", "br", "img", "link", "input", "hr"}
SVG_VOID = {"line", "rect", "path"}


class Page(HTMLParser):
    """What a browser finds: elements, attributes, text; fails where the nesting is wrong."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes[name] += 1
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src"}:
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.said.append(data)


def page(made: Report) -> tuple[str, Page]:
    text = render(made, Format.HTML)
    return text, Page(text)


def test_it_is_one_well_formed_file_without_scripts_or_anything_from_elsewhere() -> None:
    text, read = page(report())
    assert text.startswith("<!doctype html>\n")
    assert read.open == []
    assert {"script", "img", "link", "iframe", "form", "object"}.isdisjoint(read.tags)
    assert all(link.startswith("#") for link in read.links)
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert not [name for name in read.attributes if name.startswith("on") or name == "style"]
    assert "url(" not in text
    assert "@import" not in text


def test_its_policy_allows_its_one_style_and_nothing_else() -> None:
    text, _ = page(report())
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert (
        f'content="default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;; '
        'base-uri &#39;none&#39;; form-action &#39;none&#39;"'
    ) in text
    assert text.count("<style") == 1


def test_it_holds_the_verdict_the_figures_the_plots_and_the_diffs() -> None:
    text, read = page(report())
    assert '<span class="badge drift">Drift</span>' in text
    assert "<td>97.3 %</td><td>91.7 %</td><td>\u22125.6 points</td>" in text
    assert read.tags["svg"] == 5  # two forests, one of slices, two distributions
    assert read.tags["title"] == 6
    assert '<td class="out">  &#34;mood&#34;: &#34;<mark>good</mark>&#34;,</td>' in text
    assert "not measure whole trajectories" in " ".join(read.said)
    assert "Q4_K_M" in text


def test_a_gate_that_could_not_check_says_why_and_draws_nothing() -> None:
    made = report(
        verdict=GateVerdict.COULD_NOT_CHECK,
        findings=[],
        slices=[],
        pairs=[],
        samples={},
        health=health(problems=["the candidate refused every connection"]),
    )
    text, read = page(made)
    assert "the candidate refused every connection" in text
    assert read.tags["svg"] == 0
    assert "#distributions" not in read.links
    assert {link[1:] for link in read.links} <= set(read.ids)


def shape(read: Page) -> tuple[dict[str, int], dict[str, int]]:
    """Elements and attributes; how many differ by what is folded, cut or drawn, not by markup."""
    free = {"tr", "td", "mark", "span", "th", "line", "text", "path", "rect", "div", "details"}
    tags = {name: count for name, count in read.tags.items() if name not in free | {"summary"}}
    return tags, dict.fromkeys(read.attributes, 0)


PLAIN = shape(page(poisoned("plain text"))[1])


@given(hostile)
@settings(max_examples=30)
def test_hostile_text_adds_no_element_and_no_attribute(text: str) -> None:
    told, read = page(poisoned(text))
    assert read.open == []
    tags, attributes = shape(read)
    assert set(tags) <= set(PLAIN[0])
    assert all(count <= PLAIN[0][name] for name, count in tags.items())
    assert set(attributes) <= set(PLAIN[1])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", told)


def test_every_text_that_is_known_to_bite_is_only_text() -> None:
    for text in HOSTILE:
        _, read = page(poisoned(text))
        assert {"script", "img", "br"}.isdisjoint(read.tags)


def test_megabytes_of_text_make_no_huge_page() -> None:
    huge = {"baseline": "a b " * 250_000, "candidate": "<b>\n" * 250_000}
    text, read = page(report(pairs=[worst(each, shown=huge) for each in range(8)]))
    assert read.open == []
    assert len(text) < 1_500_000
