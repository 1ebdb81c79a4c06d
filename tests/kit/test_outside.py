import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from backend.kit.base_urls import BaseUrl, InvalidBaseUrl
from backend.kit.outside import NotOutside, Outside, Reach
from tests.kit.hostile import CORPUS, NAMES, OUTSIDE, Counting, Listener
from tests.support.loopback.only_loopback import OnlyLoopbackError


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    heard = Listener()
    # Also where ::1 leads, and what is sent to 127.0.0.2 or to an IPv4-mapped address.
    with socket.socket(socket.AF_INET6) as both:
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        both.listen()
        async with await asyncio.start_server(heard.answer, sock=both):
            heard.port = both.getsockname()[1]
            yield heard


async def get(outside: Outside, url: str, **options: object) -> str:
    """As the transport does it: no proxy, no redirect."""
    async with (
        aiohttp.ClientSession(connector=outside.connector(**options), trust_env=False) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        return await response.text()


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) == len(set(CORPUS)) > 100


@pytest.mark.parametrize("written", CORPUS)
async def test_a_hostile_address_is_not_saved_and_opens_no_connection(
    written: str, listener: Listener
) -> None:
    """Even where whoever saves it was fooled, and where the port is not what keeps it out."""
    text = written.format(listener.port)
    resolver = Counting(NAMES)
    outside = Outside(Reach(ports=frozenset({443, listener.port})), resolver)
    try:
        problem = await outside.problem_with(BaseUrl.parse(text))
    except InvalidBaseUrl as error:
        problem = str(error)
        assert resolver.asked == []
    assert problem
    assert len(resolver.asked) <= 1

    with pytest.raises((aiohttp.ClientError, ValueError)) as refused:
        await get(outside, text)
    reason = refused.value
    if isinstance(reason, aiohttp.ClientConnectorError):
        assert isinstance(reason.os_error, NotOutside) or str(reason.os_error) == "no such name"
    assert listener.knocks == 0
    assert len(resolver.asked) <= 2


async def test_where_local_servers_are_allowed_the_listener_is_reached(listener: Listener) -> None:
    """So it would have heard the others."""
    outside = Outside(Reach(local=True), Counting(NAMES))
    for host in ("127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "localhost", "mapped.evil.example"):
        url = f"http://{host}:{listener.port}/v1"
        assert await outside.problem_with(BaseUrl.parse(url)) is None
        assert await get(outside, url) == "ok"
    assert listener.knocks == 6


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "metadata.google.internal",
        "scoped.evil.example",
        "mixed.evil.example",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_metadata_and_what_is_no_server_are_never_allowed(host: str, scheme: str) -> None:
    outside = Outside(Reach(local=True), Counting(NAMES))
    url = f"{scheme}://{host}:8080/v1"
    assert await outside.problem_with(BaseUrl.parse(url))
    with pytest.raises(aiohttp.ClientConnectorError) as refused:
        await get(outside, url)
    assert isinstance(refused.value.os_error, NotOutside)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.178.2", "::1", "fd12:3456::1", "::ffff:10.0.0.1"],
)
def test_local_servers_are_allowed_on_any_port_where_local_ones_are(address: str) -> None:
    assert Reach(local=True).allows(address, 11434)
    assert not Reach().allows(address, 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
@pytest.mark.parametrize("local", [False, True])
def test_a_server_outside_is_reached_on_its_ports_only(address: str, local: bool) -> None:
    assert Reach(local=local).allows(address, 443)
    assert Reach(local=local, ports=frozenset({8443})).allows(address, 8443)
    for port in (80, 22, 8443, 11434):
        assert not Reach(local=local).allows(address, port)


async def test_without_tls_only_local_servers_are_spoken_to() -> None:
    local = Outside(Reach(local=True), Counting({"far.example": [[OUTSIDE]]}))
    for url in ("http://far.example", "http://far.example:443", "http://8.8.8.8", "http://8.8.8.8:443"):
        assert await local.problem_with(BaseUrl.parse(url))
    assert await Outside(Reach(), Counting({})).problem_with(BaseUrl.parse("http://127.0.0.1"))


async def test_a_good_address_has_no_problem() -> None:
    resolver = Counting({"far.example": [[OUTSIDE, "2606:4700::1111"]]})
    assert await Outside(Reach(), resolver).problem_with(BaseUrl.parse("https://far.example/v1")) is None
    assert await Outside(Reach(), resolver).problem_with(BaseUrl.parse("https://8.8.8.8/v1")) is None
    assert resolver.asked == ["far.example"]


async def test_a_name_that_nobody_knows_is_a_problem_not_a_failure() -> None:
    said = await Outside(Reach(), Counting({})).problem_with(BaseUrl.parse("https://nobody.example"))
    assert said == "Its host is not known."


@given(st.ip_addresses(), st.booleans())
def test_what_is_not_global_is_never_outside(address: object, local: bool) -> None:
    reach = Reach(local=local)
    allowed = reach.allows(str(address), 443)
    assert allowed or not local or not Reach().allows(str(address), 443)
    if allowed and not local:
        assert address.is_global  # type: ignore[attr-defined]
        assert not address.is_private  # type: ignore[attr-defined]


@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_as_what_it_is(address: object) -> None:
    plain = Reach().allows(str(address), 443)
    assert Reach().allows(f"::ffff:{address}", 443) == plain
    assert Reach().allows(f"64:ff9b::{address}", 443) == plain
    assert not Reach().allows(f"::{address}", 443)


async def test_whoever_resolves_differently_the_second_time_is_not_asked_twice(listener: Listener) -> None:
    """The name leads to one server first and to another one ever after."""
    seen: list[str] = []
    resolver = Counting({"rebind.example": [["127.0.0.2"], ["127.0.0.1"]]})
    outside = Outside(Reach(local=True), resolver)

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("sockname")[0])
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(note, "0.0.0.0") as server:
        port = server.sockets[0].getsockname()[1]
        await get(outside, f"http://rebind.example:{port}/")
    assert seen == ["127.0.0.2"]
    assert resolver.asked == ["rebind.example"]
    assert listener.knocks == 0


