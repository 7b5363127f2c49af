"""driftgate: flight recorder and upgrade gate for local LLMs.

The packages below this name live in folders of their own at the top of the source tree (proxy/,
replay/, contracts/, dashboards/). In a wheel they are ordinary subpackages; in a source tree this
file adds the tree to the package's search path, so that `driftgate.proxy` is the folder proxy/.
"""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
if (_ROOT / "pyproject.toml").is_file():
    __path__.append(str(_ROOT))

__version__ = "0.1.0"
