"""The named versions and how they differ: a model, its quantized copy, a worse successor."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One simulated model.

    capitalised, no_confidence, wrong_label, reworded: shares of prompts (0 to 1) on which the
    version shows that habit.
    """

    name: str
    quantization: str
    size: int  # bytes
    habits: str = "v1"  # versions of one name word things alike
    capitalised: float = 0.0
    no_confidence: float = 0.0
    wrong_label: float = 0.0
    reworded: float = 0.0

    @property
    def digest(self) -> str:
        """The SHA-256 that stands for the weights, 64 hexadecimal digits."""
        return hashlib.sha256(f"driftgate-sim weights {self.name}".encode()).hexdigest()

    @property
    def path(self) -> str:
        """The file it would be loaded from."""
        return f"/driftgate-sim/{self.name.replace(':', '-')}.gguf"


VERSIONS = {
    version.name: version
    for version in (
        Version("gemma4-sim:v1", "F16", 1_272_460),
        Version(
            "gemma4-sim:v2",
            "F16",
            1_274_508,
            habits="v2",
            capitalised=0.12,
            no_confidence=0.04,
            wrong_label=0.15,
        ),
        Version("gemma4-sim:v1-q8", "Q8_0", 741_980, reworded=0.13),
    )
}
DEFAULT = "gemma4-sim:v1"
FAMILY = "gemma4-sim"  # this name, also with :latest, means the loaded version


class Shelf:
    """Which versions there are, which one is loaded, and which names were pulled.

    Args:
        loaded: the version that answers for names nobody knows.
        answer_unknown: True as llama-server does; False refuses unknown names, as Ollama does.
    """

    def __init__(self, loaded: str = DEFAULT, *, answer_unknown: bool = True) -> None:
        self.loaded = VERSIONS[loaded]
        self.answer_unknown = answer_unknown
        self.pulled: dict[str, None] = {}

    def find(self, name: str | None) -> Version | None:
        """The version a name means, or None when the name is refused."""
        if name in VERSIONS:
            return VERSIONS[name]
        known = name in {FAMILY, f"{FAMILY}:latest"} or name in self.pulled
        return self.loaded if known or not name or self.answer_unknown else None

    def named(self) -> dict[str, Version]:
        """Every name with its version, as a listing shows them."""
        names = {FAMILY + ":latest": self.loaded, **VERSIONS}
        names.update(dict.fromkeys(self.pulled, self.loaded))
        return names

    def pull(self, name: str) -> Version:
        """Make a name known: it means the loaded version from now on."""
        if name not in self.named() and len(self.pulled) < _PULLED_LIMIT:
            self.pulled[name] = None
        return self.find(name) or self.loaded


_PULLED_LIMIT = 1000
