"""Every Python process that finds this first on its path reaches loopback only.

An interpreter imports one `sitecustomize`, so the one that this hides is run afterwards.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

import only_loopback

only_loopback.install()

_here = Path(__file__).parent.resolve()
_hidden = PathFinder.find_spec(
    "sitecustomize", [entry for entry in sys.path if Path(entry).resolve() != _here]
)
if _hidden is not None and _hidden.loader is not None:
    _hidden.loader.exec_module(module_from_spec(_hidden))
