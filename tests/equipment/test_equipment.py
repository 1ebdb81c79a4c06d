"""From settings to an answer: which models can be asked here, with which key, at which price."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import aiohttp
import httpx2
import pytest

from backend.catalogue.entry import Entry
from backend.catalogue.prices import cost_of
from backend.equipment import Equipment, equipped, plan_of
from backend.kit import clock
from backend.kit.master_key import MasterKey
from backend.providers.admission import Outcome
from backend.providers.answering import Candidate
from backend.providers.chat import Call, Parameters, user
from backend.providers.keys import NO_KEY
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from backend.settings import Settings, SettingsError
from tests.support.bakeoff import refused, running_bakeoff
from tests.support.wires import listen


@asynccontextmanager
async def equipment_of(
    environ: Mapping[str, str], toml: Path | None = None, tried: list[tuple[str, Outcome]] | None = None
) -> AsyncIterator[Equipment]:
    def note(target: Target, outcome: Outcome) -> None:
        if tried is not None:
            tried.append((target.id, outcome))

    plan = plan_of(Settings.load(environ, toml_path=toml))
    async with equipped(plan, note, MasterKey(b"x" * 32)) as equipment:
        yield equipment


async def found(equipment: Equipment, model_id: str) -> Entry:
    entry = await equipment.catalogue.find(model_id)
    assert entry is not None
    return entry


async def available(equipment: Equipment) -> set[str]:
    return {entry.target.endpoint.name for entry in await equipment.catalogue.all() if entry.available}


def test_the_simulator_is_there_for_those_who_have_nobody_else_to_ask() -> None:
    simulated = {
        (mode, key): plan_of(Settings.load({"BAKEOFF_SIMULATOR": mode, "GROQ_API_KEY": key})).simulated
        for mode in ("auto", "on", "off")
        for key in ("", "gk")
    }
    assert simulated == {
        ("auto", ""): True,
        ("auto", "gk"): False,
        ("on", ""): True,
        ("on", "gk"): True,
        ("off", ""): False,
        ("off", "gk"): False,
    }


async def test_without_any_key_the_simulated_models_can_be_asked_and_the_others_say_what_they_need() -> None:
    async with equipment_of({}) as equipment:
        entries = await equipment.catalogue.all()
        cast = [entry for entry in entries if entry.simulated and entry.kind == "chat"]

        assert len(cast) >= 6
        assert all(entry.available and "simulated" in entry.display_name for entry in cast)
        assert (await found(equipment, "openai/gpt-4o")).unavailable_reason == "set OPENAI_API_KEY"
        assert (await found(equipment, "azure/gpt-4o")).unavailable_reason == "set BAKEOFF_AZURE_BASE_URL"


async def test_a_simulated_model_answers_through_everything_and_its_answer_has_a_price() -> None:
    tried: list[tuple[str, Outcome]] = []
    async with equipment_of({}, tried=tried) as equipment:
        entry = await found(equipment, "simulator/sage@ttft:0@pace:0")
        candidate = Candidate(entry.target, equipment.keys["simulator"])
        call = Call("", (user("Why is the sky blue?"),), parameters=Parameters(temperature=0.5))
        told = await listen(equipment.providers.answer(call, [candidate]))
        price = entry.price(clock.now())

    assert told.error is None
    assert told.heard.retries == []  # nothing was sent that it does not take
    assert [dropped.parameter for dropped in told.answer.dropped] == ["temperature"]
    assert "simulated" in told.heard.text
    usage = told.heard.usage
    assert usage is not None
    assert price is not None
    cost = cost_of(usage, price)
    assert cost.origin == "computed"
    assert cost.amount == Decimal(usage.input_total * 5 + usage.output_total * 25) / 1_000_000
    assert tried == [(entry.id, "ok")]


async def test_every_simulated_model_takes_what_the_catalogue_says_it_takes() -> None:
    everything = Parameters(
        temperature=0.5, top_p=0.9, max_output_tokens=64, stop=("~~",), seed=5, reasoning_effort="low"
    )
    async with equipment_of({}) as equipment:
        for entry in await equipment.catalogue.all():
            if not entry.simulated or entry.kind != "chat":
                continue
            name = f"{entry.id}@ttft:0@pace:0"
            target = (await found(equipment, name)).target
            candidate = Candidate(target, equipment.keys["simulator"])
            told = await listen(
                equipment.providers.answer(Call("", (user("Hello"),), parameters=everything), [candidate])
            )
            refusals = [retry for retry in told.heard.retries if retry.kind == "refused"]
            assert refusals == [], name
            assert told.error is None or told.error.kind != "refused"


async def test_nobody_else_on_this_machine_can_use_the_simulator() -> None:
    async with equipment_of({}) as equipment:
        url = (await found(equipment, "simulator/swift")).target.endpoint.base_url
        body = {"model": "swift", "messages": [{"role": "user", "content": "hi"}]}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/chat/completions", json=body) as response,
        ):
            assert response.status == 401


async def test_a_key_makes_the_models_of_its_provider_available() -> None:
    async with equipment_of({"OPENAI_API_KEY": "sk-x"}) as equipment:
        assert await available(equipment) == {"openai"}


async def test_a_server_of_ones_own_needs_no_key_and_lists_its_models_itself() -> None:
    simulator = await Simulator.start()
    try:
        async with equipment_of({"BAKEOFF_VLLM_BASE_URL": simulator.openai_url}) as equipment:
            assert await available(equipment) == {"vllm"}
            entry = await found(equipment, "vllm/swift@ttft:0@pace:0")
            assert entry.unavailable_reason == "vLLM has no model swift@ttft:0@pace:0"
            entry = await found(equipment, "vllm/swift")
            told = await listen(
                equipment.providers.answer(Call("", (user("x"),)), [Candidate(entry.target, NO_KEY)])
            )
            assert told.error is None
            assert entry.price(clock.now()) is None  # which is not the same as free
    finally:
        await simulator.stop()


async def test_an_endpoint_of_the_file_is_asked_with_its_key_and_its_quirks(tmp_path: Path) -> None:
    simulator = await Simulator.start(key="sk-house", remember=10)
    toml = tmp_path / "bakeoff.toml"
    toml.write_text(
        f"""
        [[endpoints]]
        name = "house"
        base_url = "{simulator.openai_url}/"
        key_variable = "HOUSE_KEY"
        max_tokens_field = "max_completion_tokens"
        models = ["swift"]
        headers = {{ "x-team" = "bakers" }}

        [models."house/swift"]
        display_name = "House blend"
        context_window = 4096
        price = {{ input = 1, output = 2 }}
        """
    )
    try:
        async with equipment_of({"HOUSE_KEY": "sk-house"}, toml) as equipment:
            entry = await found(equipment, "house/swift")
            call = Call("", (user("x"),), parameters=Parameters(max_output_tokens=5))
            candidate = Candidate(entry.target, equipment.keys["house"])
            told = await listen(equipment.providers.answer(call, [candidate]))
            price = entry.price(clock.now())
            assert await equipment.catalogue.find("house/other") is None
    finally:
        await simulator.stop()

    assert (told.error, told.heard.end["reason"]) == (None, "length")
    assert simulator.requests[0].headers["x-team"] == "bakers"
    assert (entry.display_name, entry.context_window, entry.available) == ("House blend", 4096, True)
    assert price is not None
    assert price.source == "bakeoff.toml"
    async with equipment_of({}, toml) as equipment:
        assert (await found(equipment, "house/swift")).unavailable_reason == "set HOUSE_KEY"


def test_everything_that_is_wrong_with_the_tables_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "bakeoff.toml").write_text(
        '[[endpoints]]\nname = "a"\nbase_url = "ftp://a"\n[models."openai/gpt-4o".price]\ninptu = 1\n'
    )
    status, lines = refused(tmp_path)

    assert status == 2
    assert len(lines) == 2
    assert any("endpoints[0]" in line for line in lines)
    assert any("inptu" in line and "did you mean input" in line for line in lines)


def test_a_fresh_server_lists_its_simulated_models_first(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path) as bakeoff:
        models = httpx2.get(f"{bakeoff.url}/api/models").json()
        again = httpx2.get(f"{bakeoff.url}/comparison/models/available", params={"available": "true"}).json()
        health = httpx2.get(f"{bakeoff.url}/health/detailed").json()

        assert bakeoff.terminate() == 0

    assert models[0]["simulated"] is True
    assert set(models[0]) == {
        "id", "provider", "displayName", "contextWindow", "maxOutputTokens", "capabilities", "prices",
        "available", "unavailableReason", "simulated", "deprecated",
    }  # fmt: skip
    assert {model["provider"] for model in again} == {"simulator"}
    assert {"name": "simulator", "configured": True, "lastOutcome": None} in health["providers"]


def test_no_provider_at_all_leaves_a_list_in_which_nothing_is_available(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path, environ={"BAKEOFF_SIMULATOR": "off"}) as bakeoff:
        models = httpx2.get(f"{bakeoff.url}/api/models").json()

    assert models
    assert not any(model["available"] for model in models)
    assert all(model["unavailableReason"] for model in models)


async def test_an_unusable_table_is_a_settings_error() -> None:
    settings = Settings.load({})
    object.__setattr__(settings, "models", 3)
    with pytest.raises(SettingsError, match="models"):
        plan_of(settings)
