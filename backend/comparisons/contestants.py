"""Who a lane asks: its model and those that stand in for it, where they are reached and with whose key.

Knows no turn. What is opened here is kept by the call that it was opened for and by nobody else.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from backend.catalogue.entry import Entry
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.prices import Price
from backend.keyring.actions import keys_for
from backend.keyring.endpoints import endpoints_of
from backend.keyring.repository import UserEndpoint
from backend.keyring.ring import Keyring
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import FieldProblem, Invalid
from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.keys import NO_KEY, Key

_SUGGESTED: Final = 3
_AFFORDABLE: Final = Decimal(5)
"""Dollars for a million tokens of answers. Nobody is to pay more without having asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who a lane names, and where the client wrote it (`lanes.0.modelId`, `modelIds.0`)."""

    model_id: str
    fallback_model_ids: tuple[str, ...] = ()
    field: str

    def all(self) -> Iterator[tuple[str, str]]:
        """Each name with its field, in the order in which they are asked."""
        yield self.model_id, self.field
        lane = self.field.removesuffix(".modelId")
        for place, model_id in enumerate(self.fallback_model_ids):
            yield model_id, f"{lane}.fallbackModelIds.{place}"


@dataclass(frozen=True, slots=True)
class Contestant:
    candidates: tuple[Candidate, ...]
    """The first is asked, the others only if it does not begin to answer."""
    entries: Mapping[str, Entry]
    """What is known of each, by the id of its target."""
    providers: Providers = field(repr=False)
    """The way to all of them."""

    @property
    def entry(self) -> Entry:
        """Of who is asked first."""
        return self.entries[self.candidates[0].target.id]

    @property
    def provider(self) -> str:
        return self.candidates[0].target.endpoint.name

    def price(self, target_id: str, at: datetime) -> Price | None:
        entry = self.entries.get(target_id)
        return entry.price(at) if entry else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A model that was named, as one user sees it."""

    entry: Entry
    key: Key | None
    """Saved by the user or for everyone; None: the server's own, if it has one."""
    outside: bool
    """At an endpoint that a user set up."""


_Named: TypeAlias = Mapping[str, _Found]


@dataclass(frozen=True, slots=True, repr=False)
class Contestants:
    database: Database
    catalogue: Catalogue
    keyring: Keyring
    keys: Mapping[str, Key]
    """The server's own, by endpoint."""
    providers: Providers
    outsiders: Providers
    """The way to endpoints of users: it leads nowhere else than they may lead."""

    async def resolve(self, user_id: UUID, wanted: Wanted) -> Contestant:
        return (await self.resolve_all(user_id, [wanted]))[0]

    async def resolve_all(self, user_id: UUID, wanted: Sequence[Wanted]) -> list[Contestant]:
        """One short reading for all of them. Raises Invalid with everything that is wrong."""
        named = await self._find({model_id for each in wanted for model_id, _ in each.all()}, user_id)
        if problems := [problem for each in wanted for problem in self._problems(each, named)]:
            raise Invalid(problems)
        return [self._contestant([named[model_id] for model_id, _ in each.all()]) for each in wanted]

    async def suggested(self) -> tuple[str, ...]:
        """For who names nobody: a few that the server itself can ask, of as many providers as there are."""
        at = clock.now()
        askable = [
            entry
            for entry in await self.catalogue.all()
            if entry.available and entry.kind == "chat" and not entry.deprecated
        ]
        by_endpoint: dict[str, list[str]] = {}
        for entry in sorted(askable, key=lambda entry: _dear_and_narrow(entry, at)):
            by_endpoint.setdefault(entry.target.endpoint.name, []).append(entry.id)
        ranks = ((rank, model_id) for ids in by_endpoint.values() for rank, model_id in enumerate(ids))
        return tuple(model_id for _, model_id in sorted(ranks, key=lambda each: each[0])[:_SUGGESTED])

    async def _find(self, model_ids: Iterable[str], user_id: UUID) -> _Named:
        """Servers may be asked for their models, so this comes before the reading, not inside."""
        ids = tuple(
            filter(str.isprintable, model_ids)
        )  # no model has another name, and no database takes all
        known = dict(zip(ids, await asyncio.gather(*map(self.catalogue.find, ids)), strict=True))
        async with self.database.reading() as db:
            outside = {each.name: each for each in await endpoints_of(db, self.keyring, user_id)}
            places = dict(_place(*each, outside) for each in known.items())
            keys = await keys_for(db, self.keyring, user_id, places)
        named = {}
        for model_id, entry in known.items():
            endpoint = _outside(model_id, outside)
            if endpoint is not None:
                entry = await self.at(endpoint, model_id.partition("/")[2])  # noqa: PLW2901 - theirs, not ours
            if entry is not None:
                key = keys.get(entry.target.endpoint.name)
                named[model_id] = _Found(entry, key, outside=endpoint is not None)
        return named

    async def at(self, endpoint: UserEndpoint, name: str) -> Entry:
        """A model at an endpoint of a user, which answers for what it has."""
        return await self.catalogue.elsewhere(
            KnownEndpoint(endpoint.endpoint(), dialect=endpoint.dialect), name
        )

    def _problems(self, wanted: Wanted, named: _Named) -> Iterator[FieldProblem]:
        first = named.get(wanted.model_id)
        for model_id, where in wanted.all():
            found = named.get(model_id)
            if found is None:
                problem: str | None = f"There is no model {model_id} here."
            elif (problem := self._objection(found)) is None and first and found.outside != first.outside:
                # They are reached by different ways, and an answer goes one way.
                problem = f"{model_id} cannot stand in for {wanted.model_id}: only one of them is your own."
            if problem:
                yield FieldProblem(field=where, message=problem)

    def _objection(self, found: _Found) -> str | None:
        entry = found.entry
        if entry.kind == "embedding":
            return f"{entry.id} makes embeddings, it does not chat."
        reason = entry.unavailable_reason
        if reason is None or (found.key is not None and entry.kind == "chat"):
            return None
        endpoint = entry.target.endpoint
        if endpoint.needs_key and entry.kind == "chat" and self.keyring.own(endpoint.name):
            reason += ", or save a key of your own"
        return f"{entry.id} cannot be asked: {reason}."

    def _contestant(self, found: Sequence[_Found]) -> Contestant:
        return Contestant(
            candidates=tuple(Candidate(each.entry.target, self._key(each)) for each in found),
            entries={each.entry.id: each.entry for each in found},
            providers=self.outsiders if found[0].outside else self.providers,
        )

    def _key(self, found: _Found) -> Key:
        """The server's own is for the server's own endpoints."""
        if found.key is not None:
            return found.key
        return NO_KEY if found.outside else self.keys.get(found.entry.target.endpoint.name, NO_KEY)


def _outside(model_id: str, endpoints: Mapping[str, UserEndpoint]) -> UserEndpoint | None:
    name, slash, model = model_id.partition("/")
    return endpoints.get(name) if slash and model else None


def _place(
    model_id: str, entry: Entry | None, endpoints: Mapping[str, UserEndpoint]
) -> tuple[str, UserEndpoint | None]:
    """Whose key is wanted. A model that nobody knows is nowhere."""
    if (endpoint := _outside(model_id, endpoints)) is not None:
        return endpoint.name, endpoint
    return (entry.target.endpoint.name if entry else ""), None


def _dear_and_narrow(entry: Entry, at: datetime) -> tuple[bool, int, str]:
    price = entry.price(at)
    rate = price.rate("output") if price else None
    affordable = entry.simulated or (rate is not None and rate.at(0) <= _AFFORDABLE)
    return not affordable, -(entry.context_window or 0), entry.id
