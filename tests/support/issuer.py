"""A real issuer of OpenID Connect on loopback: real HTTP, real keys, and a switch for every lie.

Knows nothing of the code under test; signs with cryptography alone.
"""

import asyncio
import base64
import functools
import hashlib
import json
import secrets
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT_ID: Final = "bakeoff"
CLIENT_SECRET: Final = "s3cret: with & odd+characters %"
REDIRECT_URI: Final = "http://127.0.0.1:1/auth/callback"
SIGNED_OUT_URI: Final = "http://127.0.0.1:1/"
API: Final = "https://bakeoff.example/api"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gone:
    """In place of a claim: it is left out."""


@functools.cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """Making one takes a tenth of a second, so the tests share a few."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def algorithm(self) -> str:
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), SHA256())
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def published(self, **changes: Any) -> dict[str, Any]:
        jwk = {"kid": self.kid, "use": "sig", "alg": self.algorithm, **public_numbers(self.private)}
        return {name: value for name, value in (jwk | changes).items() if value is not Gone}


def public_numbers(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> dict[str, str]:
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": b64(number(numbers.n)), "e": b64(number(numbers.e))}
    point = private.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32)), "y": b64(point.y.to_bytes(32))}


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(key: SigningKey, claims: dict[str, Any], **header: Any) -> str:
    whole = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"} | header
    head = {name: value for name, value in whole.items() if value is not Gone}
    body = {name: value for name, value in claims.items() if value is not Gone}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(body).encode())}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


@dataclass
class Asked:
    """A code that was given out, and for what."""

    challenge: str
    nonce: str
    redirect_uri: str


@dataclass
class Issuer:
    url: str = ""
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("first", rsa_key())])
    client_auth: Literal["basic", "post", "none"] = "basic"
    user: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    counts: Counter[str] = field(default_factory=Counter)
    """Requests by path."""
    handed_out: list[str] = field(default_factory=list)
    """Every code, verifier, secret and token that went through here."""
    # The lies. What is set to Gone is left out.
    instead: dict[str, Handler] = field(default_factory=dict)
    """Who answers in place of an endpoint, by its path."""
    document: dict[str, Any] = field(default_factory=dict)
    key_set: dict[str, Any] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    grant: dict[str, Any] = field(default_factory=dict)
    signing: SigningKey | None = None
    spoil: Callable[[str], str] = str
    """What becomes of an ID token after it was signed."""
    codes: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.user = {"sub": "u-1", "email": "Ada@Example.org", "email_verified": True, "name": "Ada"}

    @property
    def key(self) -> SigningKey:
        return self.signing or self.keys[-1]

    def rotate(self, key: SigningKey) -> None:
        self.keys = [key]

    def api_token(self, key: SigningKey | None = None, **changes: Any) -> str:
        """An access token for the API; `_header` in place of a claim changes its header."""
        now = int(self.clock())
        header = {"typ": "at+jwt"} | changes.pop("_header", {})
        claims = {"iss": self.url, "aud": API, "sub": "u-1", "iat": now, "exp": now + 300} | changes
        return token(key or self.key, claims, **header)

    def app(self) -> web.Application:
        app = web.Application()
        routes: dict[str, tuple[str, Handler]] = {
            "/.well-known/openid-configuration": ("GET", self._discovery),
            "/keys": ("GET", self._keys),
            "/authorize": ("GET", self._authorize),
            "/token": ("POST", self._token),
            "/end": ("GET", self._end),
        }
        for path, (method, handler) in routes.items():
            app.router.add_route(method, path, functools.partial(self._count, path, handler))
        return app

    async def _count(self, path: str, handler: Handler, request: web.Request) -> web.StreamResponse:
        self.counts[path] += 1
        return await self.instead.get(path, handler)(request)

    async def _discovery(self, _request: web.Request) -> web.Response:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "code_challenge_methods_supported": ["S256"],
        } | self.document
        return web.json_response({name: value for name, value in document.items() if value is not Gone})

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self.key_set or {"keys": [key.published() for key in self.keys]})

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        expected = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        wrong = [name for name, value in expected.items() if query.get(name) != value]
        if wrong or "openid" not in query["scope"].split() or query["redirect_uri"] != REDIRECT_URI:
            return web.Response(status=400, text=f"refused: {wrong}")
        code = secrets.token_urlsafe(16)
        self.handed_out.append(code)
        self.codes[code] = Asked(query["code_challenge"], query["nonce"], query["redirect_uri"])
        back = urlencode({"code": code, "state": query["state"]})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.handed_out += [form.get("code_verifier", ""), form.get("client_secret", "")]
        if not self._is_our_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked.redirect_uri
            or not secrets.compare_digest(challenge, asked.challenge)
        ):
            described = {"error": "invalid_grant", "error_description": f"code {form.get('code')}"}
            return web.json_response(described, status=400)
        return web.json_response(self._granted(asked.nonce))

    def _granted(self, nonce: str) -> dict[str, Any]:
        access = secrets.token_urlsafe(24)
        now = int(self.clock())
        claims = {"iss": self.url, "aud": CLIENT_ID, "nonce": nonce, "iat": now, "exp": now + 300}
        claims["at_hash"] = b64(hashlib.sha256(access.encode()).digest()[:16])
        id_token = self.spoil(token(self.key, claims | self.user | self.claims, **self.header))
        self.handed_out += [access, id_token]
        grant = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}
        return {name: value for name, value in (grant | self.grant).items() if value is not Gone}

    def _is_our_client(self, request: web.Request, form: dict[str, str]) -> bool:
        header = request.headers.get("Authorization", "")
        match self.client_auth:
            case "basic":
                given = base64.b64decode(header.removeprefix("Basic ")).decode().split(":")
                return [unquote_plus(part) for part in given] == [CLIENT_ID, CLIENT_SECRET]
            case "post":
                return not header and (form.get("client_id"), form.get("client_secret")) == (
                    CLIENT_ID,
                    CLIENT_SECRET,
                )
            case "none":
                return not header and form.get("client_id") == CLIENT_ID and "client_secret" not in form

    async def _end(self, request: web.Request) -> web.Response:
        if request.query.get("id_token_hint") not in self.handed_out:
            return web.Response(status=400)
        to = request.query.get("post_logout_redirect_uri", "")
        return web.Response(status=302 if to == SIGNED_OUT_URI else 400, headers={"Location": to})


@asynccontextmanager
async def running_issuer(tls: ssl.SSLContext | None = None) -> AsyncIterator[Issuer]:
    issuer = Issuer()
    runner = web.AppRunner(issuer.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    issuer.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    try:
        yield issuer
    finally:
        await runner.cleanup()


async def visit(url: str) -> tuple[int, str, dict[str, str]]:
    """What a browser is answered: the status, where it is sent, and with which parameters."""
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        location = response.headers.get("Location", "")
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return response.status, location.partition("?")[0], query


def saying(body: str | bytes, status: int = 200, **headers: str) -> Handler:
    """An endpoint that always answers the same."""

    async def answer(_request: web.Request) -> web.Response:
        data = body.encode() if isinstance(body, str) else body
        return web.Response(body=data, status=status, headers=headers)

    return answer


async def hanging(_request: web.Request) -> web.StreamResponse:
    """Takes the request and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def hanging_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
