"""What handlers may ask for by name. What needs a running loop is found where the start has put it."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.door import Door
from backend.accounts.guards import provide_caller
from backend.accounts.oidc.relying_party import RelyingParty
from backend.attachments.routes import SeenElsewhere
from backend.attachments.shelf import Shelf
from backend.catalogue.answer import ModelsAnswer
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import repository
from backend.comparisons.attached import is_seen
from backend.comparisons.readers import Readers
from backend.comparisons.sharing import Sharing
from backend.comparisons.studio import Studio
from backend.health.report import Vitals
from backend.keyring.listings import ServerListings
from backend.keyring.ring import Keyring
from backend.kit.db import Database
from backend.kit.http.openapi import ApiDocument, document_of
from backend.kit.metrics import Metrics
from backend.usage.alerts import Alerts
from backend.usage.costs import Titles

AnyRequest = Request[Any, Any, Any]


def dependencies(database: Database, metrics: Metrics, vitals: Vitals) -> dict[str, Provide]:
    return {
        "api_document": Provide(_api_document, sync_to_thread=False),
        "caller": Provide(provide_caller, sync_to_thread=False),
        "database": Provide(lambda: database, sync_to_thread=False),
        "door": Provide(_door, sync_to_thread=False),
        "keyring": Provide(_keyring, sync_to_thread=False),
        "relying_party": Provide(_relying_party, sync_to_thread=False),
        "models_answer": Provide(_models_answer, sync_to_thread=False),
        "studio": Provide(_studio, sync_to_thread=False),
        "readers": Provide(_readers, sync_to_thread=False),
        "listings": Provide(_listings, sync_to_thread=False),
        "sharing": Provide(_sharing, sync_to_thread=False),
        "shelf": Provide(_shelf, sync_to_thread=False),
        "seen_elsewhere": Provide(_seen_elsewhere, sync_to_thread=False),
        "alerts": Provide(_alerts, sync_to_thread=False),
        "tokens": Provide(_tokens, sync_to_thread=False),
        "titles": Provide(_titles, sync_to_thread=False),
        "metrics": Provide(lambda: metrics, sync_to_thread=False),
        "vitals": Provide(lambda: vitals, sync_to_thread=False),
    }


def _door(state: State) -> Door:
    door: Door = state.door
    return door


def _keyring(state: State) -> Keyring:
    keyring: Keyring = state.equipment.keyring
    return keyring


def _studio(state: State) -> Studio:
    studio: Studio = state.workshop.studio
    return studio


def _readers(state: State) -> Readers:
    readers: Readers = state.workshop.readers
    return readers


def _shelf(state: State) -> Shelf:
    shelf: Shelf = state.workshop.studio.shelf
    return shelf


def _seen_elsewhere(caller: NamedDependency[Caller]) -> SeenElsewhere:
    return partial(is_seen, caller)


def _listings(state: State) -> ServerListings:
    listings: ServerListings = state.equipment.listings
    return listings


def _sharing(state: State) -> Sharing:
    sharing: Sharing = state.workshop.sharing
    return sharing


def _alerts(state: State) -> Alerts:
    alerts: Alerts = state.workshop.alerts
    return alerts


def _tokens(state: State) -> TokenCounter:
    tokens: TokenCounter = state.equipment.tokens
    return tokens


def _titles(caller: NamedDependency[Caller]) -> Titles:
    """Of comparisons, for who may see them."""

    async def titles(db: AsyncSession, comparison_ids: Collection[UUID]) -> Mapping[UUID, str]:
        return await repository.titles(db, caller, comparison_ids)

    return titles


def _relying_party(state: State) -> RelyingParty | None:
    there: RelyingParty | None = state.relying_party
    return there


def _models_answer(state: State) -> ModelsAnswer:
    answer: ModelsAnswer = state.equipment.models_answer
    return answer


def _api_document(request: AnyRequest) -> ApiDocument:
    return document_of(request.app)
