"""Texts of strangers: bounded, and without secrets, also where they are cut."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.cleaned import INNER_LIMIT, OBJECT_LIMIT, TEXT_LIMIT, Cleaner
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings


def cleaner(authorization: str | None = None, **rules: Any) -> Callable[..., list[Any]]:
    return numbered(Cleaner(Redactor(b"k" * 32, RedactSettings(**rules)), authorization))


def numbered(clean: Cleaner) -> Callable[..., list[Any]]:
    return lambda *values: clean(**{f"value{n}": value for n, value in enumerate(values)})


texts = st.text(st.characters(codec=None), max_size=9)
leaves = st.none() | st.booleans() | st.integers(-9, 9) | texts


@given(st.lists(texts | st.lists(leaves) | st.dictionaries(texts, leaves)))
def test_what_is_small_stays_as_it_is(values: list[Any]) -> None:
    assert cleaner()(*values) == values


def test_everything_has_its_bounds() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    text, inner, many, nested, numbers = cleaner()(
        "x" * 10**6,
        ["x" * 10**6],
        {str(n): "x" * 100 for n in range(10**5)},
        deep,
        [10**400, float("nan"), 1.5, 2**63],
    )
    assert (len(text), len(inner[0])) == (TEXT_LIMIT, INNER_LIMIT)
    assert len(str(many)) < 2 * OBJECT_LIMIT
    assert len(str(nested)) < 40
    assert numbers == [None, None, 1.5, None]


def test_a_secret_across_the_cut_is_found() -> None:
    clean = cleaner("Bearer sk-client-secret", patterns=["pw-[0-9]+"])
    for secret in ("sk-client-secret", "pw-1234567890"):
        text, [inner] = clean("x" * (TEXT_LIMIT - 5) + secret, ["x" * (INNER_LIMIT - 5) + secret])
        assert text.endswith("xredac")
        assert inner.endswith("xredac")


def test_the_same_secret_is_masked_alike_everywhere() -> None:
    redactor = Redactor(b"k" * 32, RedactSettings())
    clean = numbered(Cleaner(redactor, "Bearer sk-client-secret"))
    [(_, header)] = redactor.headers([(b"authorization", b"Bearer sk-client-secret")])
    assert clean("sk-client-secret", {"sk-client-secret": 1}) == [
        header.decode().removeprefix("Bearer "),
        {header.decode().removeprefix("Bearer "): 1},
    ]


def test_a_short_authorization_is_no_secret_to_be_looked_for() -> None:
    assert cleaner("Bearer a")("a bear") == ["a bear"]


def test_rules_that_take_all_leave_nothing() -> None:
    text, items, known = cleaner(json_paths=["$.*"])("a", ["b"], {"c": "d"})
    assert text.startswith("redacted:")
    assert (items, known) == ([], {})


def test_a_rule_names_a_column_and_what_lies_in_the_data() -> None:
    rules = RedactSettings(json_paths=["$.text", "$..cmd"])
    clean = Cleaner(Redactor(b"k" * 32, rules))
    title, text, data = clean(title="ls", text="a.py", data={"action": {"cmd": "ls", "id": 1}})
    assert title == "ls"
    assert text.startswith("redacted:")
    assert data["action"]["cmd"].startswith("redacted:")
    assert data["action"]["id"] == 1


def test_half_a_character_is_no_error_where_rules_apply() -> None:
    assert cleaner(patterns=["pw"])("a\ud800pw\x00") != ["a\ud800pw\x00"]
