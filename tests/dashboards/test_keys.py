"""The dialog of keys names those that the page's scripts take, and no others."""

import re
from importlib.resources import files

import pytest

FILES = files("driftgate.dashboards")
_COMPARED = re.compile(r"""event\.key [!=]== "([^"]+)"|case "([^"]+)":""")
_LOOKED_UP = re.compile(r"(?:(\w+)|\{([^{}]+)\})\[event\.key\]")
_NAME = re.compile(r"""(?:"([^"]+)"|(\w)): \"""")
_KBD = re.compile(r"<kbd>([^<]+)</kbd>")
_SAID = {"Escape": "Esc"}
_BY_BROWSERS = {"Enter"}  # follows the link that j and k lead to
_MODIFIERS = {"Ctrl", "Shift"}


def handled(script: str) -> set[str]:
    """The keys that a script of ours compares or looks up."""
    text = (FILES / "static" / script).read_text("utf-8")
    keys = {one or other for one, other in _COMPARED.findall(text)}
    for name, inline in _LOOKED_UP.findall(text):
        table = inline or text.partition(f"const {name} = {{")[2].partition("}")[0]
        keys |= {one or other for one, other in _NAME.findall(table)}
    return {_SAID.get(key, key) for key in keys} - _MODIFIERS


def told(template: str) -> set[str]:
    """The keys in the dialog of base.html, or in what a page adds to it."""
    text = (FILES / "templates" / template).read_text("utf-8")
    start = '<dl class="keys">' if template == "base.html" else "{% block keys %}"
    return set(_KBD.findall(text.partition(start)[2].partition("{% endblock %}")[0])) - _MODIFIERS


def test_the_dialog_of_all_pages_names_what_works_on_all() -> None:
    assert told("base.html") - _BY_BROWSERS == handled("app.js")
    assert {"g", "l", "q", "j", "/", "?", "Esc"} <= handled("app.js")


@pytest.mark.parametrize("page", ["live", "call", "sql"])
def test_a_page_adds_the_keys_of_its_own_script(page: str) -> None:
    assert f"/static/{page}.js" in (FILES / "templates" / f"{page}.html").read_text("utf-8")
    assert told(f"{page}.html") == handled(f"{page}.js") != set()


def test_no_other_script_takes_keys_and_no_other_page_names_any() -> None:
    taking = {
        each.name
        for each in (FILES / "static").iterdir()
        if each.name.endswith(".js")
        and ('"keydown"' in (text := each.read_text("utf-8")) or "event.key" in text)
    }
    assert taking == {"app.js", "live.js", "call.js", "sql.js"}
    naming = {
        each.name
        for each in (FILES / "templates").iterdir()
        if each.is_file() and "{% block keys %}" in each.read_text("utf-8")
    }
    assert naming == {"base.html", "live.html", "call.html", "sql.html"}
