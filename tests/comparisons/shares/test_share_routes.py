import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.comparisons.shares import MOST
from backend.comparisons.sharing import INVITATIONS
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.comparisons.shares.house import House
from tests.comparisons.shares.neighbours import HOUR, link


def later(hours: float = 1) -> str:
    return (clock.now() + hours * HOUR).isoformat()


def expire(house: House, share_id: str) -> None:
    """As if time had passed."""
    key = house.written(share_id)
    house.run(f"UPDATE shares SET expires_at = created_at WHERE id = '{key}' OR link_id = '{key}'")  # noqa: S608 - ours


def test_somebody_with_an_account_is_let_in_as_far_as_said(house: House) -> None:
    assert house.access("vic") == 404
    for name, level in (("vic", "viewer"), ("cora", "commenter"), ("ed", "editor")):
        made = house.share(level, email=f" {house.email(name).upper()}")
        assert made["secret"] is made["url"] is None
        share = made["share"]
        assert (share["kind"], share["email"], share["level"]) == ("person", house.email(name), level)
        assert house.access(name) == level
        assert house.access(name, house.other) == 404
    assert house.access("eve") == 404
    edits = [house.ask(name, "POST", f"/edit/{house.hers}").status_code for name in ("vic", "cora", "ed")]
    assert edits == [403, 403, 201]


def test_a_link_lets_in_whoever_has_it_and_shows_one_thing(house: House) -> None:
    for level in ("viewer", "commenter"):
        made = house.share(level, link=True)
        secret = made["secret"]
        assert house.access(secret) == level
        assert house.access(secret, house.other) == 404
        assert house.ask(secret, "POST", f"/edit/{house.hers}").status_code == 403
        assert (made["share"]["kind"], made["share"]["email"]) == ("link", None)


def test_the_secret_of_a_link_is_shown_once_and_stored_as_a_hash(house: House) -> None:
    made = house.share(link=True)
    secret = made["secret"]
    assert secret.startswith("bakeoff-share-")
    assert len(secret) == len("bakeoff-share-") + 43  # 256 bits
    url = urlsplit(made["url"])
    assert (url.path, url.query, url.fragment) == ("/shared", "", secret)
    assert f"{url.scheme}://{url.netloc}" == str(house.place.client.base_url).rstrip("/")
    (again,) = house.listed()
    assert again == made["share"]
    assert again["shown"] == secret[:18]
    kept = repr(house.rows("SELECT * FROM shares")) + repr(house.rows("SELECT * FROM audit"))
    assert secret[18:] not in kept
    assert secret[:18] in kept


def test_only_the_owner_shares_and_only_editors_see_who_is_in(house: House) -> None:
    theirs = {}
    for name, level in (("vic", "viewer"), ("cora", "commenter"), ("ed", "editor")):
        theirs[name] = house.share(level, email=house.email(name))["share"]["id"]
    link = house.share(link=True)
    for who in (*theirs, "eve", "admin", link["secret"], ""):
        refusal = 401 if not who else 404 if who in {"eve", "admin"} else 403
        for method, path, body in (
            ("POST", house.shares(), {"email": house.email("eve")}),
            ("PATCH", f"{house.shares()}/{link['share']['id']}", {"level": "commenter"}),
            ("DELETE", f"{house.shares()}/{link['share']['id']}", None),
        ):
            # A guest has no right to share anything, whatever it is.
            expected = 403 if who == link["secret"] else refusal
            assert house.ask(who, method, path, body).status_code == expected, (who, method)
        seen = house.ask(who, "GET", house.shares())
        if who in theirs:
            everybody = {*theirs.values(), link["share"]["id"]}
            assert {share["id"] for share in seen.json()} == (everybody if who == "ed" else {theirs[who]})
        elif who == link["secret"]:
            assert seen.json() == []
        else:
            assert seen.status_code == refusal


