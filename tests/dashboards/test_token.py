"""The token's file."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from driftgate.dashboards.token import token
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings


def settings(tmp_path: Path, **dashboard: Any) -> Settings:
    return Settings.model_validate({"history": tmp_path / "h.duckdb", "dashboard": dashboard})


def test_it_is_made_once_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    made = token(settings(tmp_path))
    assert token(settings(tmp_path)) == made
    assert len(made) > 40
    (path,) = (tmp_path / "h.duckdb.journal").glob("*token*")
    assert path.stat().st_mode & 0o777 == 0o600


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: token(settings(tmp_path)), range(4)))
    assert len(made) == 1


def test_one_of_ones_own_is_taken_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("0123456789abcdef\n")
    assert token(settings(tmp_path, token_file=tmp_path / "mine")) == "0123456789abcdef"


@pytest.mark.parametrize(
    "text", ["", "short", "has a blank in it, sadly", "0123456789abcdefä", "a" * 20 + "\nb"]
)
def test_what_is_no_token_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine").write_text(text)
    with pytest.raises(UsageError, match=r"mine holds no token"):
        token(settings(tmp_path, token_file=tmp_path / "mine"))


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the token"):
        token(settings(tmp_path, token_file=tmp_path / "none"))


def test_a_file_that_others_can_read_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("0123456789abcdef\n")
    for mode, told in ((0o600, 0), (0o640, 1), (0o604, 1)):
        mine.chmod(mode)
        caplog.clear()
        token(settings(tmp_path, token_file=mine))
        assert len(caplog.records) == told
