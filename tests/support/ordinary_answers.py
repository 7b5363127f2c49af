"""More than 500 answers with which nothing is wrong, many of which repeat as they should.

Made, not written down: each family below gives several. They stand for what people ask of a local
model: code, logs, tables, data, lyrics, numbers, other scripts, one word, a tool call, and texts that
speak of the very tokens that detectors look for.
"""

import random

from tests.support import ordinary_data as data
from tests.support import ordinary_talk as talk
from tests.support.ordinary_exchange import Ordinary


def ordinary() -> list[Ordinary]:
    """All of them; always the same."""
    made: list[Ordinary] = []
    for family in (
        talk.prose, talk.markdown, data.code, data.repeating_code, data.logs, data.tables, data.matrices, data.dumps, data.json_values,
        talk.lyrics, data.numbers, data.rulers, talk.scripts, talk.one_word, talk.tool_calls, talk.polling, talk.about_tokens,
        data.ends_in_repetition, data.markup, talk.asked_repetition, data.cut,
    ):  # fmt: skip
        made += family(random.Random(family.__name__))  # the same each time
    return made
