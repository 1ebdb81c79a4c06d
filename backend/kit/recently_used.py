"""Values by key in bounded number: who was used longest ago goes. Knows nothing of what it keeps."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def pop(self, key: K) -> V | None:
        return self._values.pop(key, None)

    def forget(self, stale: Callable[[V], bool]) -> None:
        """Looks at all of them."""
        for key in [key for key, value in self._values.items() if stale(value)]:
            del self._values[key]

    def __setitem__(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)


class MadeWhenUsed(Generic[K, V]):
    """Made when first asked for. What is busy stays, and where nothing is idle, more are kept than `most`."""

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

    def __iter__(self) -> Iterator[V]:
        """What there is, without using it."""
        return iter(self._values.values())

    def _make_room(self) -> None:
        spare = len(self._values) - self._most + 1
        if spare > 0:
            idle = [key for key, value in self._values.items() if self._idle(value)]
            for key in idle[:spare]:
                del self._values[key]
