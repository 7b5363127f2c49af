"""One clear line for each problem with a setting: where it was given, what is wrong, what helps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from driftgate.proxy.settings.names import nearest
from driftgate.proxy.settings.upstream import without_userinfo

_LONGEST_VALUE = 80
_EXPECTED = {
    "bool": "true or false",
    "dict": "a table",
    "float": "a number",
    "finite": "a number",
    "int": "a whole number",
    "list": "a list of texts",
    "model": "a table",
    "path": "a path",
    "string": "a text",
}

_LIMITS = {"ge": "{} or more", "gt": "more than {}", "le": "at most {}"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings were given: a file, the environment or flags."""

    kind: str  # "file", "environment" or "flags"
    values: dict[str, Any]
    path: Path | None = None

    @classmethod
    def flags(cls, values: dict[str, Any]) -> "Source":
        """Given on the command line."""
        return cls("flags", values)

    @classmethod
    def environment(cls, values: dict[str, Any]) -> "Source":
        """Given as variables."""
        return cls("environment", values)

    @classmethod
    def file(cls, path: Path, values: dict[str, Any]) -> "Source":
        """Given in a file."""
        return cls("file", values, path)

    def name(self, path: tuple[Any, ...]) -> str:
        """How a person finds the setting in this source."""
        if self.kind == "file":
            return f"{self.path}: {_dotted(path)}"
        if self.kind == "flags":
            return "--" + _short(path).replace("_", "-")
        return variable(path)

    def gives(self, path: tuple[Any, ...]) -> bool:
        """Whether the setting, or a part of it, stands in this source."""
        value: Any = self.values
        for key in path:
            inside = key in value if isinstance(value, dict) else _has(value, key)
            if not inside:
                return False
            value = value[key]
        return True


def _has(value: Any, index: Any) -> bool:
    return isinstance(value, list) and isinstance(index, int) and index < len(value)


def variable(path: tuple[Any, ...]) -> str:
    """The environment variable of a setting."""
    return "DRIFTGATE_" + "__".join(key for key in path if isinstance(key, str)).upper()


def unknown_variable(name: str, path: tuple[str, ...]) -> str:
    """The line for a variable that is no setting."""
    near = nearest(path)
    return f"{name}: unknown setting" + (f"; did you mean {variable(near)}?" if near else "")


def wrong_values(error: ValidationError, sources: list[Source]) -> list[str]:
    """The lines for what pydantic found; sources in order, the strongest first."""
    lines = [_line(dict(problem), sources) for problem in error.errors(include_url=False)]
    return list(dict.fromkeys(lines))


def _line(problem: dict[str, Any], sources: list[Source]) -> str:
    path: tuple[Any, ...] = problem["loc"]
    path = path[:-1] if path and path[-1] == "[key]" else path
    source = next((each for each in sources if each.gives(path)), None)
    if problem["type"] == "missing":
        source = next((each for each in sources if each.gives(path[:-1])), None)
    where = source.name(path) if source else _dotted(path)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown setting{_hint(path, source)}"
    if problem["type"] == "missing":
        return f"{where}: missing"
    if problem["type"] == "value_error" and isinstance(problem["input"], dict):
        return f"{where}: {_expected(problem)}"  # of a whole table, which the words themselves name
    return f"{where} = {_shown(problem['input'])}: {_expected(problem)}"


def _hint(path: tuple[Any, ...], source: Source | None) -> str:
    near = nearest(tuple(str(key) for key in path))
    if near is None:
        return ""
    if source is None or source.kind == "file":
        return f"; did you mean {_dotted(near)}?"
    return f"; did you mean {source.name(near)}?"


def _expected(problem: dict[str, Any]) -> str:
    kind: str = problem["type"]
    context: dict[str, Any] = problem.get("ctx", {})
    if kind == "value_error":
        return without_userinfo(str(context["error"]))
    if kind == "literal_error":
        return f"expected {context['expected']}"
    for limit, words in _LIMITS.items():
        if limit in context:
            return "expected " + words.format(f"{context[limit]:g}")
    expected = _EXPECTED.get(kind.split("_", 1)[0])
    return f"expected {expected}" if expected else str(problem["msg"])


def _shown(value: Any) -> str:
    text = without_userinfo(repr(value) if not isinstance(value, Path) else repr(str(value)))
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def _dotted(path: tuple[Any, ...]) -> str:
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def _short(path: tuple[Any, ...]) -> str:
    return "upstream" if path == ("upstreams", "default", "url") else _dotted(path)
