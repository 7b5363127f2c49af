"""A small git repository."""

import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=test", "-c", "user.email=test@example.com")


def make_repository(folder: Path) -> Path:
    """A repository with one commit of one file, and a hook that would leave a mark."""
    folder.mkdir()
    (folder / "a.txt").write_text("first\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], [*_WHO, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)
    hook = folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {folder}/hook-ran\n", encoding="utf-8")
    hook.chmod(0o755)
    return folder
