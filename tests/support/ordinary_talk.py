"""Ordinary answers in words, of one word, of tool calls, and about control tokens."""

import json
import random
from collections.abc import Iterator

from driftgate.proxy.dialects.meaning import Item, ToolCall
from tests.support.ordinary_exchange import WORDS, Ordinary, exchange, sentence


def prose(dice: random.Random) -> Iterator[Ordinary]:
    for size in range(1, 61):
        text = "\n\n".join(
            " ".join(sentence(dice, dice.randint(4, 18)) for _ in range(3))
            for _ in range(size % 9 + 1)
        )
        yield exchange("prose", "Explain how it works.", text, tools=size % 2 == 0)
    for start in (
        "Thought is free.",
        "Thoughts:\n1. Plan\n2. Do",
        "thoughtful people read on\nand on",
        "I thought\nabout it",
        "Analysis of the results follows.",
        "analysis\nof variance",
    ):
        yield exchange("prose", "Say something.", start + " " + sentence(dice, 9))
    yield exchange(
        "prose", "Which words rhyme with caught?", "thought\nbought\nbrought\nfought\nsought"
    )
    yield exchange("prose", "What is the past tense of think?", "thought")


def markdown(dice: random.Random) -> Iterator[Ordinary]:
    for size in range(1, 31):
        rows = [f"- **{dice.choice(WORDS)}**: {sentence(dice, 6)}" for _ in range(size)]
        yield exchange("markdown", "List the steps.", "# Steps\n\n" + "\n".join(rows), tools=True)
    boxes = "\n".join(["- [ ] to do"] * 30)
    yield exchange("markdown", "Give me an empty checklist.", boxes)


def lyrics(dice: random.Random) -> Iterator[Ordinary]:
    for refrain in (
        "Row, row, row your boat,\n",
        "La la la la la\n",
        "na na na nananana\n",
        "Hey!\n",
    ):
        for times in (3, 9, 18, 40):
            verse = "\n".join(sentence(dice, 6) for _ in range(4))
            yield exchange(
                "lyrics", "Sing.", f"{verse}\n\n{refrain * 3}\n{verse}\n\n{refrain * times}"
            )
    yield exchange("lyrics", "Laugh.", "ha" * 40 + "!")
    yield exchange("lyrics", "Count sheep.", "\n".join(f"{n} sheep" for n in range(1, 200)))


def scripts(dice: random.Random) -> Iterator[Ordinary]:
    for text in (
        "\u4eca\u65e5\u306f\u826f\u3044\u5929\u6c17\u3067\u3059\u306d\u3002",
        "\u4f60\u597d\uff0c\u4e16\u754c\uff01",
        "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4.",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440.",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645.",
        "\u0928\u092e\u0938\u094d\u0924\u0947.",
    ):
        for times in (1, 5, 20):
            lines = "\n".join(f"{n}. {text}" for n in range(times))
            yield exchange("scripts", "Greet in that language.", lines, tools=True)
        yield exchange("scripts", "Greet.", text * 12)
    yield exchange("scripts", "Emoji only.", "\U0001f600" * 30)
    yield exchange("scripts", "Laugh.", "\uff57" * 60)
    yield exchange("scripts", "Laugh.", "\u54c8" * 40)


def one_word(dice: random.Random) -> Iterator[Ordinary]:
    for prompt, text in (
        ("Is 7 prime? Answer yes or no.", "yes"), ("Is 8 prime?", "No"), ("Capital of France?", "Paris"),
        ("2 + 2?", "4"), ("Which option is right, (A), (B) or (C)?", "B"), ("Label this: great!", "positive"),
        ("Classify the message.", "refund"), ("One word for very large?", "huge"), ("Say ok", "ok"),
        ("Which letter comes after H?", "I"), ("What is the article in 'the dog'? One word.", "the"),
        ("Translate 'dog' to French in one word.", "chien"), ("Roman numeral of 10?", "X"),
        ("How many moons has Mars?", "2"), ("Reply with only the word OK.", "OK"), ("True or false?", "True"),
        ("Emoji for happy, a single emoji.", "\U0001f600"), ("What is 10 / 3 as a fraction?", "10/3"),
        ("Symbol of carbon?", "C"), ("What follows 'do re'?", "mi"), ("\u9996\u90fd\u306f\uff1f", "\u6771\u4eac"),
        ("Explain in exactly one word why it fails.", "Memory"), ("Name a colour.", "Red"),
    ):  # fmt: skip
        yield exchange("one word", prompt, text, tokens=1)
        yield exchange("one word", prompt, text + "\n", tokens=2, tools=True)


def tool_calls(dice: random.Random) -> Iterator[Ordinary]:
    for place in range(20):
        call = ToolCall("get_weather", json.dumps({"city": f"City {place}"}), f"call_{place}")
        other = ToolCall("get_weather", json.dumps({"city": f"Town {place}"}), f"call_{place}b")
        text = None if place % 2 else ""
        yield exchange(
            "tool calls", "Weather?", text, finish="tool_calls", calls=(call,), tools=True
        )
        yield exchange(
            "tool calls",
            "Weather in both?",
            text,
            finish="tool_calls",
            calls=(call, other),
            tools=True,
        )
    twice = (ToolCall("get_weather", "{}", "a"), ToolCall("get_weather", "{}", "b"))
    yield exchange("tool calls", "Twice.", None, finish="tool_calls", calls=twice, tools=True)
    patch = json.dumps({"cmd": "cat > x <<E\n" + "0 0 0 0\n" * 60 + "E"})
    call = ToolCall("exec_command", patch, "c")
    yield exchange("tool calls", "Write it.", None, finish="tool_calls", calls=(call,), tools=True)


def polling(dice: random.Random) -> Iterator[Ordinary]:
    arguments = '{"cmd":"make test"}'
    turns: list[Item] = []
    for _ in range(3):
        turns += [
            Item(1, 2, "tool_call", "assistant", arguments, "exec_command"),
            Item(2, 3, "tool_result", "tool", "1 failed"),
            Item(3, 4, "tool_call", "assistant", '{"cmd":"vi x"}', "exec_command"),
            Item(4, 5, "tool_result", "tool", "done"),
        ]
        call = ToolCall("exec_command", arguments, "c")
        yield exchange(
            "edit and test", "Fix it.", None, finish="tool_calls", calls=(call,),
            history=tuple(turns), tools=True,
        )  # fmt: skip


def about_tokens(dice: random.Random) -> Iterator[Ordinary]:
    for token in (
        "<|channel>", "<channel|>", "<|turn>", "<turn|>", "<|tool_call>", "<start_of_turn>", "<eos>",
        "<bos>", "<unused49>", "<think>", "<|im_start|>",
    ):  # fmt: skip
        yield exchange(
            "about tokens", "Explain the template.", f"A turn begins with `{token}` there."
        )
        fence = f"Gemma's template:\n\n```\n{token}thought\nbody\n```\n\nThat is all."
        yield exchange("about tokens", "Explain the template.", fence, tools=True)
        quoted = f'The token "{token}" is special; the tokenizer never makes it out of text.'
        yield exchange("about tokens", "Explain the template.", quoted)
        yield exchange("about tokens", "Explain it.", f"The model writes {token} before it thinks.")
    call = (
        'Gemma writes `<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|>` for a call.'
    )
    yield exchange("about tokens", "Explain tool calls.", call, tools=True)


def asked_repetition(dice: random.Random) -> Iterator[Ordinary]:
    for count in (10, 30, 60):
        line = "I will not talk in class.\n"
        yield exchange(
            "asked for", f"Write 'I will not talk in class.' {count} times.", line * count
        )
