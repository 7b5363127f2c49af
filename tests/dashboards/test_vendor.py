"""Libraries of others lie here unchanged, with their licences."""

import hashlib

import pytest

from tests.support.processes import ROOT

VENDOR = ROOT / "dashboards" / "static" / "vendor"
HASHES = {
    "htmx.LICENSE": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
    "htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "uplot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
    "uplot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}


@pytest.mark.parametrize("name", HASHES)
def test_a_library_is_as_its_package_has_it(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == HASHES[name]


def test_every_file_is_named_where_its_origin_is_told() -> None:
    told = (VENDOR / "README.md").read_text("utf-8")
    there = {path.name for path in VENDOR.iterdir()} - {"README.md"}
    assert there == set(HASHES)
    assert [name for name in there if name not in told] == []
