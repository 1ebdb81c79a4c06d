"""The two cookies of a browser that is signed in. No script can read them, no other site can send them.

The refresh token travels only to where it is used.
"""

from dataclasses import dataclass
from typing import Final, Literal

from litestar.datastructures import Cookie

REFRESH_PATH: Final = "/auth"
_DAYS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Cookies:
    """On TLS the names themselves say that nobody else can have set them."""

    secure: bool

    @property
    def access(self) -> str:
        return "__Host-bakeoff" if self.secure else "bakeoff"

    @property
    def refresh(self) -> str:
        return "__Secure-bakeoff-refresh" if self.secure else "bakeoff-refresh"

    def signed_in(self, access_token: str, access_seconds: int, refresh_token: str) -> list[Cookie]:
        return [
            self._cookie(self.access, access_token, "/", access_seconds, "lax"),
            self._cookie(self.refresh, refresh_token, REFRESH_PATH, 30 * _DAYS, "strict"),
        ]

    def signed_out(self) -> list[Cookie]:
        return [
            self._cookie(self.access, "", "/", 0, "lax"),
            self._cookie(self.refresh, "", REFRESH_PATH, 0, "strict"),
        ]

    def _cookie(
        self, name: str, value: str, path: str, seconds: int, same_site: Literal["lax", "strict"]
    ) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path=path,
            max_age=seconds,
            httponly=True,
            secure=self.secure,
            samesite=same_site,
        )
