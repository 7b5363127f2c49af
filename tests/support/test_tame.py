"""What is wild in a page."""

import pytest

from tests.support.tame import wild


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<script src="//x/y.js"></script>',
        "<p onclick=x>",
        "<img src=x>",
        '<a href="javascript:alert(1)">x</a>',
        '<p style="x">',
    ],
)
def test_markup_that_is_not_ours_is_found(text: str) -> None:
    assert wild(text)


def test_text_and_our_own_links_are_tame() -> None:
    assert wild('<a href="/_driftgate/calls">&lt;script&gt; onclick=x</a><a href="#x">x</a>') == []
