"""How we talk to the issuer: bounded in size and time, over TLS that is verified."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backend.accounts.oidc.back_channel import BackChannel, Reply
from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.relying_party import RelyingParty
from tests.accounts.oidc.conftest import MASTER, client_of
from tests.support.issuer import Issuer, ec_key, hanging, running_issuer, saying

Channels = Callable[..., BackChannel]


@pytest.fixture
async def channels() -> AsyncIterator[Channels]:
    async with AsyncExitStack() as stack:

        def open_channel(tls: ssl.SSLContext | None = None, seconds: float = 10.0) -> BackChannel:
            channel = BackChannel(tls, seconds)
            stack.push_async_callback(channel.aclose)
            return channel

        yield open_channel


async def dripping(request: web.Request) -> web.StreamResponse:
    """Begins to answer and then says nothing more."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"issuer":')
    return await hanging(request)


@pytest.mark.parametrize("slow", [hanging, dripping])
async def test_a_slow_answer_is_waited_for_no_longer_than_said(
    channels: Channels, issuer: Issuer, slow: Callable[..., object]
) -> None:
    issuer.instead["/keys"] = slow
    with pytest.raises(SignInFailed) as raised:
        await channels(seconds=0.1).get(f"{issuer.url}/keys", "keys")
    assert raised.value.status == 503
    assert raised.value.reason.startswith("keys: ")
    assert raised.value.reason.endswith("TimeoutError")


async def test_an_endless_answer_is_read_to_the_limit_and_cut(channels: Channels, issuer: Issuer) -> None:
    gone = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65536)
        finally:
            gone.set()

    issuer.instead["/keys"] = endless
    with pytest.raises(SignInFailed, match="cannot be used"):
        await channels().get(f"{issuer.url}/keys", "keys")
    await asyncio.wait_for(gone.wait(), 20)


async def test_a_redirect_is_not_followed(channels: Channels, issuer: Issuer) -> None:
    issuer.instead["/keys"] = saying("", 302, Location="/.well-known/openid-configuration")
    with pytest.raises(SignInFailed):
        await channels().get(f"{issuer.url}/keys", "keys")
    assert issuer.counts == {"/keys": 1}


async def test_cookies_of_the_issuer_do_not_stay(channels: Channels, issuer: Issuer) -> None:
    seen: list[str | None] = []

    async def sets_a_cookie(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.json_response({}, headers={"Set-Cookie": "a=b"})

    issuer.instead["/keys"] = sets_a_cookie
    channel = channels()
    # By name: of an address nobody keeps cookies anyway.
    url = issuer.url.replace("127.0.0.1", "localhost")
    for _ in range(2):
        await channel.get(f"{url}/keys", "keys")
    assert seen == [None, None]


def test_a_reply_does_not_show_its_body() -> None:
    assert repr(Reply(200, b"secret", "token")) == "Reply(status=200, what='token')"


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate of its own, and a client's that trusts it."""
    key, name = ec_key(number=9), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    pem = folder / "issuer.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_an_issuer_on_tls_is_asked_when_its_certificate_is_trusted(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path)
    async with running_issuer(server) as issuer:
        party = RelyingParty(client_of(issuer), MASTER, tls=trusting)
        assert (await party.begin("/")).url.startswith(f"{issuer.url}/authorize?")
        await party.aclose()


async def test_a_certificate_that_nobody_trusts_is_no_issuer(tmp_path: Path) -> None:
    server, _ = certified(tmp_path)
    async with running_issuer(server) as issuer:
        party = RelyingParty(client_of(issuer), MASTER)
        with pytest.raises(SignInFailed) as raised:
            await party.begin("/")
        assert raised.value.reason == "discovery: ClientConnectorCertificateError"
        assert not issuer.counts
        await party.aclose()


async def test_an_issuer_on_tls_cannot_send_us_to_what_listens_here_in_clear(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path)
    async with running_issuer(server) as issuer:
        issuer.document["token_endpoint"] = "http://127.0.0.1:1/token"
        party = RelyingParty(client_of(issuer), MASTER, tls=trusting)
        with pytest.raises(SignInFailed) as raised:
            await party.begin("/")
        assert raised.value.reason == "discovery: token_endpoint: HTTP, though the issuer has HTTPS"
        await party.aclose()
