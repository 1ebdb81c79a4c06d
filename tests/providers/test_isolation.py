"""What is one user's stays with that user: keys, cookies, and what the machine's own settings hold."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, user
from backend.providers.endpoints import Dialect, Endpoint, SdkName
from backend.providers.failures import ProviderError
from backend.providers.keys import NO_KEY, Key
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.wires import CHAT, KEY, MESSAGES, WIRES, Told, Wire, ask, quick

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
every_sdk = pytest.mark.parametrize("sdk", ["openai", "anthropic"])

ALICE, BOB = Key("sk-alice-0123456789abcdef"), Key("sk-bob-0123456789abcdef")
WHY = Call("", (user("Why?"),))
CANARY = "sk-environment-canary-0123456789"
YES = b'data: {"choices":[{"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Noted:
    """A server that remembers who came and answers what it is told to."""

    def __init__(self, answer: Callable[[], web.StreamResponse]) -> None:
        self._answer = answer
        self.requests: list[web.BaseRequest] = []
        self.server = RawTestServer(self._note)

    async def _note(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        self.requests.append(request)
        return self._answer()

    def headers(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request in self.requests]

    def target(self, sdk: SdkName = "openai", name: str = "own") -> Target:
        endpoint = Endpoint(name, name.title(), str(self.server.make_url("/")), sdk)
        dialect: Dialect = "messages" if sdk == "anthropic" else "chat"
        return Target(endpoint, "some-model", dialect, Capabilities())


def stream(body: bytes = YES, **headers: str) -> Callable[[], web.StreamResponse]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.Response(body=body, headers={"content-type": "text/event-stream", **named})


def said(told: Told) -> str:
    assert told.error is None
    assert told.heard.end["end"] == "finished"
    return told.heard.text


# --- keys


@every_wire
async def test_a_call_carries_its_own_key_and_nothing_of_the_others(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    keys = [ALICE, BOB] * 5
    await asyncio.gather(*(ask(providers, wire.target(simulator, quick("swift")), key=key) for key in keys))

    given = [request.headers["authorization"] for request in simulator.requests]
    assert sorted(given) == sorted(f"Bearer {key.secret}" for key in keys)
    for request in simulator.requests:
        other = BOB if ALICE.secret in request.headers["authorization"] else ALICE
        assert other.secret not in repr([*request.headers.items(), request.path, request.body])


async def test_a_key_never_travels_to_another_endpoint(providers: Providers) -> None:
    first, second = Noted(stream()), Noted(lambda: web.json_response({}, status=401))
    async with first.server, second.server:
        refused = Candidate(second.target(name="second"), BOB)
        answering = Candidate(first.target(name="first"), ALICE)
        for _ in range(2):
            answer = providers.answer(WHY, [refused, answering])
            assert [batch async for batch in answer.pieces()]

    assert first.headers("authorization") == [f"Bearer {ALICE.secret}"] * 2
    assert second.headers("authorization") == [f"Bearer {BOB.secret}"] * 2


@every_sdk
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_for_the_key_would_go_with_it(
    status: int, sdk: SdkName, providers: Providers
) -> None:
    elsewhere = Noted(stream())
    async with elsewhere.server:
        to = {"location": str(elsewhere.server.make_url("/v1/chat/completions"))}
        here = Noted(lambda: web.Response(status=status, headers=to))
        async with here.server:
            told = await ask(providers, here.target(sdk))
            with pytest.raises(ProviderError):
                await providers.model_names(here.target(sdk).endpoint, KEY)

    assert told.error is not None
    assert (told.error.kind, told.error.status) == ("provider_error", status)
    assert len(here.requests) == 2
    assert elsewhere.requests == []


def test_no_value_shows_the_key_that_it_holds() -> None:
    target = Target(Endpoint("own", "Own"), "some-model", "chat", Capabilities())
    for value in (ALICE, Candidate(target, ALICE), [ALICE], {"key": Candidate(target, ALICE)}):
        for shown in (repr(value), str(value), f"{value}"):
            assert ALICE.secret not in shown
    assert ALICE.secret not in ALICE.fingerprint
    assert ALICE.fingerprint != BOB.fingerprint


async def test_a_server_that_needs_no_key_is_sent_nobodys(simulator: Simulator, providers: Providers) -> None:
    for wire in (CHAT, MESSAGES):
        assert (await ask(providers, wire.target(simulator, quick("swift")), key=NO_KEY)).error is None
    assert [request.headers["authorization"] for request in simulator.requests] == ["Bearer none"] * 2


# --- headers


@every_wire
async def test_the_headers_are_these_and_no_others(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    await ask(providers, wire.target(simulator, quick("swift")))
    (request,) = simulator.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    ours = {name: value for name, value in headers.items() if not name.startswith("x-stainless-")}

    assert ours.pop("user-agent").startswith("AsyncAnthropic/" if wire is MESSAGES else "AsyncOpenAI/")
    if wire is MESSAGES:
        assert ours.pop("anthropic-version")
    assert ours == {
        "host": simulator.url.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "authorization": f"Bearer {KEY.secret}",
        "connection": "keep-alive",
        "content-length": str(len(request.body)),
        "content-type": "application/json",
    }


@every_sdk
async def test_an_endpoints_own_headers_are_sent_to_it_alone(sdk: SdkName, providers: Providers) -> None:
    server = Noted(lambda: web.json_response({"data": []}))
    async with server.server:
        address = str(server.server.make_url("/"))
        own = Endpoint("own", "Own", address, sdk, headers={"x-title": "Bakeoff", "user-agent": "Bakeoff"})
        for endpoint in (own, Endpoint("other", "Other", address, sdk)):
            await providers.model_names(endpoint, KEY)

    assert server.headers("x-title") == ["Bakeoff", None]
    assert server.headers("user-agent")[0] == "Bakeoff"


ENVIRONMENT = (
    *("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_WEBHOOK_SECRET"),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_ORGANIZATION_ID"),
    *("ANTHROPIC_WORKSPACE_ID", "ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_FEDERATION_RULE_ID"),
    *("ANTHROPIC_SERVICE_ACCOUNT_ID", "ANTHROPIC_WEBHOOK_SIGNING_KEY"),
)


@pytest.mark.parametrize("key", [KEY, NO_KEY], ids=["key", "no-key"])
async def test_nothing_of_the_environment_is_sent_or_decides_where_to(
    key: Key, simulator: Simulator, providers: Providers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap = Noted(stream())
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login canary password {CANARY}\ndefault login a password {CANARY}\n")
    async with trap.server:
        trapped = str(trap.server.make_url("/v1"))
        for name in ENVIRONMENT:
            monkeypatch.setenv(name, CANARY)
        for vendor in ("OPENAI", "ANTHROPIC"):
            monkeypatch.setenv(f"{vendor}_BASE_URL", trapped)
            monkeypatch.setenv(f"{vendor}_CUSTOM_HEADERS", f"X-Canary: {CANARY}\nAuthorization: {CANARY}")
        for scheme in ("HTTP", "HTTPS", "ALL"):
            monkeypatch.setenv(f"{scheme}_PROXY", trapped)
            monkeypatch.setenv(f"{scheme}_PROXY".lower(), trapped)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        for wire in WIRES:
            said(await ask(providers, wire.target(simulator, quick("swift")), key=key))
            await providers.model_names(wire.target(simulator, "swift").endpoint, key)

    assert trap.requests == []
    assert len(simulator.requests) == 2 * len(WIRES)
    for request in simulator.requests:
        assert "canary" not in repr([*request.headers.items()]).replace(KEY.secret, "").lower()
        assert request.headers["authorization"] == f"Bearer {key.secret or 'none'}"
        assert CANARY.encode() not in request.body


async def test_a_proxy_that_settings_name_is_not_asked_for_this_machine(simulator: Simulator) -> None:
    trap = Noted(stream())
    async with trap.server:
        providers = Providers(lambda _target, _outcome: None, proxy=str(trap.server.make_url("/")))
        try:
            said(await ask(providers, CHAT.target(simulator, quick("swift"))))
        finally:
            await providers.aclose()
    assert trap.requests == []


# --- cookies and bodies


@every_sdk
async def test_a_cookie_is_never_sent_back(sdk: SdkName, providers: Providers) -> None:
    """It would join what one user did to the next."""
    statuses = iter([401, 200, 401, 200])

    def answer() -> web.StreamResponse:
        response = web.json_response({"data": []}, status=next(statuses))
        response.set_cookie("session", "alices", path="/")
        response.headers.add("set-cookie", "__cf_bm=alices; Path=/; Domain=127.0.0.1")
        return response

    server = Noted(answer)
    async with server.server:
        for key in (ALICE, BOB):
            assert (await ask(providers, server.target(sdk), key=key)).error is not None
            await providers.model_names(server.target(sdk).endpoint, key)

    assert server.headers("cookie") == [None] * 4


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_compressed_answers_are_read(
    coding: str, pack: Callable[[bytes], bytes], providers: Providers
) -> None:
    server = Noted(stream(pack(YES), content_encoding=coding))
    async with server.server:
        assert said(await ask(providers, server.target())) == "Yes."

    body = pack(json.dumps({"error": {"message": "Packed.", "code": "invalid_api_key"}}).encode())
    refusing = Noted(lambda: web.Response(status=401, body=body, headers={"content-encoding": coding}))
    async with refusing.server:
        told = await ask(providers, refusing.target())
    assert told.error is not None
    assert (told.error.kind, told.error.message) == ("credentials", "Packed.")


async def test_a_short_answer_that_never_ends_is_given_up(providers: Providers) -> None:
    """Sixty-five megabytes in sixty-five kilobytes."""
    body = gzip.compress(b'{"data":[' + b" " * (65 * 1024 * 1024))
    server = Noted(
        lambda: web.Response(
            body=body, headers={"content-encoding": "gzip", "content-type": "application/json"}
        )
    )
    async with server.server:
        with pytest.raises(ProviderError) as raised:
            await providers.model_names(server.target().endpoint, KEY)
    assert "over 67,108,864 bytes" in raised.value.message


# --- what would give a secret away


def test_headers_that_settings_give_an_endpoint_are_not_shown() -> None:
    endpoint = Endpoint("own", "Own", headers={"api-key": CANARY})
    target = Target(endpoint, "some-model", "chat", Capabilities())
    assert CANARY not in repr([endpoint, target, Candidate(target, ALICE)])


@every_sdk
@pytest.mark.parametrize("secret", ["sk-…0123456789", "sk-a\nx-injected: 1", "sk-é", "sk-\u200b", "sk-\0"])
async def test_a_key_that_cannot_be_sent_is_a_wrong_key(
    secret: str, sdk: SdkName, providers: Providers
) -> None:
    """Copied from a page it may bring more than itself."""
    server = Noted(stream())
    async with server.server:
        told = await ask(providers, server.target(sdk), key=Key(secret))
    assert told.error is not None
    assert told.error.kind == "credentials"
    assert secret not in told.error.message
    assert server.requests == []
