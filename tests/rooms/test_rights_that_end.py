"""Whoever may not be there any more is not: at once when it happened here, within seconds when elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from backend.accounts import api_keys, users
from backend.accounts.actions import Changed
from backend.accounts.door import Door
from backend.accounts.rights import Role
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from backend.kit.unavailable import DatabaseUnavailable
from backend.rooms.protocol import BudgetWarning
from backend.rooms.sockets import LOOK_EVERY
from tests.rooms.stage import Page, Person, Stage
from tests.rooms.test_admission import api_key, ticket_for
from tests.rooms.test_commands import guest_ticket

OUT = (4401, "sign in again")


@pytest.fixture
def patient(stage_with: Callable[..., Stage]) -> Stage:
    """It does not look by itself while a test runs: what happens here is heard of at once or never."""
    return stage_with(look_every=3600)


@pytest.fixture
def watchful(stage_with: Callable[..., Stage]) -> Stage:
    assert LOOK_EVERY <= 4  # and then one query: five seconds at most
    return stage_with(look_every=0.05)


def open_in_every_way(stage: Stage, person: Person) -> list[Page]:
    first_message = stage.open()
    first_message.ask("authenticate", token=person.token)
    own = f"http://127.0.0.1:{stage.thread.server.port}"
    return [
        stage.open(person.token),
        stage.open(None, "", cookie=f"bakeoff={person.token}", origin=own),
        stage.open(None, f"?ticket={ticket_for(stage, person)}"),
        first_message,
    ]


def stays(page: Page) -> None:
    assert page.ask("leave_session", sessionId=str(new_id()))["type"] == "ack"


def sign_out(stage: Stage, person: Person) -> None:
    stage.now(stage.door.signed_out, [person.device_id])


def disable(stage: Stage, person: Person) -> None:
    async def change() -> None:
        async with stage.database.transaction() as db:
            now = clock.now()
            await users.change(db, person.id, disabled_at=now)
            user = await users.by_id(db, person.id)
        assert user is not None
        stage.door.changed(Changed(user, ()))

    stage.do(change())


@pytest.mark.parametrize("end", [sign_out, disable])
def test_whoever_is_shown_out_here_is_gone_at_once_in_whichever_way_he_came(
    end: Callable[[Stage, Person], None], patient: Stage
) -> None:
    ada, bert = patient.person(), patient.person("bert@example.org")
    pages, others = open_in_every_way(patient, ada), patient.open(bert.token)
    story = patient.archive.keep(ada.id)
    for page in pages:
        page.join(story.session_id)
    end(patient, ada)
    assert [page.ending() for page in pages] == [OUT] * 4
    room = patient.hub.find(story.session_id)
    assert room is not None
    assert room.members == 0
    stays(others)


def test_a_revoked_key_closes_what_lived_by_it_and_nothing_else(patient: Stage) -> None:
    ada = patient.person()
    page, other = patient.open(api_key(patient, ada)), patient.open(ada.token)

    async def revoke() -> None:
        async with patient.database.transaction() as db:
            [key] = await api_keys.of_user(db, ada.id)
            await api_keys.revoke(db, ada.id, key.id, clock.now())
        patient.door.authenticator.forget(api_key_id=key.id)
        patient.door.ended(key.id)

    patient.do(revoke())
    assert page.ending() == OUT
    stays(other)


def test_another_role_counts_from_the_next_command_on_and_the_socket_stays(patient: Stage) -> None:
    ada = patient.person()
    story = patient.archive.keep(ada.id)
    session = str(story.session_id)
    page = patient.open(ada.token)
    assert page.ask("start_comparison", sessionId=session)["type"] == "ack"

    def becomes(role: Role) -> None:
        async def change() -> None:
            async with patient.database.transaction() as db:
                await users.change(db, ada.id, role=role)
                user = await users.by_id(db, ada.id)
            assert user is not None
            patient.door.changed(Changed(user, ()))

        patient.do(change())

    becomes("viewer")
    assert page.ask("start_comparison", sessionId=session)["code"] == "forbidden"
    assert page.join(story.session_id)["type"] == "joined"
    becomes("member")
    assert page.ask("start_comparison", sessionId=session)["type"] == "ack"


def test_what_another_process_has_ended_is_found_out(watchful: Stage) -> None:
    """`bakeoff user disable`, a sign-out over there, a key revoked or run out, a refresh token used twice."""
    names = ("disabled", "signed out", "revoked", "ran out", "reused", "demoted", "untouched")
    people = {name: watchful.person(f"{name.replace(' ', '.')}@example.org") for name in names}
    secrets = {name: api_key(watchful, people[name]) for name in ("revoked", "ran out")}
    pages = {name: watchful.open(secrets.get(name) or people[name].token) for name in names}
    now, past = (moment.isoformat(sep=" ") for moment in (clock.now(), clock.now() - timedelta(days=1)))
    write = watchful.elsewhere
    write("UPDATE users SET disabled_at = ? WHERE id = ?", now, people["disabled"].id.hex)
    watchful.revoke(people["signed out"])
    write("UPDATE api_keys SET revoked_at = ? WHERE user_id = ?", now, people["revoked"].id.hex)
    write("UPDATE api_keys SET expires_at = ? WHERE user_id = ?", past, people["ran out"].id.hex)
    watchful.set_role(people["demoted"], "viewer")
    # The last to be written: who sees this has seen the others.
    watchful.do(use_twice(watchful, people["reused"]))
    for name in names[:5]:
        assert pages[name].ending() == OUT, name
    story = watchful.archive.keep(people["demoted"].id)
    assert pages["demoted"].ask("start_comparison", sessionId=str(story.session_id))["code"] == "forbidden"
    stays(pages["untouched"])


async def use_twice(stage: Stage, person: Person) -> None:
    """As `POST /auth/refresh` does in another process, which tells nobody here."""
    for later in (timedelta(), timedelta(minutes=1)):
        async with stage.database.transaction() as db:
            await stage.door.refresh_tokens.refresh(
                db, person.refresh_token, address="", now=clock.now() + later
            )


def test_a_socket_ends_with_the_token_that_opened_it_unless_it_proves_itself_anew(watchful: Stage) -> None:
    ada = watchful.person()
    # Of fifteen minutes, three seconds are left: enough to open three sockets.
    nearly_over = clock.now() - timedelta(minutes=15) + timedelta(seconds=3)
    token = watchful.door.access_tokens.issue(ada.id, ada.device_id, nearly_over)
    ends, goes_on = watchful.open(token), watchful.open(token)
    by_ticket = watchful.open(None, f"?ticket={ticket_for(watchful, ada)}")
    fresh = watchful.door.access_tokens.issue(ada.id, ada.device_id, clock.now())
    assert goes_on.ask("authenticate", token=fresh)["type"] == "authenticated"
    assert ends.ending() == OUT
    stays(goes_on)
    stays(by_ticket)


def test_a_guest_goes_with_his_link(watchful: Stage) -> None:
    owner = watchful.person()
    story, share_id = watchful.archive.keep(owner.id), new_id()
    tickets = [guest_ticket(watchful, story.session_id, share_id) for _ in range(2)]
    guests = [watchful.open(None, f"?ticket={ticket}") for ticket in tickets]
    for guest in guests:
        guest.join(story.session_id)
    [first, second] = guests[1].until("presence")["people"]
    assert (first["name"], second["name"]) == ("Guest", "Guest")
    assert first["id"] != second["id"]
    del watchful.archive.shared[story.session_id, share_id]
    watchful.now(watchful.sockets.ended, share_id)
    assert [guest.ending() for guest in guests] == [OUT] * 2


def test_a_guest_goes_at_once_when_his_link_ends_here(patient: Stage) -> None:
    owner = patient.person()
    story, share_id = patient.archive.keep(owner.id), new_id()
    guest = patient.open(None, f"?ticket={guest_ticket(patient, story.session_id, share_id)}")
    # It was changed and still opens what it did.
    patient.now(patient.sockets.ended, share_id)
    stays(guest)
    del patient.archive.shared[story.session_id, share_id]
    patient.now(patient.sockets.ended, share_id)
    assert guest.ending() == OUT


def test_a_share_that_ends_puts_its_member_out_of_the_room_and_the_socket_stays(patient: Stage) -> None:
    owner, friend = patient.person(), patient.person("friend@example.org")
    story = patient.archive.keep(owner.id)
    patient.archive.shared[story.session_id, friend.id] = "viewer"
    page, owners = patient.open(friend.token), patient.open(owner.token)
    for each in (page, owners):
        each.join(story.session_id)
    patient.now(patient.hub.access_changed, story.session_id)
    stays(page)
    del patient.archive.shared[story.session_id, friend.id]
    patient.now(patient.hub.access_changed, story.session_id)
    closed = page.until("session_closed")
    assert (closed["sessionId"], closed["reason"]) == (str(story.session_id), "access_ended")
    patient.now(patient.hub.publish, story.starts(story.turn()))
    assert owners.until("turn_started")["seq"] == 1
    page.kept.clear()
    assert page.join(story.session_id)["code"] == "not_found"
    assert page.kept == []


def test_a_share_that_ends_while_its_holder_joins_is_noticed(patient: Stage) -> None:
    owner, friend = patient.person(), patient.person("friend@example.org")
    story = patient.archive.keep(owner.id)
    patient.archive.shared[story.session_id, friend.id] = "viewer"
    page = patient.open(friend.token)
    load = patient.archive.load

    async def ends_meanwhile(session_id: UUID) -> object:
        del patient.archive.shared[story.session_id, friend.id]
        patient.hub.access_changed(session_id)
        return await load(session_id)

    patient.hub._load = ends_meanwhile
    assert page.join(story.session_id)["code"] == "not_found"
    room = patient.hub.find(story.session_id)
    assert room is not None
    assert room.members == 0


def test_a_right_that_could_not_be_looked_at_is_looked_at_again(watchful: Stage) -> None:
    owner, friend = watchful.person(), watchful.person("friend@example.org")
    story = watchful.archive.keep(owner.id)
    watchful.archive.shared[story.session_id, friend.id] = "viewer"
    page = watchful.open(friend.token)
    page.join(story.session_id)
    watchful.archive.failures = [DatabaseUnavailable("busy"), DatabaseUnavailable("busy"), NotFound()]
    watchful.now(watchful.hub.access_changed, story.session_id)
    assert page.until("session_closed")["reason"] == "access_ended"


def test_a_watch_that_fails_goes_on(watchful: Stage) -> None:
    ada = watchful.person()
    page = watchful.open(ada.token)
    database, failures = watchful.door.database, []

    class Failing:
        def reading(self) -> None:
            failures.append(1)
            raise DatabaseUnavailable("busy") if len(failures) % 2 else RuntimeError("on purpose")

    door: Door = watchful.door
    object.__setattr__(door, "database", Failing())
    watchful.until(lambda: len(failures) > 2)
    object.__setattr__(door, "database", database)
    watchful.revoke(ada)
    assert page.ending() == OUT


def test_without_sockets_nobody_watches(watchful: Stage) -> None:
    ada = watchful.person()
    assert watchful.sockets._watch is None
    page = watchful.open(ada.token)
    assert watchful.sockets._watch is not None
    page.socket.close()
    watchful.until(lambda: watchful.sockets._watch is None)


def test_a_signal_to_somebody_reaches_all_of_his_sockets(patient: Stage) -> None:
    ada, bert = patient.person(), patient.person("bert@example.org")
    pages, other = [patient.open(ada.token), patient.open(ada.token)], patient.open(bert.token)
    warning = BudgetWarning(scope="user", period="day", limit=1, spent=0.9, message="Nearly.")
    patient.now(patient.sockets.tell, ada.id, warning)
    assert [page.listen()["type"] for page in pages] == ["budget_warning"] * 2
    stays(other)
    assert other.kept == []
