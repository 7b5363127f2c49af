"""Answers read as they come, where something depends on them at once: a budget of tokens, or a watch.

Reading and judging an answer costs about as much as sending it, and the history does it anyway: so a
run that has neither listens to nothing.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.call import text_id
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.read_answer import answer_of
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question, Tried, as_recorded
from driftgate.replay.select.selected import Selected


class Watching(Protocol):
    """What may end a run early; see `driftgate.replay.decide.early.Watch`."""

    def add(self, case: Case) -> None:
        """A case has all its answers."""

    def why(self) -> str | None:
        """Why the run may stop; None: go on."""


class Listening:
    """Hears each answer of a run, and gives the watch whole cases in the order of the selection.

    In that order the calls of a session are together, and the watch sees the same cases however
    answers overtake each other.

    contracts: by arm. chosen: what was selected, by call id. k: answers of each arm to each call.
    """

    def __init__(
        self,
        contracts: Mapping[Arm, ContractSet],
        chosen: Mapping[str, Selected],
        k: int,
        *,
        budget: Budget,
        watch: Watching | None = None,
    ) -> None:
        self._contracts, self._chosen, self._k = contracts, chosen, k
        self._budget, self._watch = budget, watch
        self._answers: dict[str, list[Answer]] = {}
        self._whole_cases: dict[str, Case] = {}
        self._order = deque(chosen)

    @property
    def needed(self) -> bool:
        """Whether anything depends on the answers now."""
        return self._watch is not None or self._budget.tokens is not None

    def recall(self, cases: Iterable[Case], done: Collection[Job]) -> None:
        """What came in an earlier sitting of the run. done: the jobs that are not asked again."""
        if self._watch is None:
            return
        for case in cases:
            answers = [
                answer
                for arm in self._contracts
                for answer in case.of(arm)
                if Job(case.call_id, arm, answer.repetition) in done
            ]
            if len(answers) == self._whole:
                self._whole_cases[case.call_id] = case
            elif answers:
                self._answers[case.call_id] = answers
        self._pass_on(self._watch)

    def heard(self, question: Question, tried: Tried) -> str | None:
        """Takes an answer; gives why the run may stop."""
        if not self.needed:
            return None
        answer = self._answer(question, tried)
        self._budget.note((answer.input_tokens or 0) + (answer.output_tokens or 0))
        if self._watch is None:
            return None
        call_id = question.job.call_id
        answers = self._answers.setdefault(call_id, [])
        answers.append(answer)
        if len(answers) < self._whole:
            return None
        self._whole_cases[call_id] = self._case(question, self._answers.pop(call_id))
        self._pass_on(self._watch)
        return self._watch.why()

    def _pass_on(self, watch: Watching) -> None:
        while self._order and (case := self._whole_cases.pop(self._order[0], None)):
            self._order.popleft()
            watch.add(case)

    @property
    def _whole(self) -> int:
        return self._k * len(self._contracts)

    def _answer(self, question: Question, tried: Tried) -> Answer:
        job = question.job
        contracts, call_id = self._contracts[job.arm], text_id(tried.call_id)
        if isinstance(question.prepared, str):
            failure = tried.failure
            return Answer(
                call_id, job.arm, job.repetition, served=False, failure=failure, status=None
            )
        recorded = as_recorded(question, tried)
        return answer_of(recorded, job.arm, job.repetition, contracts=contracts, call_id=call_id)

    def _case(self, question: Question, answers: list[Answer]) -> Case:
        call_id = question.job.call_id
        chosen = self._chosen[call_id]
        contracts = self._contracts.get(Arm.BASELINE)
        record = answer_of(question.recorded, Arm.RECORD, 1, contracts=contracts, call_id=call_id)
        by_arm: dict[Arm, list[Answer]] = {Arm.RECORD: [record]}
        for answer in sorted(answers, key=lambda each: each.repetition):
            by_arm.setdefault(answer.arm, []).append(answer)
        return Case(call_id, chosen.session, chosen.slices, chosen.prompt, by_arm)
