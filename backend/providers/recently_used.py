"""Values by key, made when first asked for, in bounded number: the longest unused goes, unless it is busy."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    """`idle` says whether a value may be forgotten. Where none is, more are kept than `most`."""

    def __init__(self, make: Callable[[], V], idle: Callable[[V], bool], most: int) -> None:
        self._make = make
        self._idle = idle
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()

    def __getitem__(self, key: K) -> V:
        value = self._values.get(key)
        if value is None:
            self._make_room()
            value = self._values[key] = self._make()
        else:
            self._values.move_to_end(key)
        return value

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def _make_room(self) -> None:
        spare = len(self._values) - self._most + 1
        if spare > 0:
            idle = [key for key, value in self._values.items() if self._idle(value)]
            for key in idle[:spare]:
                del self._values[key]
