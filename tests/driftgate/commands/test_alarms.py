"""What is told before all else."""

from driftgate.commands.alarms import alarms
from driftgate.proxy.running import Running


def test_all_is_well_without_a_word() -> None:
    assert list(alarms(Running({}, {"w1": {"unrecorded": 0, "disk_full": False}}))) == []


def test_each_alarm_is_one_harmless_line_over_all_workers() -> None:
    full = {"unrecorded": 2, "disk_full": True, "disk_full_why": "1 MB\x1b[2J left"}
    old = {"unrecorded": 1, "contracts_bad": "a.toml:\n 1"}
    assert list(alarms(Running({}, {"w1": full, "w2": old, "w3": old}))) == [
        "4 CALLS PASSED UNRECORDED: the journal could not be written",
        r"THE DISK IS FULL: 1 MB\x1b[2J left",
        "THE CONTRACTS IN FORCE ARE OLD: a.toml: 1",
    ]
