"""Files of people: what is wrong with one is one line, with file and line."""

from pathlib import Path

import pytest

from driftgate.contracts.text_files import text_of, toml_of


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert toml_of(path, text_of(path, 100, ValueError), ValueError) == {"a": 1}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = 1\n" * 20, "a.toml: is over 100 bytes"),
        (b"a = 1\nb = '\xff'\n", "a.toml:2: is not UTF-8"),
        (b"a = 1\nb = \n", "a.toml:2: is no TOML: "),
        (b"a = 1\nb = [1,\n", "a.toml:2: is no TOML: "),
        (b"a = 2026-13-01\n", "a.toml:1: is no TOML: "),
        (b"a = " + b"[" * 90, "a.toml:1: is "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(KeyError, match=told) as caught:
        toml_of(path, text_of(path, 100, KeyError), KeyError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", [Path("no/such/file"), Path("/"), Path("a\0b")])
def test_what_cannot_be_read_is_named(path: Path) -> None:
    with pytest.raises(KeyError, match="cannot be read"):
        text_of(path, 100, KeyError)
