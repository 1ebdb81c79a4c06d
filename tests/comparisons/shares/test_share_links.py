import asyncio
from typing import Any, get_args

from sqlalchemy import update

from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.rights import Right
from backend.comparisons import share_repository
from backend.comparisons.share_links import ShareLinks
from backend.comparisons.tables import ShareRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.comparisons.shares.house import House
from tests.comparisons.shares.neighbours import HOUR, comparison, guest_of, link, person
from tests.comparisons.shares.test_share_routes import expire, later

USELESS = (404, "This link leads nowhere, or no longer.")


def said(house: House, path: str, token: str, who: str = "") -> tuple[int, Any]:
    answer = house.ask(who, "POST", f"/api/shares/{path}", {"token": token})
    return answer.status_code, answer.json().get("message", answer.json())


def opened(house: House) -> list[int]:
    return [share["openedCount"] for share in house.listed()]


def test_who_has_a_link_is_told_what_it_leads_to_and_is_counted(house: House) -> None:
    made = house.share("commenter", link=True, expiresAt=later())
    told = {
        "sessionId": str(house.hers),
        "title": "Umbrellas",
        "access": "commenter",
        "expiresAt": made["share"]["expiresAt"],
    }
    for count in (1, 2, 3):
        assert said(house, "open", made["secret"]) == (200, told)
        assert opened(house) == [count]
    (seen,) = house.listed()
    assert seen["lastOpenedAt"] >= seen["createdAt"]
    # The page has opened it, so what it asks for then is no other visit.
    house.access(made["secret"])
    assert opened(house) == [3]


def test_who_comes_by_a_link_without_the_page_is_counted_once_for_each_visit(house: House) -> None:
    made = house.share(link=True)
    for _ in range(3):
        assert house.access(made["secret"]) == "viewer"
    assert opened(house) == [1]


def test_a_made_up_link_leads_nowhere(house: House) -> None:
    prefix = "bakeoff-share-"
    for token in ("", prefix, prefix + "x" * 43, "x" * 43, prefix + "\0\ud7ff", "x" * 1024):
        assert said(house, "open", token) == USELESS
        assert said(house, "redeem", token, "vic") == USELESS


def test_a_link_ends_with_its_comparison_and_with_its_owners_account(house: House) -> None:
    secret = house.share(link=True)["secret"]
    for dead, alive in (
        (
            "UPDATE comparisons SET deleted_at = created_at WHERE id = '{key}'",
            "UPDATE comparisons SET deleted_at = NULL WHERE id = '{key}'",
        ),
        (
            "UPDATE users SET disabled_at = created_at WHERE id = '{id}'",
            "UPDATE users SET disabled_at = NULL WHERE id = '{id}'",
        ),
    ):
        house.run(dead)
        assert house.access(secret) in {401, 404}
        assert said(house, "open", secret) == USELESS
        assert said(house, "redeem", secret, "vic") == USELESS
        house.run(alive)
        assert said(house, "open", secret)[0] == 200


def test_who_has_an_account_makes_a_link_ones_own_and_it_goes_with_the_link(house: House) -> None:
    made = house.share("commenter", link=True)
    for _ in range(2):
        status, told = said(house, "redeem", made["secret"], "vic")
        assert (status, told["access"], told["sessionId"]) == (200, "commenter", str(house.hers))
    assert house.access("vic") == "commenter"
    link_share, own = house.listed()
    assert (own["kind"], own["email"], own["linkId"]) == ("person", house.email("vic"), link_share["id"])
    assert (link_share["openedCount"], own["openedCount"]) == (2, 0)

    path = f"{house.shares()}/{link_share['id']}"
    house.ask("ada", "PATCH", path, {"level": "viewer"})
    assert house.access("vic") == "viewer"
    expire(house, link_share["id"])
    assert house.access("vic") == 404
    house.ask("ada", "PATCH", path, {"expiresAt": later()})
    assert house.access("vic") == "viewer"
    house.ask("ada", "DELETE", path)
    assert house.access("vic") == 404
    assert house.listed() == []


def test_who_came_by_a_link_and_is_given_more_stays_when_the_link_goes(house: House) -> None:
    made = house.share(link=True)
    said(house, "redeem", made["secret"], "vic")
    own = house.listed()[1]["id"]
    changed = house.ask("ada", "PATCH", f"{house.shares()}/{own}", {"level": "editor"}).json()
    assert changed["linkId"] is None
    house.ask("ada", "DELETE", f"{house.shares()}/{made['share']['id']}")
    assert house.access("vic") == "editor"