def test_one_owner_reaches_nothing_of_another_by_any_mixture_of_ids(house: House) -> None:
    mine = house.ask("eve", "POST", house.shares(house.other), {"link": True}).json()["share"]["id"]
    hers = house.share(link=True)["share"]["id"]
    for comparison, share, status in (
        (house.hers, hers, 404),
        (house.hers, mine, 404),
        (house.other, hers, 404),
        (house.other, new_id(), 404),
        (new_id(), mine, 404),
    ):
        path = f"{house.shares(comparison)}/{share}"
        assert house.ask("eve", "PATCH", path, {"level": "commenter"}).status_code == status
        assert house.ask("eve", "DELETE", path).status_code == status
    assert [share["id"] for share in house.listed()] == [hers]
    assert house.ask("eve", "DELETE", f"{house.shares(house.other)}/{mine}").status_code == 204


def test_what_is_taken_back_is_over_at_once(house: House) -> None:
    person = house.share("editor", email=house.email("ed"))["share"]["id"]
    link = house.share(link=True)
    guest = link["secret"]
    assert (house.access("ed"), house.access(guest)) == ("editor", "viewer")
    house.told.clear()
    for share in (person, link["share"]["id"]):
        assert house.ask("ada", "DELETE", f"{house.shares()}/{share}").status_code == 204
        assert house.ask("ada", "DELETE", f"{house.shares()}/{share}").status_code == 404
    assert (house.access("ed"), house.access(guest)) == (404, 401)
    assert [str(each) for each in house.told.ended] == [person, link["share"]["id"]]
    assert house.told.rooms == [house.hers, house.hers]


def test_who_was_let_in_may_leave(house: House) -> None:
    share = house.share(email=house.email("vic"))["share"]["id"]
    (seen,) = house.listed("vic")
    assert seen["id"] == share
    assert house.ask("vic", "DELETE", f"{house.shares()}/{share}").status_code == 204
    assert house.access("vic") == 404
    assert house.listed() == []


def test_another_level_or_end_counts_at_once_and_is_told(house: House) -> None:
    share = house.share("editor", email=house.email("ed"))["share"]["id"]
    path = f"{house.shares()}/{share}"
    house.told.clear()
    changed = house.ask("ada", "PATCH", path, {"level": "viewer"}).json()
    assert (changed["level"], changed["expiresAt"]) == ("viewer", None)
    assert house.access("ed") == "viewer"
    assert (house.told.rooms, [str(each) for each in house.told.ended]) == ([house.hers], [share])
    end = later()
    changed = house.ask("ada", "PATCH", path, {"expiresAt": end}).json()
    assert (changed["level"], changed["expired"]) == ("viewer", False)
    assert changed["expiresAt"] is not None
    assert house.ask("ada", "PATCH", path, {"expiresAt": None}).json()["expiresAt"] is None
    assert house.ask("ada", "PATCH", path, {}).json()["level"] == "viewer"


