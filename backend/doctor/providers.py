"""Providers: who can be asked, and with --online whether they take our keys."""

import asyncio
from collections.abc import Iterable

from backend.catalogue.listing import KnownEndpoint
from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.equipment import Plan, plan_of
from backend.providers.calling import Providers
from backend.providers.endpoints import ENDPOINTS
from backend.providers.failures import ProviderError
from backend.providers.keys import NO_KEY
from backend.settings import SettingsError


async def known(patient: Patient) -> list[Finding]:
    try:
        plan = plan_of(patient.settings)
    except SettingsError as error:
        return [problem(each, "set it right in bakeoff.toml") for each in error.problems]
    names = [each.endpoint.name for each in _meant(plan)]
    if names:
        more = " and simulated models" if plan.simulated else ""
        return [well(f"can be asked: {', '.join(names)}{more}")]
    if plan.simulated:
        return [note("no provider has a key: there are simulated models only", "set a key: OPENAI_API_KEY …")]
    return [problem("nobody can be asked: no provider has a key", "set a key, or simulator to auto")]


async def taking_our_keys(patient: Patient) -> list[Finding]:
    if not patient.online:
        return []
    try:
        plan = plan_of(patient.settings)
    except SettingsError:
        return []  # said already
    providers = Providers(lambda _target, _outcome: None, plan.proxy)
    try:
        return list(await asyncio.gather(*(_tried(providers, plan, each) for each in _meant(plan))))
    finally:
        await providers.aclose()


def _meant(plan: Plan) -> Iterable[KnownEndpoint]:
    """With a key or an address that somebody gave: others, such as Ollama, may or may not be there."""
    usual = {known.endpoint.name for known in plan.endpoints if _is_where_it_usually_is(known)}
    return [
        known
        for known in plan.endpoints
        if known.unavailable_reason is None
        and (known.endpoint.name in plan.keys or known.endpoint.name not in usual)
    ]


def _is_where_it_usually_is(known: KnownEndpoint) -> bool:
    return known.endpoint in ENDPOINTS


async def _tried(providers: Providers, plan: Plan, known: KnownEndpoint) -> Finding:
    endpoint = known.endpoint
    try:
        names = await providers.model_names(endpoint, plan.keys.get(endpoint.name, NO_KEY))
    except ProviderError as error:
        found = f"{endpoint.name} refuses or is not there ({error.kind}): {error.message}"
        return problem(found, "check its key and base URL")
    return well(f"{endpoint.name} takes our key and lists {len(names)} models")
