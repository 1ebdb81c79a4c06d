"""Somebody with an account, over HTTP. What is promised for the weather is borne, all else is a finding."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import aiohttp

from soak.weather import AWAY
from soak.world import World

PASSWORD: Final = "nine dry umbrellas"  # noqa: S105 - of people who live for minutes
_PATIENCE: Final = aiohttp.ClientTimeout(total=45)
_FRESH_FOR: Final = 600.0  # seconds; an access token is good for fifteen minutes
_DATABASE_GONE: Final = "database_unavailable"


class Disturbed(Exception):  # noqa: N818 - reads as what it is
    """It did not come about, for a reason that was to be expected or is noted already. Try again later."""


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    body: Any
    """Of JSON what it says, of anything else its text."""

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Person:
    def __init__(self, world: World, name: str, email: str = "") -> None:
        self.world = world
        self.name = name
        self.email = email or f"{name}-{uuid4().hex}@example.org"
        self.token = ""
        self._refresh_token = ""
        self._signed_in_at = 0.0
        self._session: aiohttp.ClientSession | None = None

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=8),
                timeout=_PATIENCE,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def hang_up(self) -> None:
        """No connection is left; the next question opens one."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def register(self) -> None:
        said = {"email": self.email, "password": PASSWORD, "name": self.name}
        self._take(await self.ask("POST", "/auth/register", said, status=(200, 201)))

    async def sign_in(self) -> None:
        self.token = ""  # the one of before may be good for nothing any more
        said = {"email": self.email, "password": PASSWORD}
        self._take(await self.ask("POST", "/auth/login", said))

    async def refresh(self) -> None:
        """An answer that was lost is given again for ten seconds; after that one has to sign in."""
        said, asked = {"refreshToken": self._refresh_token}, time.monotonic()
        try:
            heard = await self.ask("POST", "/auth/refresh", said)
        except Disturbed:
            await self.world.pause(0.5)
            heard = await self.ask("POST", "/auth/refresh", said, status=(200, 401))
        if heard.status == 401:
            if time.monotonic() - asked < 9:
                self.world.tally.found("a refresh was refused within its ten seconds", heard)
            await self.sign_in()
        else:
            self._take(heard)

    async def keep_signed_in(self) -> None:
        if time.monotonic() - self._signed_in_at > _FRESH_FOR:
            await self.refresh()

    async def ask(
        self, method: str, path: str, said: object = None, status: Collection[int] = (200, 201, 202, 204)
    ) -> Heard:
        """`status`: what the answer may have. Raises Disturbed."""
        began = time.monotonic()
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with self._http.request(
                method, self.world.url + path, json=said, headers=headers
            ) as answer:
                body: Any = await answer.json() if "json" in answer.content_type else await answer.text()
                heard = Heard(answer.status, body)
        except TimeoutError as error:
            self.world.tally.found(f"{method} {_pattern(path)}: no answer in {_PATIENCE.total} s", path)
            raise Disturbed from error
        except (aiohttp.ClientError, ConnectionError) as error:
            self._bear(f"{method} {_pattern(path)}: {type(error).__name__}", repr(error), AWAY, began)
            raise Disturbed from error
        self.world.tally.did("requests")
        if heard.status in status:
            return heard
        self._judge(method, path, heard, began)
        raise Disturbed

    def _judge(self, method: str, path: str, heard: Heard, began: float) -> None:
        what = f"{method} {_pattern(path)}: {heard.status} {heard.code}"
        if heard.status == 503:
            borne = ("pause", *AWAY) if heard.code == _DATABASE_GONE else AWAY
            self._bear(what, heard.body, borne, began)
        else:
            self.world.tally.found(what, f"{path} {str(heard.body)[:500]}")

    def _bear(self, what: str, context: object, borne: Collection[Any], began: float) -> None:
        if self.world.weather.had(borne, began):
            self.world.tally.did("disturbances")
        else:
            self.world.tally.found(what, context)

    def _take(self, heard: Heard) -> None:
        self.token = heard.body["accessToken"]
        self._refresh_token = heard.body["refreshToken"]
        self._signed_in_at = time.monotonic()


def _pattern(path: str) -> str:
    """Without ids, so that the same finding is one."""
    return "/".join("*" if len(part) == 36 else part for part in path.partition("?")[0].split("/"))
