"""Answers that are read as they come."""

from dataclasses import replace
from pathlib import Path

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.listening import Listening
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.select.selected import Selected
from tests.replay.run.rig import CONTRACTS, Rig, rig

BOTH = {Arm.BASELINE: CONTRACTS, Arm.CANDIDATE: CONTRACTS}


class Watcher:
    """Keeps what it is given; has seen enough after so many cases."""

    def __init__(self, enough: int = 1_000) -> None:
        self.cases: list[Case] = []
        self._enough = enough

    def add(self, case: Case) -> None:
        self.cases.append(case)

    def why(self) -> str | None:
        return "all is clear" if len(self.cases) >= self._enough else None


def listening(it: Rig, watch: Watcher | None = None, tokens: int | None = None) -> Listening:
    chosen = {call_id: Selected(call_id, "s", {"dialect": ("chat",)}) for call_id in it.ids}
    return Listening(BOTH, chosen, 2, budget=Budget(tokens), watch=watch)


async def test_a_watch_gets_whole_cases_in_the_order_of_the_selection(tmp_path: Path) -> None:
    async with rig(tmp_path, 6) as it:
        watch = Watcher()
        await it.run(it.driver(heard=listening(it, watch).heard))
        assert [case.call_id for case in watch.cases] == it.ids
        case = watch.cases[0]
        assert [answer.text for answer in case.of(Arm.BASELINE)] == ["ho", "ho"]
        assert [answer.repetition for answer in case.of(Arm.CANDIDATE)] == [1, 2]
        assert case.of(Arm.CANDIDATE)[0].verdict == "pass"
        assert case.of(Arm.RECORD)[0].text == "ho"
        assert case.slices == {"dialect": ("chat",)}


async def test_a_watch_ends_the_run(tmp_path: Path) -> None:
    async with rig(tmp_path, 40) as it:
        course = await it.run(it.driver(heard=listening(it, Watcher(2)).heard), k=2)
        assert course.stopped == "all is clear"
        assert course.asked < 160


async def test_a_budget_of_tokens_counts_what_answers_say(tmp_path: Path) -> None:
    async with rig(tmp_path, 6) as it:
        budget = Budget(tokens=40)
        chosen = {call_id: Selected(call_id, "s") for call_id in it.ids}
        heard = Listening(BOTH, chosen, 2, budget=budget).heard
        course = await it.run(it.driver(budget=budget, heard=heard, concurrency=1))
        assert course.stopped == "the budget of 40 tokens is used up"
        assert 40 <= budget.spent <= 50  # 10 an answer


async def test_nothing_is_read_where_nothing_depends_on_it(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:
        quiet = listening(it)
        assert not quiet.needed
        assert listening(it, Watcher()).needed
        assert listening(it, tokens=5).needed


async def test_what_came_in_an_earlier_sitting_is_remembered(tmp_path: Path) -> None:
    async with rig(tmp_path, 3) as it:
        first = Watcher()
        await it.run(it.driver(heard=listening(it, first).heard))
        watch = Watcher()
        second = listening(it, watch)
        baseline, candidate = Arm.BASELINE, Arm.CANDIDATE
        half = first.cases[0]
        first_of, second_of = half.of(candidate)
        cut = replace(second_of, served=False, failure="interrupted")  # recorded, and asked again
        partly = {baseline: half.of(baseline), candidate: [first_of, cut]}
        done = {
            Job(case.call_id, arm, repetition)
            for case in first.cases
            for arm in BOTH
            for repetition in (1, 2)
        } - {Job(half.call_id, candidate, 2)}
        second.recall([replace(half, answers=partly), first.cases[1]], done)
        assert watch.cases == []  # the first one is not whole yet

        def last(question: Question, tried: Tried) -> str | None:
            job = question.job
            wanted = job.call_id == it.ids[0] and job.arm is candidate and job.repetition == 2
            return second.heard(question, tried) if wanted else None

        await it.run(it.driver(heard=last))
        assert [case.call_id for case in watch.cases] == it.ids[:2]
        assert [answer.served for answer in watch.cases[0].of(candidate)] == [True, True]


async def test_a_call_that_could_not_be_sent_is_an_answer_that_failed(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        body = b'{"model":"m","input":"x","previous_response_id":"gone"}'
        it.ids = [it.made.call(body, target="/v1/responses")]
        it.made.drain()
        watch = Watcher()
        await it.run(it.driver(heard=listening(it, watch).heard))
        answers = watch.cases[0].of(Arm.CANDIDATE)
        assert [answer.served for answer in answers] == [False, False]
        assert answers[0].failure is not None
