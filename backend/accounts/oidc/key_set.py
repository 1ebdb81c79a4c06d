"""The issuer's keys, kept: fetched anew when a key is asked for that is not among them, but not at will.

Whoever makes up key ids makes us ask the issuer once a minute, not once a token.
"""

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import structlog

from backend.accounts.oidc.failures import SignInFailed, unusable
from backend.accounts.oidc.flight import Flight
from backend.accounts.oidc.keys import Key

_BETWEEN_FETCHES: Final = 60.0
# Without any key nobody signs in, so a failed try is repeated sooner.
_WHILE_EMPTY: Final = 5.0
# A key that the issuer has withdrawn is not believed for longer.
_LIFETIME: Final = 3600.0

_log = structlog.get_logger()

Fetch = Callable[[], Coroutine[Any, Any, Mapping[str | None, Key]]]


class KeySet:
    def __init__(self, fetch: Fetch, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: Mapping[str | None, Key] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failure: SignInFailed | None = None
        self._flight = Flight(self._fetch_once)

    async def key(self, kid: str | None) -> Key | None:
        """None: the issuer has no such key. A token that names no key is of the only one."""
        if self._monotonic() - self._fetched_at >= _LIFETIME or self._find(kid) is None:
            await self._refresh()
        return self._find(kid)

    async def aclose(self) -> None:
        await self._flight.aclose()

    def _find(self, kid: str | None) -> Key | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        pause = _BETWEEN_FETCHES if self._keys else _WHILE_EMPTY
        if self._flight.is_under_way or self._monotonic() - self._tried_at >= pause:
            await self._flight.join()
        if not self._keys and self._failure is not None:
            # Kept and raised many times: each would lengthen its traceback.
            raise self._failure.with_traceback(None)

    async def _fetch_once(self) -> None:
        self._tried_at = self._monotonic()
        try:
            keys = await self._fetch()
            if not keys:
                raise unusable("keys: none among them can be used")
        except SignInFailed as failure:
            self._failure = failure
            if self._keys:
                _log.warning("oidc.old_keys_kept", reason=failure.reason)
            return
        self._keys, self._failure, self._fetched_at = keys, None, self._monotonic()
