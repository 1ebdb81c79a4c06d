"""What a failed sign-in says to a person, and what it tells the log. Neither holds a secret."""

import re
from typing import Final

from backend.kit.errors import AppError

_ERROR_CODE: Final = re.compile(r"[a-z_]{1,40}")


class SignInFailed(AppError):  # noqa: N818 - reads as what it is
    """`reason` is for the log; the message is all that the person sees."""

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        super().__init__(message, status=status, code="sign_in_failed")
        self.reason = reason


def unreachable(reason: str) -> SignInFailed:
    """The issuer is down or too slow."""
    message = "The sign-in provider cannot be reached. Try again in a moment."
    return SignInFailed(message, status=503, reason=reason)


def unusable(reason: str) -> SignInFailed:
    """The issuer answered, and the answer cannot be believed or understood."""
    message = "The sign-in provider gave an answer that cannot be used. Tell whoever runs this server."
    return SignInFailed(message, status=502, reason=reason)


def start_again(reason: str) -> SignInFailed:
    """The callback belongs to no sign-in that began here, or not any more."""
    message = "This sign-in has expired or was begun elsewhere. Start it again."
    return SignInFailed(message, status=400, reason=reason)


def declined(error: str) -> SignInFailed:
    """The issuer sent the browser back with an error instead of a code."""
    message = "The sign-in provider did not let you in."
    return SignInFailed(message, status=403, reason=f"callback: {error_code(error)}")


def error_code(given: object) -> str:
    """An OAuth error code; anything else that stands in its place may be anything."""
    return given if isinstance(given, str) and _ERROR_CODE.fullmatch(given) else "an error without a code"


def not_admitted(message: str, reason: str) -> SignInFailed:
    """The issuer knows who it is, and there is no account for them here."""
    return SignInFailed(message, status=403, reason=reason)
