"""What the server says about itself: llama-server's probes and Ollama's.

Everything here says "driftgate-sim": nobody shall take it for a model.
"""

from driftgate import __version__
from driftgate.sim.ask import Json
from driftgate.sim.slots import Slots
from driftgate.sim.versions import FAMILY, Shelf, Version

BUILD = f"driftgate-sim {__version__}"
OLLAMA_VERSION = "0.13.4"  # the oldest that Codex accepts
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|turn>{{ m.role }}\n{{ m.content }}<turn|>\n"
    "{% endfor %}<|turn>model\n{# driftgate-sim #}"
)
_SAMPLING = {"temperature": 1.0, "top_k": 64, "top_p": 0.95, "min_p": 0.05}
_TRAINED = 131_072  # tokens, as the real Gemma 4
_PARAMETERS = 634_275
_CREATED = 1_767_225_600  # 2026-01-01, so that listings are the same each time


def props(version: Version, context: int, slots: Slots) -> Json:
    """llama-server's GET /props."""
    return {
        "default_generation_settings": {"params": {**_SAMPLING, "seed": 0}, "n_ctx": context},
        "total_slots": len(slots.slots),
        "model_alias": version.name,
        "model_ftype": version.quantization,
        "model_path": version.path,
        "modalities": {"vision": False, "audio": False},
        "endpoint_slots": True,
        "endpoint_props": False,
        "chat_template": TEMPLATE,
        "bos_token": "<bos>",
        "eos_token": "<turn|>",
        "build_info": BUILD,
        "simulated": True,
    }


def models(shelf: Shelf, context: int) -> Json:
    """GET /v1/models, with llama-server's `meta`."""
    data = [
        {
            "id": name,
            "object": "model",
            "created": _CREATED,
            "owned_by": "driftgate-sim",
            "meta": {
                "vocab_type": 2,
                "n_vocab": 1100,
                "n_ctx": context,
                "n_ctx_train": _TRAINED,
                "n_embd": 128,
                "n_params": _PARAMETERS,
                "size": version.size,
                "ftype": version.quantization,
            },
        }
        for name, version in shelf.named().items()
    ]
    return {"object": "list", "data": data}


def slots_now(slots: Slots, context: int) -> list[Json]:
    """llama-server's GET /slots."""
    return [
        {
            "id": slot.number,
            "n_ctx": context,
            "speculative": False,
            "is_processing": False,
            "n_prompt_tokens": slot.tokens,
            "params": _SAMPLING,
        }
        for slot in slots.slots
    ]


def _details(version: Version) -> Json:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": FAMILY,
        "families": [FAMILY],
        "parameter_size": "634.28K",
        "quantization_level": version.quantization,
    }


def tags(shelf: Shelf) -> Json:
    """Ollama's GET /api/tags."""
    listed = [
        {
            "name": name,
            "model": name,
            "modified_at": "2026-01-01T00:00:00Z",
            "size": version.size,
            "digest": version.digest,
            "details": _details(version),
        }
        for name, version in shelf.named().items()
    ]
    return {"models": listed}


def running(shelf: Shelf, context: int) -> Json:
    """Ollama's GET /api/ps: the loaded model."""
    version = shelf.loaded
    told = {
        "name": version.name,
        "model": version.name,
        "size": version.size,
        "digest": version.digest,
        "details": _details(version),
        "expires_at": "2318-01-01T00:00:00Z",
        "size_vram": 0,
        "context_length": context,
    }
    return {"models": [told]}


def show(version: Version, context: int) -> Json:
    """Ollama's POST /api/show."""
    return {
        "license": "driftgate-sim: a simulation, no weights",
        "modelfile": f"# driftgate-sim\nFROM {version.path}\n",
        "parameters": "\n".join(f"{name:<30} {value}" for name, value in _SAMPLING.items()),
        "template": TEMPLATE,
        "details": _details(version),
        "model_info": {
            "general.architecture": FAMILY,
            "general.file_type": 1 if version.quantization == "F16" else 7,
            "general.parameter_count": _PARAMETERS,
            f"{FAMILY}.context_length": context,
            f"{FAMILY}.embedding_length": 128,
        },
        "capabilities": ["completion", "tools", "thinking"],
        "modified_at": "2026-01-01T00:00:00Z",
    }


def pull_steps(version: Version) -> list[Json]:
    """Ollama's POST /api/pull, step by step."""
    digest = f"sha256:{version.digest}"
    layer = {"status": f"pulling {version.digest[:12]}", "digest": digest, "total": version.size}
    parts = [{**layer, "completed": version.size * share // 4} for share in range(5)]
    words = ("verifying sha256 digest", "writing manifest", "success")
    return [{"status": "pulling manifest"}, *parts, *({"status": word} for word in words)]
