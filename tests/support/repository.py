"""A small git repository, and one whose checkouts wait."""

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


def hold_checkouts(repository: Path, go: Path) -> None:
    """Has each file that git writes wait until `go` is there."""
    wait = f"until [ -e {go} ]; do sleep 0.01; done; cat"
    subprocess.run(["git", "config", "filter.slow.smudge", wait], cwd=repository, check=True)
    attributes = repository / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* filter=slow\n", encoding="utf-8")
