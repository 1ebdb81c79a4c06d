"""Passwords: which ones are taken, their argon2id hashes, and the threads that compute them.

Knows no user. What is compared is what was typed, to the last bit: nothing is cut, folded or normalised.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.kit.errors import AppError, FieldProblem, Invalid

T = TypeVar("T")

SHORTEST: Final = 8
LONGEST: Final = 1024
THREADS: Final = 2
# At some 50 a second; whoever comes after them would have given up before it is his turn.
MOST_WAITING: Final = 256

_FEWEST_CHARACTERS: Final = 4
# Walks over a keyboard or an alphabet, in both directions; any stretch of them is guessed first.
_WALKS: Final = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_WORDS: Final = frozenset(
    {
        "admin",
        "administrator",
        "bakeoff",
        "baseball",
        "changeme",
        "default",
        "dragon",
        "football",
        "iloveyou",
        "letmein",
        "login",
        "master",
        "monkey",
        "passw0rd",
        "password",
        "princess",
        "secret",
        "shadow",
        "sunshine",
        "superman",
        "test",
        "welcome",
    }
)
_DECORATION: Final = "0123456789!?.-_#@$*+ "


class Passwords:
    """At most two at a time, so that sign-ins leave a core to everybody else and cost 38 MiB at most."""

    def __init__(self, *, memory_kib: int = 19 * 1024, rounds: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self._hasher.hash(_exactly(password)))

    async def verify(self, stored: str | None, given: str) -> bool:
        """Without a stored hash the same work is done, so that time does not tell who has an account."""
        if len(given) > LONGEST:
            return False
        return await self._in_thread(lambda: self._fits(stored, _exactly(given)))

    def outdated(self, stored: str) -> bool:
        """Was it hashed with other parameters than today's?"""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fits(self, stored: str | None, given: bytes) -> bool:
        if stored is None:
            self._hasher.hash(given)
            return False
        try:
            return self._hasher.verify(stored, given)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            message = "Too many people are signing in at this moment. Please try again."
            raise AppError(message, status=503, code="busy", headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def refuse_weak(password: str, about: Iterable[str] = (), field: str = "password") -> None:
    """`about` is what is known of its owner, such as the e-mail address."""
    if problem := _weakness(password, about):
        raise Invalid([FieldProblem(field=field, message=problem)])


def _weakness(password: str, about: Iterable[str]) -> str | None:
    if len(password) < SHORTEST:
        return f"At least {SHORTEST} characters, please."
    if len(password) > LONGEST:
        return f"At most {LONGEST} characters, please."
    lowered = password.lower()
    known = {part for text in about for part in (text.lower(), text.lower().partition("@")[0])}
    bare = lowered.strip(_DECORATION)
    walked = any(lowered in line or lowered in line[::-1] for line in _WALKS)
    if len(set(lowered)) < _FEWEST_CHARACTERS or walked or bare in _WORDS or {lowered, bare} & known:
        return "This is among the first that would be guessed. Please take another one."
    return None


def _exactly(password: str) -> bytes:
    # JSON can say half of a surrogate pair.
    return password.encode("utf-8", "surrogatepass")
