"""What one run of `codex exec` is given: its prompt, and files that only it may read, for as long as it runs.

A command line can be read by every user of the machine and is bounded in size; the client's words and
its authorization stand in files instead.
"""

import base64
import binascii
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.home import PROFILE, TURN, toml, write
from driftgate.proxy.agent.failures import bad_request
from driftgate.proxy.dialects.lenient import compact, filled, listing, mapping, written
from driftgate.proxy.settings.codex import Codex

Json = dict[str, Any]

_PROVIDER = "driftgate"
_FORMATS = {"png": "png", "jpeg": "jpg", "jpg": "jpg", "gif": "gif", "webp": "webp"}
_WHO = {"user": "User", "assistant": "You", "system": "System", "developer": "System"}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one run. folder: of its schema and images. profile: its part of the configuration."""

    folder: Path
    profile: Path

    @classmethod
    def make(cls, home: Path, codex: Codex, provider: Mapping[str, Any], asked: Asked) -> "Files":
        """Writes them.

        Args:
            home: the run's CODEX_HOME.
            codex: the agent's settings.
            provider: Codex's model provider, see `Origin.provider`.
            asked: what the client asks.

        Raises:
            AgentError: bad_request: an image is none.
        """
        folder = Path(tempfile.mkdtemp(dir=home, prefix=TURN))
        files = cls(folder, home / f"{folder.name}{PROFILE}")
        try:
            write(files.profile, profile(codex, provider, asked.instructions))
            if asked.schema is not None:
                write(folder / "schema.json", json.dumps(asked.schema))
            for number, url in enumerate(_images(asked.input)):
                name, data = _image(number, url)
                (folder / name).write_bytes(data)
        except BaseException:
            files.remove()
            raise
        return files

    def words(self, codex: Codex, cwd: Path) -> list[str]:
        """The arguments of `codex`; the prompt is read from stdin."""
        flags = ["--json", "--ephemeral", "--skip-git-repo-check", "--color", "never"]
        where = ["--sandbox", codex.sandbox, "--cd", str(cwd), "--profile", self.folder.name]
        schema, images = self.folder / "schema.json", sorted(self.folder.glob("image-*"))
        shape = ["--output-schema", str(schema)] if schema.exists() else []
        shown = [word for image in images for word in ("--image", str(image))]
        return ["exec", *flags, *where, *shape, *shown, "-"]

    def forget(self) -> None:
        """Removes what holds the client's authorization: Codex has read it, commands need not."""
        self.profile.unlink(missing_ok=True)

    def remove(self) -> None:
        """Removes all of them."""
        self.forget()
        shutil.rmtree(self.folder, ignore_errors=True)


def profile(codex: Codex, provider: Mapping[str, Any], instructions: str) -> str:
    """What this run's configuration has besides the home's, in TOML."""
    own = "\n\n".join(each for each in (codex.instructions, instructions) if each)
    told: Json = {"model_provider": _PROVIDER, "approval_policy": "never"}
    if own:
        told["developer_instructions"] = own
    if codex.directory == "fresh":
        # else an AGENTS.md further up, of whatever repository the folder lies in, is read as well
        told["project_root_markers"] = []
    told["model_providers"] = {_PROVIDER: dict(provider)}
    return "".join(f"{key} = {toml(value)}\n" for key, value in told.items())


def prompt(asked: Asked) -> str:
    """The prompt's text: what was said before, since a run has no history of its own, and what is asked."""
    now = "\n\n".join(
        text for part in asked.input if (text := filled(part.get("text"))) is not None
    )
    before = [said for item in asked.history if (said := _said(item))]
    if not before:
        return now
    talk = "\n\n".join(before)
    return f"<conversation_so_far>\n{talk}\n</conversation_so_far>\n\nContinue it. User:\n\n{now}\n"


def _said(item: Mapping[str, Any]) -> str:
    """An item of the history as a paragraph; empty: it says nothing to a model."""
    kind = item.get("type", "message")
    if kind == "message":
        text = _content(item.get("content"))
        return f"{_WHO.get(str(item.get('role')), 'User')}: {text}" if text else ""
    if kind in ("function_call", "custom_tool_call"):
        asked = written(item.get("arguments") or item.get("input") or "")
        return f"You called {filled(item.get('name')) or 'a tool'}: {asked}"
    if str(kind).endswith("_output"):
        return f"It gave: {_content(item.get('output'))}"
    return "" if kind == "reasoning" else compact(item) or ""


def _content(content: Any) -> str:
    if isinstance(content, str):
        return written(content)
    parts = [mapping(part) for part in listing(content)]
    return "\n".join(filled(part.get("text")) or "[image]" for part in parts)


def _images(parts: Sequence[Json]) -> list[str]:
    return [str(part.get("url")) for part in parts if part.get("type") == "image"]


def _image(number: int, url: str) -> tuple[str, bytes]:
    head, _, data = url.partition(";base64,")
    suffix = _FORMATS.get(head.removeprefix("data:image/").lower())
    try:
        if suffix is not None:
            return f"image-{number:03}.{suffix}", base64.b64decode(data, validate=True)
    except binascii.Error:
        pass
    raise bad_request(f"image {number + 1}: an agent takes `data:image/png;base64,...`")
