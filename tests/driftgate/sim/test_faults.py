"""The table of faults."""

from driftgate.sim.faults import FAULTS, markdown


def test_the_documents_name_every_fault() -> None:
    lines = markdown().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(FAULTS)
