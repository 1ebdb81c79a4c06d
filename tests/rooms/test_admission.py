"""Who gets a socket: by which host, from which page, with which proof."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus

from backend.accounts import api_keys
from backend.accounts.callers import Caller
from backend.kit import clock
from backend.rooms.conversation import SECONDS_TO_SIGN_IN
from backend.rooms.crowd import Crowd
from tests.rooms.stage import Person, Stage
from tests.server.frames import RawClient, dial, upgrade_request

OWN = "http://127.0.0.1:{port}"
ALLOWED = (OWN, "https://app.example.org")
OTHERS = (
    "https://127.0.0.1:{port}",  # another scheme
    "http://127.0.0.1:1{port}",
    "http://127.0.0.1",
    "http://localhost:{port}",  # another name of the same machine is another site
    "http://127.0.0.1.evil.example:{port}",
    "http://evil.example",
    "https://app.example.org.evil.example",
    "https://app.example.org:8443",
    "http://app.example.org",
    "null",
)


def refusal(stage: Stage, query: str = "", **headers: str) -> int:
    """The status that the handshake is answered with, and the body of every error."""
    with pytest.raises(InvalidStatus) as caught:
        stage.open(None, query, **headers)
    response = caught.value.response
    body = json.loads(response.body or b"{}")
    assert body["statusCode"] == response.status_code
    assert body["requestId"] == response.headers["x-request-id"]
    return response.status_code


def cookie(person: Person) -> str:
    return f"theme=dark; bakeoff={person.token}"


def at(stage: Stage, origin: str) -> str:
    return origin.format(port=stage.thread.server.port)


def works(stage: Stage, person: Person, query: str = "", **headers: str) -> None:
    """A socket that is signed in reads what is its own."""
    story = stage.archive.keep(person.id)
    page = stage.open(None, query, **headers)
    assert page.join(story.session_id)["access"] == "owner"


def test_a_cookie_counts_with_an_origin_that_is_ours(stage: Stage) -> None:
    ada = stage.person()
    for origin in ALLOWED:
        works(stage, ada, cookie=cookie(ada), origin=at(stage, origin))


@pytest.mark.parametrize("origin", OTHERS)
def test_a_cookie_from_a_page_of_another_site_is_refused(origin: str, stage: Stage) -> None:
    ada = stage.person()
    assert refusal(stage, cookie=cookie(ada), origin=at(stage, origin)) == 403
    # The same when the cookie is worth nothing: the answer tells nobody which.
    assert refusal(stage, cookie="bakeoff=old", origin=at(stage, origin)) == 403


def test_a_cookie_without_an_origin_is_refused(stage: Stage) -> None:
    assert refusal(stage, cookie=cookie(stage.person())) == 403


def test_an_old_cookie_is_nothing_and_nobody_is_asked_in_a_minute(stage: Stage) -> None:
    """A browser whose cookie has run out may say who it is as everybody else."""
    page = stage.open(None, "", cookie="bakeoff=old", origin=at(stage, OWN))
    assert page.ask("authenticate", token=stage.person().token)["type"] == "authenticated"


def test_an_access_token_and_an_api_key_are_proof_in_a_header(stage: Stage) -> None:
    ada = stage.person()
    works(stage, ada, authorization=f"Bearer {ada.token}")
    # No browser can be made to send the header, so the page does not matter.
    works(stage, ada, authorization=f"bearer {ada.token}", origin="https://evil.example")
    works(stage, ada, authorization=f"Bearer {api_key(stage, ada)}")


def api_key(stage: Stage, person: Person, *scopes: str) -> str:
    async def make() -> str:
        async with stage.database.transaction() as db:
            _, secret = await api_keys.create(
                db,
                person.id,
                name="key",
                scopes=scopes or ("run",),  # type: ignore[arg-type]
                expires_at=None,
                now=clock.now(),
            )
        return secret

    return stage.do(make())


def test_a_ticket_is_proof_once(stage: Stage) -> None:
    ada = stage.person()
    ticket = stage.now(ticket_for, stage, ada)
    works(stage, ada, f"?ticket={ticket}")
    assert refusal(stage, f"?ticket={ticket}") == 401
    page = stage.open()
    assert page.ask("authenticate", ticket=ticket)["code"] == "invalid_credentials"
    other = stage.now(ticket_for, stage, ada)
    assert page.ask("authenticate", ticket=other)["userId"] == str(ada.id)
    assert refusal(stage, f"?ticket={other}") == 401


def ticket_for(stage: Stage, person: Person) -> str:
    caller = Caller(person.id, person.user.email, person.user.role, "token", device_id=person.device_id)
    return stage.door.tickets.issue(caller, time.monotonic())


@pytest.mark.parametrize(
    "given",
    ["Bearer", "Bearer x", "Basic eDp5", "Bearer sk-bakeoff-unknown", f"Bearer {'a.' * 2000}b", "x"],
)
def test_a_header_that_proves_nothing_is_refused(given: str, stage: Stage) -> None:
    ada = stage.person()
    assert refusal(stage, authorization=given) == 401
    assert refusal(stage, authorization=given, cookie=cookie(ada), origin=at(stage, OWN)) == 401


def test_a_ticket_that_nobody_gave_out_is_refused(stage: Stage) -> None:
    for query in ("?ticket=x", "?ticket=", "?a=b&ticket=%00"):
        assert refusal(stage, query) == 401


def test_who_was_shown_out_since_a_ticket_was_given_is_refused(stage: Stage) -> None:
    ada = stage.person()
    ticket = stage.now(ticket_for, stage, ada)
    stage.revoke(ada)
    assert refusal(stage, f"?ticket={ticket}") == 401


def test_a_token_of_the_past_is_refused(stage: Stage) -> None:
    ada = stage.person()
    old = stage.door.access_tokens.issue(ada.id, ada.device_id, clock.now() - timedelta(hours=1))
    assert refusal(stage, authorization=f"Bearer {old}") == 401


def test_a_first_message_is_proof_and_until_then_nothing_is_answered(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open()
    refused = page.join(story.session_id)
    assert (refused["type"], refused["code"]) == ("error", "not_signed_in")
    for wrong in ({"token": "x"}, {"ticket": "x"}):
        assert page.ask("authenticate", **wrong)["code"] == "invalid_credentials"
    for neither in ({}, {"token": "x", "ticket": "y"}):
        answer = page.ask("authenticate", **neither)
        assert (answer["code"], answer["details"][0]["field"]) == ("validation_failed", "token")
    said = page.ask("authenticate", token=ada.token)
    assert (said["type"], said["userId"], said["name"]) == ("authenticated", str(ada.id), "ada")
    assert page.join(story.session_id)["type"] == "joined"
    assert stage.archive.reads == 1


def test_a_socket_can_prove_itself_anew_but_not_become_somebody_else(stage: Stage) -> None:
    ada, bert = stage.person(), stage.person("bert@example.org")
    page = stage.open(ada.token)
    fresh = stage.door.access_tokens.issue(ada.id, ada.device_id, clock.now())
    assert page.ask("authenticate", token=fresh)["userId"] == str(ada.id)
    assert page.ask("authenticate", token=bert.token)["code"] == "already_signed_in"
    assert page.join(stage.archive.keep(ada.id).session_id)["type"] == "joined"
    assert page.join(stage.archive.keep(bert.id).session_id)["code"] == "not_found"


def test_who_says_nothing_of_himself_is_closed(stage_with: Callable[..., Stage]) -> None:
    assert SECONDS_TO_SIGN_IN == 10
    stage = stage_with(seconds_to_sign_in=0.3)
    ada = stage.person()
    signed_in = stage.open()
    assert signed_in.ask("authenticate", token=ada.token)["type"] == "authenticated"
    silent, busy = stage.open(), stage.open()
    busy.say("typing", sessionId=str(ada.id))
    for page in (silent, busy):
        assert page.ending() == (4401, "nobody signed in for 0.3 s")
    assert signed_in.ask("leave_session", sessionId=str(ada.id))["type"] == "ack"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "a b",
        "127.0.0.1:99999",
        "127.0.0.1:x",
        "[:::]",
        "[::1]:65536",
    ],
)
def test_a_host_that_is_not_ours_is_refused(host: str, stage: Stage) -> None:
    assert raw_status(stage, host) == 421


def raw_status(stage: Stage, host: str) -> int:
    with RawClient(dial("127.0.0.1", stage.thread.server.port)) as client:
        client.send_bytes(upgrade_request(host=host))
        return int(client.read_head().split(b" ")[1])


def test_a_trusted_proxy_names_the_host_the_scheme_and_the_client(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(proxies=("127.0.0.1",), crowd=Crowd(strangers=1))
    ada = stage.person()
    outside = {"x_forwarded_proto": "https", "x_forwarded_host": "localhost"}
    assert refusal(stage, cookie=cookie(ada), origin=at(stage, OWN), **outside) == 403
    works(stage, ada, cookie=cookie(ada), origin="https://localhost", **outside)
    assert refusal(stage, x_forwarded_host="evil.example") == 421
    stage.open(x_forwarded_for="203.0.113.1")
    assert refusal(stage, x_forwarded_for="203.0.113.1") == 429
    stage.open(x_forwarded_for="203.0.113.2")


def test_nobody_else_is_believed_what_he_forwards(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(crowd=Crowd(strangers=1))
    ada = stage.person()
    outside = {"x_forwarded_proto": "https", "x_forwarded_host": "localhost"}
    assert refusal(stage, cookie=cookie(ada), origin="https://localhost", **outside) == 403
    stage.open(x_forwarded_for="203.0.113.1")
    assert refusal(stage, x_forwarded_for="203.0.113.2") == 429


def test_users_and_strangers_have_a_bounded_number_of_sockets(stage_with: Callable[..., Stage]) -> None:
    assert Crowd() == Crowd(per_user=100, strangers=50)
    stage = stage_with(crowd=Crowd(per_user=2, strangers=1))
    ada, bert = stage.person(), stage.person("bert@example.org")
    bearer = {"authorization": f"Bearer {ada.token}"}
    first, _ = stage.open(ada.token), stage.open(ada.token)
    assert refusal(stage, **bearer) == 429
    stage.open(bert.token)
    stranger = stage.open()
    assert refusal(stage) == 429
    assert stranger.ask("authenticate", token=ada.token)["code"] == "too_many_sockets"
    first.socket.close()
    stage.until(lambda: stage.thread.server.open_sockets() == 3)
    # Who has said who he is has left his place among the strangers.
    assert stranger.ask("authenticate", token=ada.token)["type"] == "authenticated"
    stage.open()
    assert refusal(stage, **bearer) == 429


def test_a_caller_is_as_he_is_now_and_not_as_he_is_remembered(stage: Stage) -> None:
    """The authenticator believes for seconds; a socket that is opened meanwhile is looked at all the same."""
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    stage.open(ada.token)
    stage.set_role(ada, "viewer")
    page = stage.open(ada.token)
    assert page.ask("start_comparison", sessionId=str(story.session_id))["code"] == "forbidden"
