"""Recording into a history that this process reads, too."""

from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.record import Recorded
from tests.support.recorded_calls import Recording
from tests.support.waiting import wait_until_async


async def added(recording: Recording, *calls: Recorded) -> None:
    """Records them as soon as nobody reads, as the historian does."""

    def done() -> bool:
        try:
            recording.add(*calls)
        except HistoryBusyError:
            return False
        return True

    await wait_until_async(done, what="a history that nobody reads")