async def test_a_name_that_turned_inwards_after_it_was_saved_is_not_followed(listener: Listener) -> None:
    resolver = Counting({"rebind.example": [[OUTSIDE], ["127.0.0.1"]]})
    outside = Outside(Reach(ports=frozenset({listener.port})), resolver)
    url = f"https://rebind.example:{listener.port}/v1"
    assert await outside.problem_with(BaseUrl.parse(url)) is None
    with pytest.raises(aiohttp.ClientConnectorDNSError) as refused:
        await get(outside, url)
    assert isinstance(refused.value.os_error, NotOutside)
    assert listener.knocks == 0


async def test_what_is_connected_to_is_what_was_judged(listener: Listener) -> None:
    """The name leads outside first and inwards ever after; the fence of the tests says where this goes."""
    resolver = Counting({"rebind.example": [[OUTSIDE], ["127.0.0.1"]]})
    outside = Outside(Reach(ports=frozenset({listener.port})), resolver)
    with pytest.raises(OnlyLoopbackError, match=rf"not {OUTSIDE}:{listener.port}"):
        await get(outside, f"https://rebind.example:{listener.port}/v1")
    assert resolver.asked == ["rebind.example"]
    assert listener.knocks == 0


async def test_happy_eyeballs_tries_judged_addresses_only() -> None:
    """The first does not answer, the second does: both are of the one answer."""
    heard = Listener()
    async with await asyncio.start_server(heard.answer, "127.0.0.9") as server:
        port = server.sockets[0].getsockname()[1]
        resolver = Counting({"two.example": [["127.0.0.3", "127.0.0.9"], ["127.0.0.4"]]})
        assert await get(Outside(Reach(local=True), resolver), f"http://two.example:{port}/") == "ok"
    assert resolver.asked == ["two.example"]
    assert heard.knocks == 1


async def test_a_redirect_inwards_is_an_answer_not_a_way(listener: Listener) -> None:
    async def send_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        target = f"http://127.0.0.1:{listener.port}/"
        writer.write(f"HTTP/1.1 307 Go\r\nlocation: {target}\r\ncontent-length: 4\r\n\r\naway".encode())
        writer.close()

    async with await asyncio.start_server(send_away, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        assert await get(Outside(Reach(local=True)), f"http://127.0.0.1:{port}/") == "away"
    assert listener.knocks == 0


@contextmanager
def certificate(name: str, folder: Path) -> Iterator[tuple[ssl.SSLContext, ssl.SSLContext]]:
    """For a server with that name, and for clients who believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(made + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    yield server, ssl.create_default_context(cadata=made.decode())


@asynccontextmanager
async def tls_server(context: ssl.SSLContext, heard: list[str]) -> AsyncIterator[int]:
    def greeted(_connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        heard.append(f"sni: {name}")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        heard.extend(line for line in head.split("\r\n") if line.startswith("host:"))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context.sni_callback = greeted
    async with await asyncio.start_server(answer, "127.0.0.1", ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def test_tls_and_host_speak_of_the_name_though_an_address_is_connected_to(tmp_path: Path) -> None:
    heard: list[str] = []
    outside = Outside(Reach(local=True), Counting({"models.example": [["127.0.0.1"]]}))
    with certificate("models.example", tmp_path) as (server, client):
        async with tls_server(server, heard) as port:
            await get(outside, f"https://models.example:{port}/v1", ssl=client)
    assert heard == ["sni: models.example", f"host: models.example:{port}"]


async def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path) -> None:
    outside = Outside(Reach(local=True), Counting({"models.example": [["127.0.0.1"]]}))
    with certificate("other.example", tmp_path) as (server, client):
        async with tls_server(server, []) as port:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await get(outside, f"https://models.example:{port}/v1", ssl=client)


def test_what_reaches_yarl_is_read_there_as_here() -> None:
    for text in ("https://b\u00fccher.example:8443/v1", "https://[2001:DB8::1]:8443/v1/a_b~c@d"):
        ours = BaseUrl.parse(text)
        theirs = URL(str(ours))
        assert (theirs.host_subcomponent or "").strip("[]") == ours.host
        assert (theirs.scheme, theirs.port, theirs.raw_path) == (ours.scheme, ours.port, ours.path)
