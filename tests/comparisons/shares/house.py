"""Two tenants: Ada with her comparison and those she lets in, and Eve with one of her own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.comparisons.shares.neighbours import Person, comparison, person
from tests.comparisons.shares.serving import Told
from tests.support.statements import rows, run


@dataclass(frozen=True)
class Place:
    """One server for many houses."""

    client: httpx2.Client
    told: Told
    url: str


@dataclass
class House:
    """Whoever asks is named by the first argument: somebody, or the secret of a link."""

    place: Place
    people: dict[str, Person]
    hers: UUID
    """Ada's comparison."""
    other: UUID
    """Eve's."""

    @property
    def told(self) -> Told:
        return self.place.told

    def email(self, name: str) -> str:
        return self.people[name].email

    def run(self, statement: str) -> None:
        """`{key}` is Ada's comparison, `{id}` she herself, as the database writes them."""
        run(
            self.place.url,
            statement.format(key=self.written(self.hers), id=self.written(self.people["ada"].id)),
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return rows(self.place.url, statement.format(key=self.written(self.hers)))

    def written(self, key: UUID | str) -> str:
        return UUID(str(key)).hex if self.place.url.startswith("sqlite") else str(key)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        token = self.people[who].token if who in self.people else who
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.place.client.request(method, path, json=body, headers=headers)

    def shares(self, of: UUID | None = None) -> str:
        return f"/api/comparisons/{of or self.hers}/shares"

    def share(self, level: str = "viewer", **asked: Any) -> dict[str, Any]:
        """Ada's: made, or the test fails."""
        made = self.ask("ada", "POST", self.shares(), {"level": level, **asked})
        assert made.status_code == 201, made.text
        body: dict[str, Any] = made.json()
        return body

    def access(self, who: str, of: UUID | None = None) -> str | int:
        """How far, or the status of the refusal."""
        answer = self.ask(who, "GET", f"/look/{of or self.hers}")
        return answer.text if answer.status_code == 200 else answer.status_code

    def listed(self, who: str = "ada") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(who, "GET", self.shares()).json()
        return found


async def furnished(place: Place) -> House:
    """With people of its own: nobody was ever here before."""
    database = Database.open(place.url)
    suffix = new_id().hex
    try:
        async with database.transaction() as db:
            names = ("ada", "eve", "vic", "cora", "ed")
            people = {name: await person(db, name, suffix=suffix) for name in names}
            people["admin"] = await person(db, "admin", "admin", suffix=suffix)
            hers = await comparison(db, people["ada"])
            return House(place, people, hers, await comparison(db, people["eve"], "Raincoats"))
    finally:
        await database.close()
