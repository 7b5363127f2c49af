"""Ordinary answers of code, logs, tables and numbers, which repeat as they should."""

import base64
import json
import random
from collections.abc import Iterator

from tests.support.ordinary_exchange import WORDS, Ordinary, exchange, sentence

_CODE = {
    "python": "for i in range({n}):\n    if a < b and b > {n}:\n        print(f'<{{i}}>')",
    "rust": "fn f{n}<'a, T: Into<String>>(x: &'a [T]) -> Vec<Option<T>> {{ vec![None; {n}] }}",
    "fsharp": 'let r{n} = xs |> List.map (fun x -> x + {n}) |> List.sum\nprintfn "%d" <| r{n}',
    "elixir": "list |> Enum.map(&(&1 * {n})) |> Enum.sum() |> IO.inspect()",
    "haskell": "f{n} = (<|>) <$> many p <*> q{n} <|> pure {n}",
    "cpp": "std::map<std::string, std::vector<int>> m{n}; std::cout << m{n}.size() << std::endl;",
    "java": "Map<String, List<Integer>> m = new HashMap<>(); // {n}",
    "go": "for i := 0; i < {n}; i++ {{ ch <- i }}",
    "sql": "SELECT name, count(*) FROM calls WHERE n < {n} GROUP BY name HAVING count(*) > {n};",
    "bash": "cat <<EOF | grep -v '<none>' > out{n}.txt\n$HOME\nEOF",
    "r": "df |> filter(x < {n}) |> summarise(n = n())",
    "tokenizer": 'special = ["<bos>", "<eos>", "<pad>", "<unk>"]\nids = [{n}, 1, 2, 3]',
    "css": ".row-{n} > td {{ padding: 0 0 0 0; }}",
    "lisp": "(defun f{n} (x) (if (< x {n}) (list x) (cons x (f{n} (- x 1)))))",
}


def code(dice: random.Random) -> Iterator[Ordinary]:
    for language, line in _CODE.items():
        for size in (1, 3, 12, 40):
            code = "\n".join(line.format(n=dice.randint(0, 99)) for _ in range(size))
            yield exchange("code", f"Write some {language}.", f"```{language}\n{code}\n```")
        yield exchange("code", f"Only {language}, no fence.", line.format(n=7) + "\n", tools=True)


def repeating_code(dice: random.Random) -> Iterator[Ordinary]:
    for count in (10, 40, 90, 150):
        for line in (
            "    nop\n",
            "    i += 1\n",
            "push 0\n",
            "}\n",
            "    pass\n\n",
            'printf("x");\n',
        ):
            yield exchange(
                "repeating code", "Unroll the loop.", "main:\n" + line * count + "    ret\n"
            )
            fenced = "```asm\nmain:\n" + line * count + "```"
            yield exchange("repeating code", "Unroll the loop.", fenced)


def logs(dice: random.Random) -> Iterator[Ordinary]:
    for count in (5, 30, 80, 180):
        same = "connection refused, retrying in 5 s\n" * count
        yield exchange(
            "logs", "Show an example of a log.", "service started\n" + same + "gave up\n"
        )
        yield exchange("logs", "Show an example of a log.", "service started\n" + same)
        rows = "\n".join(
            f"2026-01-01T00:00:{n % 60:02d}Z INFO request {n} served" for n in range(count)
        )
        yield exchange("logs", "Show an example of a log.", rows)
        csv = "id,name,value\n" + "\n".join(f"{n},x,0" for n in range(count))
        yield exchange("csv", "Make a CSV file.", csv)
        equal = "a,b,c,d\n" + "0,0,0,0\n" * count
        yield exchange("csv", "Make a CSV file.", equal)


def tables(dice: random.Random) -> Iterator[Ordinary]:
    for rows in (2, 10, 40, 120):
        body = "".join(f"| {n} | {dice.choice(WORDS)} | yes |\n" for n in range(rows))
        yield exchange("table", "Make a table.", "| n | word | good |\n|---|---|---|\n" + body)
        yield exchange(
            "table", "Make an empty table.", "| a | b |\n|---|---|\n" + "|   |   |\n" * rows
        )
        box = "+" + "-" * 60 + "+\n" + ("|" + " " * 60 + "|\n") * rows + "+" + "-" * 60 + "+"
        yield exchange("table", "Draw a box.", box)
        padded = "".join(f"{n:<120}{'value':>120}\n" for n in range(rows))
        yield exchange("table", "Pad it.", padded)


def matrices(dice: random.Random) -> Iterator[Ordinary]:
    for size in (3, 8, 16, 30):
        rows = [[0] * size for _ in range(size)]
        plain = "\n".join(" ".join(map(str, row)) for row in rows)
        yield exchange("matrix", f"Print {size} x {size} zeros.", plain)
        yield exchange("matrix", f"Print {size} x {size} zeros.", json.dumps(rows))
        yield exchange("matrix", "An identity matrix, please.", f"```\n{plain}\n```")
        yield exchange("matrix", "An embedding of zeros.", json.dumps([0.0] * size * 48))
        yield exchange("matrix", "A board.", ("." * size + "\n") * size)
        yield exchange("matrix", "A board.", ("\u2b1c" * size + "\n") * size)