def test_a_link_takes_nothing_from_whom_it_finds_inside(house: House) -> None:
    house.share("editor", email=house.email("ed"))
    viewer, commenter = house.share("viewer", link=True), house.share("commenter", link=True)
    assert said(house, "redeem", commenter["secret"], "ed")[1]["access"] == "editor"
    assert said(house, "redeem", viewer["secret"], "ada")[1]["access"] == "owner"
    # What the owner has given outlasts any link.
    house.share("viewer", email=house.email("cora"))
    assert said(house, "redeem", commenter["secret"], "cora")[1]["access"] == "viewer"
    assert {share["linkId"] for share in house.listed()} == {None}
    for secret, access in (
        (viewer["secret"], "viewer"),
        (commenter["secret"], "commenter"),
        (viewer["secret"], "commenter"),
    ):
        assert said(house, "redeem", secret, "vic")[1]["access"] == access
        assert house.access("vic") == access
    assert len(house.listed()) == 5


def test_an_expired_share_of_ones_own_is_replaced_by_a_link(house: House) -> None:
    expire(house, house.share("editor", email=house.email("ed"))["share"]["id"])
    assert house.access("ed") == 404
    assert said(house, "redeem", house.share(link=True)["secret"], "ed")[1]["access"] == "viewer"
    assert house.access("ed") == "viewer"


def test_a_guest_makes_nothing_ones_own(house: House) -> None:
    secret = house.share(link=True)["secret"]
    assert said(house, "redeem", secret, secret)[0] == 403
    assert said(house, "redeem", secret)[0] == 401


def test_two_who_take_a_link_up_while_it_is_taken_back_both_get_an_answer(house: House) -> None:
    """Whoever comes first: nobody keeps what was taken back, and nothing breaks."""
    made = house.share(link=True)

    async def at_once() -> list[int]:
        wanted = [
            asyncio.to_thread(house.ask, who, "POST", "/api/shares/redeem", {"token": made["secret"]})
            for who in ("vic", "cora", "vic", "ed")
        ]
        back = asyncio.to_thread(house.ask, "ada", "DELETE", f"{house.shares()}/{made['share']['id']}")
        return [answer.status_code for answer in await asyncio.gather(*wanted, back)]

    *taken, back = asyncio.run(at_once())
    assert back == 204
    assert set(taken) <= {200, 404}
    assert house.rows("SELECT id FROM shares WHERE comparison_id = '{key}'") == []


def test_a_guest_may_look_and_nothing_else() -> None:
    guest = Caller.guest(ShareGrant(new_id(), new_id()))
    assert {right for right in get_args(Right) if guest.may(right)} == {"anyone", "comparisons.read"}


async def test_a_link_is_believed_no_longer_than_it_lasts(database: Database) -> None:
    async with database.transaction() as db:
        ada = await person(db, "ada")
        hers = await comparison(db, ada)
        share, secret = await link(db, hers, "viewer", clock.now() + HOUR)
        _, passed = await link(db, hers, "viewer", clock.now() - HOUR)
    links = ShareLinks(database)
    found = await links(secret)
    assert found is not None
    caller, seconds = found
    assert caller == guest_of(share)
    assert 0 < seconds <= HOUR.total_seconds()
    assert await links(passed) is None
    assert await links(secret[:-1]) is None


async def test_visits_without_the_page_are_half_an_hour_apart(database: Database) -> None:
    async with database.transaction() as db:
        share, secret = await link(db, await comparison(db, await person(db, "ada")), "viewer")
    links = ShareLinks(database)

    async def used(minutes_ago: int | None) -> tuple[int, bool]:
        """How often it counts as opened after that, and whether this use was noted."""
        last = None if minutes_ago is None else clock.now() - minutes_ago * HOUR / 60
        async with database.transaction() as db:
            await db.execute(update(ShareRow).values(last_opened_at=last))
        assert await links(secret) is not None
        async with database.reading() as db:
            (now,) = await share_repository.of_comparison(db, share.comparison_id)
        return now.opened_count, now.last_opened_at != last

    assert await used(None) == (1, True)
    assert await used(0) == (1, False)
    assert await used(5) == (1, True)
    assert await used(31) == (2, True)
