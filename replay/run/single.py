"""One recorded call sent once, outside any run: somebody wants to see what another server answers.

What is sent and what comes is recorded as a replay of the call, of no run: gates and statistics of
live traffic do not see it.
"""

from dataclasses import replace
from uuid import UUID

from driftgate.proxy import admin
from driftgate.proxy.history.reader import Reader
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.contracts import contracts_of
from driftgate.replay.run.historian import Historian
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.run.reading import questions
from driftgate.replay.run.recording import Recording
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import recorded_upstreams, side

ARM = Arm.CANDIDATE
NO_RUN = str(UUID(int=0))
PATIENCE_S = 60.0  # until what was recorded is in the history


def question(
    reader: Reader, call_id: str, configuration: Configuration, name: str, settings: Settings
) -> Question:
    """The call, ready to be sent.

    Args:
        reader: the history.
        call_id: of the recorded call, in full.
        configuration: where it goes, and what is changed in it.
        name: of the server, as it is recorded.
        settings: of the history.

    Raises:
        NotFoundError: there is no such call.
        UsageError: a variable of the environment holds what no header can carry.
    """
    recorded = recorded_upstreams(reader, [call_id], settings, addresses=False)
    made = side(ARM, configuration, recorded, dict[str, Pool]())
    targets = {key: replace(each, name=name) for key, each in made.targets.items()}
    sides = {ARM: replace(made, targets=targets)}
    (asked,) = questions(reader, [Job(call_id, ARM, 1)], sides)
    return asked


async def ask_once(question: Question, settings: Settings) -> Tried:
    """Sends it and records what comes, and why nothing does.

    Raises:
        DiskFullError, JournalError: it cannot be recorded.
        UsageError: the contracts that would judge it cannot be used.
    """
    contracts = contracts_of(question.target.configuration, settings)
    recording = Recording(settings, {ARM.value: contracts})
    try:
        async with recording.running():
            sender = Sender(NO_RUN, recording.of(ARM.value), contracts)
            if isinstance(question.prepared, str):
                return sender.unreplayable(question, question.prepared)
            return await sender.answer(question)
    finally:
        question.target.pool.close()
        recording.close()


def settle(settings: Settings) -> None:
    """Returns when all that was recorded before is in the history, whether a proxy runs or not.

    Raises:
        HistoryError: the history stays out of reach.
    """
    told = admin.ask(admin.socket_path(settings.history, "history"), {"op": "drain"}, PATIENCE_S)
    if told is None or not told.get("drained"):
        with Historian(settings) as historian:
            historian.settle()
