"""What people see of a run while it runs."""

import io

from driftgate.replay.arm import Arm
from driftgate.replay.run.progress import Progress, duration


class Clock:
    """Stands until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_a_line_now_and_then_with_rate_and_time_left() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream=stream, clock=clock)
    progress.start(1200, before=200)
    for number in range(100):
        clock.now += 0.25
        progress.answered(Arm.CANDIDATE, "status 500" if number < 3 else None)
    progress.stop()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "driftgate: 240 of 1,200 answers, 4 a second, 4 min left, failed: candidate 3"
    )


def test_a_run_that_is_over_has_no_time_left() -> None:
    progress = Progress(stream=io.StringIO(), clock=Clock())
    progress.start(1)
    progress.answered(Arm.BASELINE, None)
    assert progress.line() == "1 of 1 answers, 0 a second"


def test_quiet_says_nothing() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(quiet=True, stream=stream, clock=clock)
    progress.start(2)
    clock.now += 100
    progress.answered(Arm.BASELINE, None)
    progress.say("a word")
    progress.stop()
    assert stream.getvalue() == ""


def test_a_terminal_gets_a_bar_and_lines_above_it() -> None:
    stream = Terminal()
    progress = Progress(stream=stream)
    progress.start(2)
    progress.answered(Arm.BASELINE, "[bold]no markup[/bold]")
    progress.say("[red]as it is[/red]")
    progress.stop()
    progress.stop()
    assert "driftgate: [red]as it is[/red]" in stream.getvalue()
    assert "1/2" in stream.getvalue()


def test_durations_are_for_people() -> None:
    assert [duration(each) for each in (0, 42, 185, 5400)] == ["0 s", "42 s", "3 min", "1.5 h"]
