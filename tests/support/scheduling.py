"""Who runs what, where there are several workers: a module stays together, and some folders do."""

from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = frozenset({"tests/health", "tests/soak"})
"""What these tests look at takes half a minute to make; each worker would make its own."""


class ByModule(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        module: str = super()._split_scope(nodeid)
        folder = module.rpartition("/")[0]
        return folder if folder in TOGETHER else module
