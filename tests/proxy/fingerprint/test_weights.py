"""Digests of model files: by content, remembered until the file changes, never an error."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.fingerprint import weights
from driftgate.proxy.fingerprint.weights import WeightDigests


def model(path: Path, content: bytes) -> str:
    path.write_bytes(b"GGUF" + content)
    return str(path)


def test_equal_files_have_equal_digests_and_others_have_not(tmp_path: Path) -> None:
    digests = WeightDigests()
    one, two, other = (model(tmp_path / name, name[:1].encode()) for name in ("a1", "a2", "b"))
    assert digests.of(one) == digests.of(two)
    assert digests.of(one) != digests.of(other)
    told = digests.of(one)
    assert told is not None
    assert told["method"] == "blake2b-128 of size and all"


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests, path = WeightDigests(), model(tmp_path / "a", b"1")
    before = digests.of(path)
    model(tmp_path / "a", b"2")
    os.utime(path, ns=(1, 1))
    assert digests.of(path) != before
    monkeypatch.setattr(weights, "_digest", lambda *_: pytest.fail("read again"))
    assert digests.of(path) is not None


@pytest.mark.parametrize("place", [0, 1 << 20, 130 << 20])
def test_a_large_file_is_sampled_at_its_ends_and_between(tmp_path: Path, place: int) -> None:
    digests, path = WeightDigests(), tmp_path / "large"
    model(path, b"")
    os.truncate(path, 131 << 20)  # sparse
    before = digests.of(str(path))
    with path.open("r+b") as file:
        file.seek(4 + place)
        file.write(b"x")
    os.utime(path, ns=(1, 1))
    after = digests.of(str(path))
    assert before is not None
    assert after is not None
    assert "samples" in after["method"]
    assert before["digest"] != after["digest"]


def test_what_is_no_readable_model_file_has_no_digest(tmp_path: Path) -> None:
    digests = WeightDigests()
    (tmp_path / "text").write_text("a secret")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "fifo")
    for path in ("text", "empty", "fifo", ".", "none"):
        assert digests.of(str(tmp_path / path)) is None
    assert digests.of("/dev/zero") is None
    assert digests.of("a\0b") is None
    assert digests.of("relative.gguf") is None
