"""What takes long to make and is made once: on first need, in a thread, for all who ask."""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[T] | None = None

    async def get(self) -> T:
        """Who gives up waiting does not stop it; what failed is tried again by the next who asks."""
        if self._made is not None:
            return self._made[0]
        return await asyncio.to_thread(self._get)

    def _get(self) -> T:
        with self._lock:
            if self._made is None:
                self._made = (self._make(),)
            return self._made[0]
