"""Prompts as values."""

from pathlib import Path

from driftgate.replay.trajectory.task import Prompt


def test_a_prompt_speaks_of_the_copy_where_it_spoke_of_the_folder() -> None:
    image = {"type": "image", "url": "data:"}
    prompt = Prompt(({"type": "text", "text": "Fix /home/me/w/a.py in /home/me/work"}, image))
    moved = prompt.moved("/home/me/w", Path("/c/1"))
    assert moved.text == "Fix /c/1/a.py in /home/me/work"
    assert moved.input[1] is image
    assert prompt.moved(None, Path("/c/1")) is prompt
    assert prompt.moved("/elsewhere", Path("/c/1")) == prompt