def dumps(dice: random.Random) -> Iterator[Ordinary]:
    for size in (64, 256, 900):
        zeros = bytes(size)
        lines = "\n".join(
            f"{n:08x}  " + "00 " * 16 + " |" + "." * 16 + "|" for n in range(0, size, 16)
        )
        yield exchange("dump", "Show a hex dump.", lines)
        yield exchange("dump", "Encode it.", base64.b64encode(zeros).decode())
        yield exchange(
            "dump", "Encode it.", "data:image/png;base64," + base64.b64encode(zeros).decode()
        )
        yield exchange("dump", "Encode it.", base64.b64encode(dice.randbytes(size)).decode())
        yield exchange("dump", "As hex.", zeros.hex())
        yield exchange("dump", "As hex.", "0x" + "ff" * (size // 2))


def json_values(dice: random.Random) -> Iterator[Ordinary]:
    for count in (1, 20, 200, 600):
        equal = [{"id": 0, "name": "x", "tags": []}] * count
        yield exchange("json", "Give me JSON.", json.dumps(equal))
        yield exchange("json", "Give me JSON.", json.dumps(equal, indent=2))
        yield exchange("json", "Give me JSON.", "```json\n" + json.dumps(equal, indent=1) + "\n```")
        yield exchange("json", "Give me JSON.", json.dumps({"values": [None] * count}))
        lines = "\n".join(json.dumps({"n": n, "ok": True}) for n in range(count))
        yield exchange("json", "Give me JSON lines.", lines)
    person = {"name": "Ann", "parameters": {"age": 7}, "arguments": []}
    yield exchange("json", "Extract it.", json.dumps(person), tools=True)
    yield exchange("json", "Extract it.", json.dumps({"name": "weather", "input": 3}), tools=True)


def numbers(dice: random.Random) -> Iterator[Ordinary]:
    for size in (10, 100, 400):
        yield exchange("numbers", "Count.", " ".join(map(str, range(size))))
        yield exchange("numbers", "1/3?", "0." + "3" * size)
        yield exchange("numbers", "1/7?", "0." + "142857" * (size // 6 + 1))
        yield exchange("numbers", "A large number.", "1" + "0" * size)
        yield exchange("numbers", "In binary.", "0b" + "10" * (size // 2))
        yield exchange("numbers", "Primes.", ", ".join(map(str, range(2, size, 3))))


def rulers(dice: random.Random) -> Iterator[Ordinary]:
    for mark in "-=*_~.#":
        yield exchange("ruler", "A heading.", f"Title\n{mark * 100}\nText\n{mark * 100}")
        yield exchange("ruler", "A line to cut along.", mark * 120)
    yield exchange("ruler", "A form.", "Name: " + "_" * 180 + "\n\nSign here: " + "." * 180)
    yield exchange("ruler", "A blank page.", "Page 1" + "\n" * 40 + "Page 2" + "\n" * 40)


def markup(dice: random.Random) -> Iterator[Ordinary]:
    for count in (3, 20, 150):
        rows = "\n".join(f"<tr><td>{n}</td><td></td></tr>" for n in range(count))
        yield exchange(
            "markup", "An HTML table.", f"<table>\n<thead><th>n</th></thead>\n{rows}\n</table>"
        )
        yield exchange(
            "markup", "An empty table.", "<table>\n" + "<tr><td></td></tr>\n" * count + "</table>"
        )
        yield exchange("markup", "XML.", "<r>" + "<item/>" * count + "</r>")
        yield exchange(
            "markup", "TeX.", "\\begin{matrix}" + "0 & 0 \\\\ " * count + "\\end{matrix}"
        )


def ends_in_repetition(dice: random.Random) -> Iterator[Ordinary]:
    for unit in ("</div>\n", "}\n", ")", "\t}\n", "]", "end\n", "0,", "| - | - |\n", "ok\n"):
        for times in (5, 20, 45):
            yield exchange("ends in repetition", "Go on.", sentence(dice, 30) + "\n" + unit * times)


def cut(dice: random.Random) -> Iterator[Ordinary]:
    """Cut at the limit of tokens in the midst of something that repeats."""
    for text in (
        json.dumps([[0] * 40] * 12)[:900],
        json.dumps([{"id": 0, "name": "x"}] * 40)[:1000],
        "start\n" + "retrying in 5 s\n" * 30,
        "| a | b |\n|---|---|\n" + "|   |   |\n" * 60,
        sentence(dice, 200),
    ):
        yield exchange("cut at the limit", "Go on.", text, finish="length")
