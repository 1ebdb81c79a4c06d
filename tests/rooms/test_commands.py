"""Every command of a socket against every kind of caller: generated, so that no new one can be forgotten."""

import time
from collections.abc import Iterator
from typing import Any, get_args
from uuid import UUID

import pytest

from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.rights import BY_LINK, BY_ROLE, ROLES, Right, Role
from backend.kit.ids import new_id
from backend.rooms.commands import RIGHTS, Asked
from backend.rooms.protocol import Authenticate, ClientSays
from tests.rooms.stage import Page, ServerThread, Stage, open_stage
from tests.rooms.test_admission import api_key

COMMANDS: tuple[type[Asked], ...] = get_args(Asked)
# Neither of them reaches further than the socket's own rooms.
ONLY_IN_A_ROOM = {"typing", "viewing"}
ALWAYS_DONE = {"leave_session"}


def test_every_command_but_saying_who_one_is_has_a_right() -> None:
    assert set(get_args(ClientSays)) - {Authenticate} == set(COMMANDS) == set(RIGHTS)
    assert set(RIGHTS.values()) <= set(get_args(Right)) - {"anyone"}


@pytest.fixture(scope="module")
def tenants(server: ServerThread, tmp_path_factory: Any, migrated_sqlite: Any) -> Iterator[Stage]:
    path = tmp_path_factory.mktemp("tenants") / "bakeoff.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with open_stage(server, f"sqlite:///{path}") as stage:
        yield stage


def name_of(command: type) -> str:
    return str(command.__struct_config__.tag)


def asked(page: Page, command: type, session_id: UUID) -> dict[str, Any]:
    """Of a comparison, or of a response that has the same id in the archive of these tests."""
    name = name_of(command)
    about = "responseId" if "response_id" in command.__struct_fields__ else "sessionId"
    return page.ask(name, **{about: str(session_id)})


def is_done(answer: dict[str, Any]) -> bool:
    return answer["type"] in {"ack", "joined"}


def outcome(page: Page, command: type, session_id: UUID) -> str:
    answer = asked(page, command, session_id)
    return "done" if is_done(answer) else answer["code"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_a_role_may_with_its_own_what_is_written_down_and_nothing_with_what_is_not_its_own(
    command: type, role: Role, tenants: Stage
) -> None:
    name, allowed = name_of(command), RIGHTS[command] in BY_ROLE[role]
    person, other = tenants.person(f"{new_id()}@a.example", role), tenants.person(f"{new_id()}@b.example")
    own, foreign = tenants.archive.keep(person.id), tenants.archive.keep(other.id)
    page = tenants.open(person.token)
    done_before = len(tenants.archive.performed)

    refused = outcome(page, command, foreign.session_id)
    if name in ALWAYS_DONE:
        assert refused == "done"
    elif name in ONLY_IN_A_ROOM:
        assert refused == "not_joined"
    else:
        assert refused == ("not_found" if allowed else "forbidden")
    assert len(tenants.archive.performed) == done_before
    assert tenants.hub.find(foreign.session_id) is None

    assert is_done(page.join(own.session_id))
    assert outcome(page, command, own.session_id) == ("done" if allowed else "forbidden")


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_a_guest_looks_at_what_his_link_opens_and_at_nothing_else(command: type, tenants: Stage) -> None:
    owner = tenants.person(f"{new_id()}@c.example")
    shown, hidden = tenants.archive.keep(owner.id), tenants.archive.keep(owner.id)
    page = tenants.open(None, f"?ticket={guest_ticket(tenants, shown.session_id)}")
    done_before = len(tenants.archive.performed)
    assert page.join(shown.session_id)["access"] == "viewer"
    name, allowed = name_of(command), RIGHTS[command] in BY_LINK
    assert outcome(page, command, shown.session_id) == ("done" if allowed else "forbidden")
    refused = outcome(page, command, hidden.session_id)
    expected = "not_joined" if name in ONLY_IN_A_ROOM else "not_found" if allowed else "forbidden"
    assert refused == ("done" if name in ALWAYS_DONE else expected)
    assert len(tenants.archive.performed) == done_before


def guest_ticket(stage: Stage, session_id: UUID, share_id: UUID | None = None) -> str:
    grant = ShareGrant(share_id or new_id(), session_id)
    stage.archive.shared[session_id, grant.id] = "viewer"
    return stage.now(stage.door.tickets.issue, Caller.guest(grant), time.monotonic())


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_nobody_may_nothing(command: type, tenants: Stage) -> None:
    story = tenants.archive.keep(new_id())
    page = tenants.open()
    assert outcome(page, command, story.session_id) == "not_signed_in"
    assert tenants.hub.find(story.session_id) is None


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_a_reading_key_reads(command: type, tenants: Stage) -> None:
    person = tenants.person(f"{new_id()}@d.example")
    own = tenants.archive.keep(person.id)
    page = tenants.open(api_key(tenants, person, "read"))
    assert is_done(page.join(own.session_id))
    allowed = RIGHTS[command] == "comparisons.read"
    assert outcome(page, command, own.session_id) == ("done" if allowed else "forbidden")


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_who_was_let_look_may_not_change(command: type, tenants: Stage) -> None:
    owner, friend = tenants.person(f"{new_id()}@e.example"), tenants.person(f"{new_id()}@f.example")
    story = tenants.archive.keep(owner.id)
    tenants.archive.shared[story.session_id, friend.id] = "viewer"
    page = tenants.open(friend.token)
    assert page.join(story.session_id)["access"] == "viewer"
    changes = RIGHTS[command] == "comparisons.run"
    assert outcome(page, command, story.session_id) == ("read_only" if changes else "done")
