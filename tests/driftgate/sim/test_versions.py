"""Names and what they mean."""

from driftgate.sim.versions import FAMILY, VERSIONS, Shelf


def test_versions_have_weights_of_their_own() -> None:
    assert len({v.digest for v in VERSIONS.values()}) == len(VERSIONS) == 3
    assert len({v.path for v in VERSIONS.values()}) == 3


def test_the_familys_name_means_the_loaded_version() -> None:
    shelf = Shelf("gemma4-sim:v2", answer_unknown=False)
    for name in (FAMILY, f"{FAMILY}:latest", None, ""):
        assert shelf.find(name) is VERSIONS["gemma4-sim:v2"]


def test_an_unknown_name_means_the_loaded_version_or_nothing() -> None:
    assert Shelf().find("nobody") is Shelf().loaded
    assert Shelf(answer_unknown=False).find("nobody") is None


def test_a_pulled_name_follows_the_loaded_version() -> None:
    shelf = Shelf(answer_unknown=False)
    shelf.pull("gemma4:12b")
    shelf.loaded = VERSIONS["gemma4-sim:v2"]
    assert shelf.find("gemma4:12b") is shelf.loaded
    assert shelf.named()["gemma4:12b"] is shelf.loaded


def test_pulled_names_are_bounded() -> None:
    shelf = Shelf()
    for number in range(1500):
        shelf.pull(f"m{number}")
    assert len(shelf.pulled) == 1000
