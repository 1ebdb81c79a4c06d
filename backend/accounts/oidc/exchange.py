"""The authorization code, exchanged for tokens at the issuer. We prove who began it."""

import base64
from typing import Final
from urllib.parse import quote_plus

import msgspec

from backend.accounts.oidc.back_channel import BackChannel, Reply
from backend.accounts.oidc.client import Client
from backend.accounts.oidc.failures import SignInFailed, error_code, start_again, unusable

_LONGEST_CODE: Final = 4096


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str
    token_type: str
    access_token: str | None = None

    def __repr__(self) -> str:
        return "Granted(…)"


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


async def exchange(channel: BackChannel, endpoint: str, client: Client, code: str, verifier: str) -> Granted:
    if not (0 < len(code) <= _LONGEST_CODE and code.isascii() and code.isprintable()):
        raise start_again("callback: without a code")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    authorization = None
    match client.client_secret, client.authenticates_by:
        case None, _:
            form["client_id"] = client.client_id
        case str(secret), "post":
            form |= {"client_id": client.client_id, "client_secret": secret}
        case str(secret), "basic":
            authorization = _basic(client.client_id, secret)
    reply = await channel.post(endpoint, "token", form, authorization)
    if reply.status != 200:
        raise _refused(reply)
    granted = reply.read_as(Granted)
    if granted.token_type.lower() != "bearer":
        raise unusable("token: of a type that is not bearer")
    return granted


def _refused(reply: Reply) -> SignInFailed:
    """Its description may repeat the code, so only the error's name is looked at."""
    error = error_code(reply.read_as(_Refusal).error)
    reason = f"token: status {reply.status}, {error}"
    # What else there is to refuse is how we were set up, and no second try mends that.
    return start_again(reason) if error == "invalid_grant" else unusable(reason)


def _basic(client_id: str, secret: str) -> str:
    """Both are written as in a form first (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
