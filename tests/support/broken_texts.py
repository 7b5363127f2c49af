"""Texts of broken answers, after what people report of Gemma 4 and its like."""

_THOUGHT = "The user wants a poem. I should write four lines.\n"
LEAKS = (
    f"<|channel>thought\n{_THOUGHT}<channel|>Waves roll in.",
    "<|channel>thought\n<channel|>Waves roll in.",
    f"<|channel>thought\n{_THOUGHT}",
    f"thought\n{_THOUGHT}\nWaves roll in.",
    f"thought\n\n{_THOUGHT}Waves roll in.",
    f"  thought \r\n{_THOUGHT}",
    "thought\nWaves roll in.",
    f"{_THOUGHT}<channel|>Waves roll in.",
    f"<think>\n{_THOUGHT}</think>\nWaves roll in.",
    f"{_THOUGHT}</think>\n\nWaves roll in.",
    f"<|channel|>analysis<|message|>{_THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>Sea.",
    f"analysis{_THOUGHT}assistantfinalWaves roll in.",
    f"<|channel>analysis\n{_THOUGHT}<channel|>Waves.",
    f"Waves roll in.\n<|channel>thought\n{_THOUGHT}<channel|>",
)
FLOODS = (
    ("thought\n" * 1000, "stop"),
    ("thought\n" * 1000, "length"),
    ("thought\n" * 90, "length"),
    ("Here you are.\n" + "thought\n" * 400, "stop"),
    ("Here you are.\n" + "thought\n" * 90, "length"),
    ("<unused49>" * 300, "length"),
    ("<unused49>" * 20, "stop"),
    ("Waves roll in. " + "<unused49>" * 300, "length"),
    ("\n" * 5000, "length"),
    ("Waves roll in." + "\n" * 300, "stop"),
    ('{"label": ' + "\n" * 900, "length"),
    ('{"label": ' + " " * 2000, "length"),
    ("\n\t \n" * 200, "length"),
    ("!" * 900, "length"),
    ("the the the " * 90, "length"),
    ("<pad>" * 100, "length"),
    ("\u54c8\u54c8\u54c8 " * 200, "length"),
    ("I am I am " * 300, "stop"),
    ("0 " * 4000, "length"),
    ("<|channel>" * 60, "length"),
)
_PARAGRAPH = (
    "Waves roll in, and waves roll out, and nobody who stands at the shore can say what for.\n\n"
)
LOOPS = (
    (_PARAGRAPH * 30, "length"),
    ("A poem:\n" + _PARAGRAPH * 24, "length"),
    (_PARAGRAPH * 60, "stop"),
    ("A poem:\n" + (_PARAGRAPH + "Foam is white, and foam is gone.\n\n") * 24, "length"),
)
CONTROL = (
    "Waves roll in.<turn|>",
    "Waves roll in.<end_of_turn>\n<start_of_turn>user\nThanks",
    "<|turn>model\nWaves roll in.",
    "<bos>Waves roll in.",
    "Waves roll in.<eos>",
    "Waves roll in.<|im_end|>",
    'Waves <|"|>roll<|"|>\nin.',
    "<|tool_response>response:get_weather{value:7}<tool_response|>",
    "Waves roll in.\n<|think|>",
    "<|image>",
)
_JSON_CALL = '{"name": "get_weather", "arguments": {"city": "Rome"}}'
CALLS = (
    '<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|>',
    'I will look.\n<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|>',
    '<|tool_call>call:get_weather{city:<|"|>Rome',
    'call:get_weather{city:<|"|>Rome<|"|>}',
    "call:get_weather{city: Rome}",
    '```\n<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|>\n```',
    _JSON_CALL,
    f"```json\n{_JSON_CALL}\n```",
    f"I will look that up.\n\n```json\n{_JSON_CALL}\n```",
    f"[{_JSON_CALL}, {_JSON_CALL}]",
    '{"name": "get_weather", "parameters": {"city": "Rome"}}',
    '{"tool_calls": [{"function": ' + _JSON_CALL + "}]}",
    '{"type": "function", "function": ' + _JSON_CALL + "}",
    f"<tool_call>\n{_JSON_CALL}\n</tool_call>",
    "```tool_code\nget_weather(city='Rome')\n```",
    f"[TOOL_CALLS][{_JSON_CALL}]",
    '<|tool_call>call:spawn_agent{task:<|"|>x<|"|>}<tool_call|>',
)
