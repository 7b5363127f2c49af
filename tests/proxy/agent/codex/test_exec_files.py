"""What one run of `codex exec` is given."""

import base64
import json
import stat
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.exec_files import Files, profile, prompt
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.settings.codex import Codex

CODEX = Codex(model="m", instructions="of the agent")
PROVIDER = Origin("call-1", authorization='Bearer "secret"').provider("http://127.0.0.1:1/v1")
PNG = base64.b64encode(b"\x89PNG").decode()


def asked(*said: str, **more: Any) -> Asked:
    parts = [{"type": "text", "text": text} for text in said]
    parts += [{"type": "image", "url": url} for url in more.pop("images", ())]
    return Asked(dialect="chat", model="m", stream=False, input=parts, **more)


def message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def test_the_provider_and_the_instructions_are_in_the_profile() -> None:
    read = tomllib.loads(profile(CODEX, PROVIDER, "of the\nclient"))
    assert read["model_provider"] == "driftgate"
    assert read["model_providers"]["driftgate"] == PROVIDER
    assert read["developer_instructions"] == "of the agent\n\nof the\nclient"
    assert read["approval_policy"] == "never"  # nobody could answer
    assert read["project_root_markers"] == []


def test_a_repository_keeps_what_it_says_to_agents(tmp_path: Path) -> None:
    codex = Codex(model="m", directory="named", path=tmp_path)
    assert "project_root_markers" not in tomllib.loads(profile(codex, PROVIDER, ""))


def test_no_instructions_are_none() -> None:
    assert "developer_instructions" not in profile(Codex(model="m"), PROVIDER, "")


def test_no_secret_and_no_word_of_the_client_stands_in_the_command(tmp_path: Path) -> None:
    client = asked("the prompt", instructions="the instructions", schema={"title": "the schema"})
    files = Files.make(tmp_path, CODEX, PROVIDER, client)
    words = " ".join(files.words(CODEX, tmp_path))
    assert not any(said in words for said in ("Bearer", "the prompt", "the instr", "the schema"))


def test_files_are_the_users_alone_and_go_again(tmp_path: Path) -> None:
    client = asked("x", schema={"type": "object"}, images=[f"data:image/png;base64,{PNG}"])
    files = Files.make(tmp_path, CODEX, PROVIDER, client)
    words = files.words(CODEX, Path("/w"))
    schema = Path(words[words.index("--output-schema") + 1])
    image = Path(words[words.index("--image") + 1])
    assert json.loads(schema.read_text()) == {"type": "object"}
    assert image.read_bytes() == b"\x89PNG"
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.profile.stat().st_mode) == 0o600
    assert files.profile == tmp_path / f"{words[words.index('--profile') + 1]}.config.toml"
    files.forget()
    assert not files.profile.exists()
    assert schema.exists()
    files.remove()
    assert list(tmp_path.iterdir()) == []


def test_images_keep_their_order(tmp_path: Path) -> None:
    urls = [f"data:image/png;base64,{base64.b64encode(bytes([n])).decode()}" for n in range(12)]
    files = Files.make(tmp_path, CODEX, PROVIDER, asked("x", images=urls))
    words = files.words(CODEX, tmp_path)
    shown = [Path(after) for word, after in pairwise(words) if word == "--image"]
    assert [path.read_bytes() for path in shown] == [bytes([n]) for n in range(12)]


@pytest.mark.parametrize(
    "url", ["http://x/a.png", "data:image/png;base64,###", "data:text/html;base64,AAAA", ""]
)
def test_what_is_no_image_is_the_clients_fault_and_leaves_nothing(tmp_path: Path, url: str) -> None:
    with pytest.raises(AgentError) as caught:
        Files.make(tmp_path, CODEX, PROVIDER, asked("x", images=[url]))
    assert caught.value.error.code == "bad_request"
    assert list(tmp_path.iterdir()) == []


def test_a_prompt_without_history_is_as_it_was_written() -> None:
    assert prompt(asked("one", "two")) == "one\n\ntwo"


def test_what_was_said_before_stands_in_front() -> None:
    history = [
        message("user", "what is it?"),
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "name": "exec", "arguments": '{"cmd":"ls"}', "call_id": "c"},
        {"type": "function_call_output", "call_id": "c", "output": "a.txt"},
        message("assistant", "a file"),
        {"role": "user", "content": "a plain one"},
        {"type": "message", "role": "user", "content": [{"type": "input_image"}]},
    ]
    assert prompt(asked("and now?", history=history)) == (
        "<conversation_so_far>\nUser: what is it?\n\n"
        'You called exec: {"cmd":"ls"}\n\nIt gave: a.txt\n\n'
        "You: a file\n\nUser: a plain one\n\nUser: [image]\n"
        "</conversation_so_far>\n\nContinue it. User:\n\nand now?\n"
    )