@pytest.mark.parametrize("kind", ["person", "link"])
def test_what_has_expired_lets_nobody_in_until_it_is_prolonged(house: House, kind: str) -> None:
    asked: dict[str, Any] = {"link": True} if kind == "link" else {"email": house.email("vic")}
    made = house.share(expiresAt=later(), **asked)
    who = made["secret"] or "vic"
    assert made["share"]["expired"] is False
    expire(house, made["share"]["id"])
    assert house.access(who) == (401 if kind == "link" else 404)
    (seen,) = house.listed()
    assert seen["expired"] is True
    path = f"{house.shares()}/{seen['id']}"
    # What has an end in the past may be given another level; it just does not begin again by that.
    assert house.ask("ada", "PATCH", path, {"level": "commenter"}).status_code == 200
    assert house.access(who) == (401 if kind == "link" else 404)
    assert house.ask("ada", "PATCH", path, {"expiresAt": later()}).status_code == 200
    assert house.access(who) == "commenter"


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({}, "email"),
    ({"email": "vic@example.org", "link": True}, "email"),
    ({"email": "vic"}, "email"),
    ({"email": "nobody@example.org"}, "email"),
    ({"link": True, "level": "editor"}, "level"),
    ({"link": True, "level": "owner"}, "level"),
    ({"link": True, "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ({"link": True, "expiresAt": "2030-01-01T00:00:00"}, "expiresAt"),
    ({"link": True, "expiresAt": "9999-12-31T23:59:59-01:00"}, "expiresAt"),
    ({"link": True, "expiresAt": "0001-01-01T00:00:00+01:00"}, "expiresAt"),
    ({"link": True, "password": "x"}, "password"),
]


def test_what_makes_no_sense_names_its_field_and_shares_nothing(house: House) -> None:
    for asked, field in NONSENSE:
        answer = house.ask("ada", "POST", house.shares(), asked)
        assert answer.status_code == 422, (asked, answer.text)
        assert [problem["field"] for problem in answer.json()["details"]] == [field]
    assert house.listed() == []


def test_a_link_never_becomes_an_editor(house: House) -> None:
    share = house.share(link=True)["share"]["id"]
    answer = house.ask("ada", "PATCH", f"{house.shares()}/{share}", {"level": "editor"})
    assert answer.status_code == 422
    assert house.listed()[0]["level"] == "viewer"


def test_an_unknown_address_a_closed_account_and_ones_own_look_the_same(house: House) -> None:
    house.run(f"UPDATE users SET disabled_at = created_at WHERE email = '{house.email('vic')}'")  # noqa: S608 - ours
    answers = []
    for email in ("nobody@example.org", house.email("vic"), house.email("ada")):
        answer = house.ask("ada", "POST", house.shares(), {"email": email}).json()
        answers.append((answer["statusCode"], answer["code"], answer["message"], answer["details"]))
    assert answers == [answers[0]] * 3


def test_who_tries_addresses_is_stopped_before_any_is_looked_up(house: House) -> None:
    for _ in range(INVITATIONS.amount):
        answer = house.ask("ada", "POST", house.shares(), {"email": "nobody@example.org"})
        assert answer.status_code == 422
    known = house.ask("ada", "POST", house.shares(), {"email": house.email("vic")})
    unknown = house.ask("ada", "POST", house.shares(), {"email": "nobody@example.org"})
    for answer in (known, unknown):
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert int(answer.headers["retry-after"]) > 0
    assert house.share(link=True)["share"]["kind"] == "link"


def test_the_same_person_is_not_let_in_twice(house: House) -> None:
    house.share(email=house.email("vic"))
    answer = house.ask("ada", "POST", house.shares(), {"email": house.email("vic"), "level": "editor"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_shared")
    assert house.access("vic") == "viewer"


async def _share_often(house: House, times: int) -> None:
    database = Database.open(house.place.url)
    async with database.transaction() as db:
        for _ in range(times):
            await link(db, house.hers, "viewer")
    await database.close()


def test_there_is_a_most_of_shares_for_one_comparison(house: House) -> None:
    made = house.share(link=True)
    asyncio.run(_share_often(house, MOST - 1))
    for asked in ({"link": True}, {"email": house.email("vic")}):
        answer = house.ask("ada", "POST", house.shares(), asked)
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_shares")
    answer = house.ask("vic", "POST", "/api/shares/redeem", {"token": made["secret"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_shares")


def test_shares_are_on_the_record_without_their_secrets(house: House) -> None:
    share = house.share("editor", email=house.email("vic"))["share"]["id"]
    path = f"{house.shares()}/{share}"
    house.ask("ada", "PATCH", path, {"level": "viewer"})
    house.ask("ada", "DELETE", path)
    made = house.share(link=True)
    noted = house.rows("SELECT action, email, subject, details FROM audit ORDER BY id")
    told = [(*entry[:3], json.loads(entry[3])) for entry in noted]
    ours = [entry for entry in told if entry[3]["comparison"] == str(house.hers)]
    ada, vic = house.email("ada"), house.email("vic")
    assert [entry[:3] for entry in ours] == [
        ("share.created", ada, vic),
        ("share.changed", ada, vic),
        ("share.removed", ada, vic),
        ("share.created", ada, made["share"]["shown"]),
    ]
    assert [entry[3]["level"] for entry in ours] == ["editor", "viewer", "viewer", "viewer"]
