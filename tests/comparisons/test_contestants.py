"""Whom a lane asks: found by its name, reached by the right way, with the right key."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from backend.accounts.callers import Caller
from backend.comparisons.contestants import Contestant, Wanted
from backend.keyring.tables import ProviderKeyRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid
from backend.providers.chat import Call, user
from backend.providers.keys import NO_KEY
from tests.comparisons.askable import QUICK, SERVERS_KEY, House, house, sent_keys
from tests.keyring.doors import GOOD, person
from tests.keyring.saving import create, save
from tests.support.asked import asked, reads
from tests.support.wires import Told, listen

OTHER = "sk-other-0123456789-wxyz"
SWIFT = f"simulator/swift{QUICK}"


@pytest.fixture
async def ours(database: Database) -> AsyncIterator[House]:
    async with house(database) as built:
        yield built


@pytest.fixture
async def alice(database: Database) -> Caller:
    return await person(database, "alice")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


@pytest.fixture
async def admin(database: Database) -> Caller:
    return await person(database, "admin", "admin")


async def ask(contestant: Contestant) -> Told:
    answer = contestant.providers.answer(Call("", (user("Why is the sky blue?"),)), contestant.candidates)
    return await listen(answer)


async def problems(ours: House, who: Caller, *wanted: Wanted) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        await ours.contestants.resolve_all(who.user_id, wanted)
    return {problem.field: problem.message for problem in refused.value.details}


async def why_not(ours: House, who: Caller, model_id: str, *fallbacks: str) -> str:
    wanted = Wanted(model_id=model_id, fallback_model_ids=fallbacks, field="lanes.0.modelId")
    return " ".join((await problems(ours, who, wanted)).values())


async def test_a_model_of_the_server_is_asked_with_the_servers_key(ours: House, alice: Caller) -> None:
    told = await ask(await ours.resolve(alice, "openai/gpt-4o"))
    assert told.error is not None  # the simulator knows no such model, but it was asked
    assert sent_keys(ours.simulator) == [SERVERS_KEY]


async def test_a_bare_name_finds_its_maker(ours: House, alice: Caller) -> None:
    contestant = await ours.resolve(alice, "gpt-4o")
    assert (contestant.entry.id, contestant.provider) == ("openai/gpt-4o", "openai")


async def test_a_simulated_model_keeps_what_it_was_told_after_the_at_sign(ours: House, alice: Caller) -> None:
    contestant = await ours.resolve(alice, f"simulator/swift@401{QUICK}", SWIFT)
    told = await ask(contestant)
    assert told.error is None
    assert {retry.next_id for retry in told.heard.retries} >= {SWIFT}
    price = contestant.price(told.answer.target.id, clock.now())
    assert price is not None
    assert price.source == "simulated"
    assert contestant.price("openai/gpt-4o", clock.now()) is None


async def test_everything_that_is_wrong_is_said_at_once_where_it_was_written(
    ours: House, alice: Caller
) -> None:
    lanes = [
        Wanted(model_id="nobody/knows", field="lanes.0.modelId"),
        Wanted(model_id=SWIFT, fallback_model_ids=(SWIFT, "what\0ever"), field="lanes.1.modelId"),
        Wanted(model_id="groq/llama-3.3-70b-versatile", field="lanes.2.modelId"),
        Wanted(model_id=SWIFT, field="lanes.3.modelId"),
    ]
    said = await problems(ours, alice, *lanes)
    assert list(said) == ["lanes.0.modelId", "lanes.1.fallbackModelIds.1", "lanes.2.modelId"]
    assert said["lanes.0.modelId"] == "There is no model nobody/knows here."
    assert "set GROQ_API_KEY, or save a key of your own" in said["lanes.2.modelId"]
    assert list(await problems(ours, alice, Wanted(model_id="nobody", field="modelIds.0"))) == ["modelIds.0"]


async def test_what_no_key_helps_with_is_not_said_to_want_one(ours: House, alice: Caller) -> None:
    assert (
        await why_not(ours, alice, "bare/thing") == "bare/thing cannot be asked: set BAKEOFF_BARE_BASE_URL."
    )
    assert "embeddings" in await why_not(ours, alice, "simulator/compass")
    assert "embeddings" in await why_not(ours, alice, SWIFT, "simulator/compass")


async def test_a_key_of_ones_own_comes_before_everyones_and_that_before_the_servers(
    ours: House, alice: Caller, bob: Caller, admin: Caller
) -> None:
    async def used(who: Caller) -> str:
        return (await ours.resolve(who, "openai/gpt-4o")).candidates[0].key.secret

    assert await used(alice) == SERVERS_KEY
    await save(ours.database, ours.ring, admin, "openai", OTHER, shared=True)
    assert await used(alice) == OTHER
    await save(ours.database, ours.ring, alice, "openai", GOOD)
    assert await used(alice) == GOOD
    assert await used(bob) == OTHER


async def test_who_has_a_key_can_ask_what_the_server_has_no_key_for(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await save(ours.database, ours.ring, alice, "groq", GOOD)
    contestant = await ours.resolve(alice, "groq/llama-3.3-70b-versatile")
    assert contestant.price(contestant.entry.id, clock.now()) is not None
    await ask(contestant)
    assert sent_keys(ours.simulator) == [GOOD]
    assert "set GROQ_API_KEY" in await why_not(ours, bob, "groq/llama-3.3-70b-versatile")


async def test_a_key_that_cannot_be_read_is_not_replaced_by_the_servers(ours: House, alice: Caller) -> None:
    await save(ours.database, ours.ring, alice, "openai", GOOD)
    async with ours.database.transaction() as db:
        await db.execute(update(ProviderKeyRow).values(sealed=b"broken"))
    with pytest.raises(AppError, match="Save it again"):
        await ours.resolve(alice, "openai/gpt-4o")


async def test_an_endpoint_of_a_user_is_asked_by_its_own_way_and_never_with_a_key_of_the_server(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await ours.endpoint(alice)
    contestant = await ours.resolve(alice, f"mine/swift{QUICK}")
    assert contestant.providers is ours.contestants.outsiders
    assert contestant.candidates[0].key == NO_KEY
    told = await ask(contestant)
    assert (told.error, told.answer.target.id) == (None, f"mine/swift{QUICK}")
    assert SERVERS_KEY not in str(ours.simulator.requests)
    assert contestant.entry.price(clock.now()) is None
    assert "no model" in await why_not(ours, bob, f"mine/swift{QUICK}")

    await save(ours.database, ours.ring, alice, "mine", GOOD)
    assert (await ours.resolve(alice, "mine/swift")).candidates[0].key.secret == GOOD


async def test_an_endpoint_of_a_user_that_leads_into_this_network_is_not_connected_to(
    database: Database, alice: Caller
) -> None:
    """As when its name led elsewhere when it was saved."""
    async with house(database) as open_house:
        await open_house.endpoint(alice)
        url = open_house.simulator.openai_url
    async with house(database, local=False) as closed_house:
        port = int(url.rpartition(":")[2].partition("/")[0])
        listener = await asyncio.start_server(lambda *_: knocks.append(1), "127.0.0.1", port)
        knocks: list[int] = []
        async with listener:
            told = await ask(await closed_house.resolve(alice, "mine/swift"))
        assert told.error is not None
        assert told.error.kind == "unreachable"
        assert knocks == []


async def test_a_server_that_is_down_keeps_nobody_from_another_one_of_the_same_name(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await ours.endpoint(alice)
    down = await create(ours.database, ours.ring, bob, "mine", "http://127.0.0.1:1/v1")
    contestant = await ours.resolve(bob, f"{down.name}/swift{QUICK}")
    mine = contestant.candidates[0]
    many = replace(contestant, candidates=(mine,) * 6)  # more failures than a server is believed after
    assert (await ask(many)).error is not None
    assert (await ask(await ours.resolve(alice, f"mine/swift{QUICK}"))).error is None


async def test_a_users_endpoint_takes_what_models_of_that_name_take(ours: House, alice: Caller) -> None:
    await ours.endpoint(alice)
    thinking = await ours.resolve(alice, "mine/deepseek-r1")
    plain = await ours.resolve(alice, "mine/anything")
    assert thinking.entry.target.takes.reasoning
    assert not plain.entry.target.takes.reasoning
    assert plain.entry.target.dialect == "chat"
    assert "embeddings" in await why_not(ours, alice, "mine/nomic-embed-text")


async def test_a_users_endpoint_comes_before_a_maker_that_a_reseller_lists(
    ours: House, alice: Caller
) -> None:
    await ours.endpoint(alice, "openai-ish")
    assert (await ours.resolve(alice, "openai-ish/gpt-4o")).provider == "openai-ish"


async def test_what_is_reached_by_different_ways_does_not_stand_in_for_each_other(
    ours: House, alice: Caller
) -> None:
    await ours.endpoint(alice)
    await ours.endpoint(alice, "mine-too")
    assert "cannot stand in" in await why_not(ours, alice, "mine/swift", SWIFT)
    assert "cannot stand in" in await why_not(ours, alice, SWIFT, "mine/swift")
    mine = await ours.resolve(alice, f"mine/swift@401{QUICK}", f"mine-too/swift{QUICK}")
    assert (await ask(mine)).answer.target.endpoint.name == "mine-too"


async def test_no_key_shows_itself(ours: House, alice: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await save(ours.database, ours.ring, alice, "groq", GOOD)
    contestant = await ours.resolve(alice, "groq/llama-3.3-70b-versatile", "openai/gpt-4o")
    await ask(contestant)
    shown = f"{contestant!r} {ours.contestants!r} {caplog.text}"
    assert GOOD not in shown
    assert SERVERS_KEY not in shown


async def test_the_database_is_asked_as_often_for_many_lanes_as_for_one(ours: House, alice: Caller) -> None:
    for lanes in (1, 24):
        wanted = [Wanted(model_id=f"{SWIFT}@seed:{lane}", field="modelIds.0") for lane in range(lanes)]
        with asked() as statements:
            assert len(await ours.contestants.resolve_all(alice.user_id, wanted)) == lanes
        assert len(reads(statements)) <= 3, statements


async def test_a_few_models_of_several_providers_are_suggested(ours: House, alice: Caller) -> None:
    suggested = await ours.contestants.suggested()
    assert len(suggested) == 3
    assert {each.partition("/")[0] for each in suggested} == {"openai", "simulator", "workshop"}
    for model_id in suggested:
        await ours.resolve(alice, model_id)


async def test_no_dear_model_is_suggested_where_there_is_another(ours: House) -> None:
    for model_id in await ours.contestants.suggested():
        entry = await ours.contestants.catalogue.find(model_id)
        assert entry is not None
        price = entry.price(clock.now())
        rate = price.rate("output") if price else None
        assert entry.simulated or rate is None or rate.at(0) <= 5
