"""What will happen hangs on the seed alone, and faults never cover each other."""

import tomllib

import pytest

from soak.models import MODELS, configuration
from soak.plan import EARLY, planned
from soak.weather import AWAY, Weather


@pytest.mark.parametrize("seed", range(20))
def test_the_server_is_ended_early_and_faults_come_one_after_another(seed: int) -> None:
    plan = planned(10, seed)
    kinds = [fault.kind for fault in plan.faults]
    assert (kinds.count("kill"), kinds.count("terminate")) == (3, 1)
    assert max(fault.at for fault in plan.faults if fault.kind in AWAY) < plan.seconds * (EARLY + 0.05)
    ends = [fault.at + fault.lasts for fault in plan.faults]
    assert all(end < after.at for end, after in zip(ends, plan.faults[1:], strict=False))
    assert ends[-1] < plan.seconds
    assert all(1 <= fault.lasts <= 6 for fault in plan.faults if fault.kind == "pause")


def test_the_same_seed_is_the_same_plan() -> None:
    assert planned(3, 7) == planned(3, 7)
    assert planned(3, 7).faults != planned(3, 8).faults


def test_a_minute_has_one_of_each() -> None:
    kinds = sorted(fault.kind for fault in planned(1, 1).faults)
    assert kinds == ["kill", "pause", "quiet", "refusal", "terminate", "upstream-kill"]


def test_every_model_is_configured_with_a_price() -> None:
    endpoints = {model.id.partition("/")[0]: "http://127.0.0.1:1" for model in MODELS}
    config = tomllib.loads(configuration(endpoints))
    assert set(config["models"]) == {model.id for model in MODELS}
    listed = {f"{each['name']}/{name}" for each in config["endpoints"] for name in each["models"]}
    assert listed == set(config["models"])


def test_a_fault_excuses_what_overlaps_it() -> None:
    weather = Weather()
    with weather.during("kill") as kill:
        assert weather.had(AWAY, kill.began + 100)
        assert not weather.had(["pause"], kill.began)
    assert kill.ended is not None
    assert weather.had(AWAY, kill.ended + 1)
    assert not weather.had(AWAY, kill.ended + 10)
