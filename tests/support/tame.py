"""Whether a page holds markup that strangers wrote: what a browser would make of it."""

from html.parser import HTMLParser


class _Wild(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._scripts = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        source = given.get("src") or ""
        if tag in {"img", "iframe", "object", "embed", "style"}:
            self.found.append(f"<{tag}>")
        if tag == "script" and not source.startswith("/_driftgate/static/"):
            self.found.append(f"<script src={source!r}>")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"{name}={value!r}")
            if name in {"href", "action", "hx-get"} and not _inside(value or ""):
                self.found.append(f"{name}={value!r}")


def _inside(link: str) -> bool:
    return link == "" or link.startswith(("/_driftgate/", "#", "?"))


def wild(page: str) -> list[str]:
    """Elements, handlers and links that none of our templates makes; empty: all stayed text."""
    return _Wild(page).found
