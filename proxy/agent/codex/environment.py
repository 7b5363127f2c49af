"""What a Codex process, and with it the commands that a model runs, see of this process's environment.

An allowlist: API keys, tokens and proxies are not for a model's eyes, and a proxy would lead its calls
out of the machine.
"""

import os
from collections.abc import Mapping

_KEPT = ("PATH", "HOME", "LANG", "TERM", "TMPDIR", "USER", "LOGNAME", "SHELL", "TZ", "LANGUAGE")
_KEPT_PREFIX = "LC_"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a Codex process, without its CODEX_HOME.

    Args:
        source: what to take from; None: this process's own.
    """
    own = os.environ if source is None else source
    kept = {k: v for k, v in own.items() if k in _KEPT or k.startswith(_KEPT_PREFIX)}
    # the proxy is reached directly whatever the system's own settings say
    return {"PATH": _PATH, **kept, "NO_PROXY": "*", "no_proxy": "*"}
