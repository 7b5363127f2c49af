"""A judge model asked about pairs of answers, where a run wants one.

Asked are pairs that differ: the arms against each other, and each arm with itself, since the judge's
own whims must be known too. Its answers are recorded like any call, with the arm `judge` and the
number of the pair as repetition, so that a run that goes on asks about no pair twice.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Recorded
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.request import prepare
from driftgate.replay.case import Case
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.compare.judge import CONTRACT, Judged, Pair, pair, read, request
from driftgate.replay.read_answer import answer_of
from driftgate.replay.run.kept import Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.question import Question, as_recorded
from driftgate.replay.run.recording import Recording
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import Side, side

JUDGE = "judge"  # the arm, as the history has it
CONTRACTS = ContractSet.of([CONTRACT])
_TARGET = "/v1/chat/completions"
_HEADERS = [
    ("Content-Type", "application/json"),
    ("x-driftgate-contract", CONTRACT.name),
]
WAIT_S = 60.0  # for others who have the file open
_SAME = Judged(same=True)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pair that the judge is asked about. number: of the pair in its case, from 1."""

    case: Case
    one: Answer
    other: Answer
    number: int

    @property
    def key(self) -> tuple[str, int]:
        """By what its recorded answer is found again."""
        return self.case.call_id, self.number


class Judging:
    """Asks the judge. Use in one event loop.

    side: its server. sender: records with the arm `judge`.
    """

    def __init__(self, side: Side, sender: Sender, configuration: Configuration, seed: int) -> None:
        self._side, self._sender, self._seed = side, sender, seed
        self._configuration = configuration
        self._room = asyncio.Semaphore(configuration.concurrency)

    async def run(
        self,
        history: Path,
        run: Run,
        cases: Sequence[Case],
        comparer: Comparer,
        *,
        recording: Recording,
        progress: Progress,
    ) -> dict[Pair, Judged]:
        """What it says of each pair; one that it says nothing clear about is left out."""
        asked, found = doubts(cases, comparer)
        with open_history(history, wait_s=WAIT_S, drain=False) as reader:
            known = said_before(reader, run.run_id)
        found |= {pair(d.one, d.other): known[d.key] for d in asked if d.key in known}
        progress.say(f"asking the judge about {len(asked):,} pairs")
        progress.start(len(asked), sum(doubt.key in known for doubt in asked))
        left = [doubt for doubt in asked if doubt.key not in known]
        async with recording.running(), asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ask(doubt, progress)) for doubt in left]
        progress.stop()
        for doubt, task in zip(left, tasks, strict=True):
            said = task.result()
            if said is not None:
                found[pair(doubt.one, doubt.other)] = said
        return found

    async def _ask(self, doubt: Doubt, progress: Progress) -> Judged | None:
        async with self._room:
            question = self._question(doubt)
            tried = await self._sender.answer(question)
        recorded = as_recorded(question, tried)
        said = read(answer_of(recorded, Arm.CANDIDATE, doubt.number, contracts=CONTRACTS))
        progress.answered(JUDGE, tried.failure)
        return said

    def _question(self, doubt: Doubt) -> Question:
        model = self._configuration.model or ""
        body = request(doubt.case.prompt, doubt.one, doubt.other, model=model, seed=self._seed)
        call = Recorded(
            b"",
            0,
            "",
            method="POST",
            target=_TARGET,
            request_headers=_HEADERS,
            request_body=json.dumps(body).encode(),
        )
        target = self._side.target("")
        prepared = prepare(call, target.configuration, earlier=lambda _: None)
        job = Job(doubt.case.call_id, Arm.CANDIDATE, doubt.number)
        return Question(job, call, target, prepared)


def judge_side(configuration: Configuration) -> Side:
    """The judge's server.

    Raises:
        UsageError: the configuration does not say which, or which model.
    """
    if configuration.upstream is None or configuration.model is None:
        missing = "upstream" if configuration.upstream is None else "model"
        raise UsageError(f"--judge: the file names no {missing}; a judge needs upstream and model")
    return side(Arm.CANDIDATE, configuration, {}, {})


def doubts(cases: Sequence[Case], comparer: Comparer) -> tuple[list[Doubt], dict[Pair, Judged]]:
    """The pairs to ask about, and those that need no judge because nothing in them differs."""
    asked: list[Doubt] = []
    same: dict[Pair, Judged] = {}
    for case in cases:
        for number, (one, other) in enumerate(_pairs(case), 1):
            if comparer.compare(one, other).distance > 0:
                asked.append(Doubt(case, one, other, number))
            else:
                same[pair(one, other)] = _SAME
    return asked, same


def _pairs(case: Case) -> Iterator[tuple[Answer, Answer]]:
    answers = [*case.of(Arm.BASELINE), *case.of(Arm.CANDIDATE)]
    return ((one, other) for one, other in combinations(answers, 2) if one.served and other.served)


def said_before(reader: Reader, run_id: str) -> dict[tuple[str, int], Judged]:
    """What the judge of this run has said already, by Doubt.key."""
    rows = reader.ask(
        "SELECT replay_of::VARCHAR, repetition, output_text FROM replays "
        "WHERE run_id = ?::UUID AND arm = 'judge' AND outcome = 'completed' AND status = 200 "
        "ORDER BY started_at",
        [run_id],
    ).rows
    found = {}
    for of, number, text in rows:
        said = read(Answer("", Arm.CANDIDATE, number, text=text or ""))
        if said is not None:
            found[of, number] = said
    return found
