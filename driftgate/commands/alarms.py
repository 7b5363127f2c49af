"""What people must hear first of what runs: calls are lost, or contracts are not what they wrote."""

from collections.abc import Iterator

from driftgate.proxy.harmless import one_line
from driftgate.proxy.running import Running


def alarms(found: Running) -> Iterator[str]:
    """A line each, harmless, with what is wrong in capitals."""
    if unrecorded := found.total("unrecorded"):
        yield f"{unrecorded} CALLS PASSED UNRECORDED: the journal could not be written"
    full = [worker for worker in found.workers.values() if worker.get("disk_full")]
    if full:
        why = one_line(str(full[0].get("disk_full_why") or "free some space near the journal"))
        yield f"THE DISK IS FULL: {why}"
    for why in _bad(found):
        yield f"THE CONTRACTS IN FORCE ARE OLD: {one_line(why)}"


def _bad(found: Running) -> list[str]:
    """What is wrong with the files of contracts, as the workers found it."""
    said = [worker.get("contracts_bad") for worker in found.workers.values()]
    return sorted({str(each) for each in said if each})
