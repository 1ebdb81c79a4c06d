"""From a lane's settings to a call."""

from backend.comparisons.histories import History
from backend.comparisons.parameters import call_of, parameters_of
from backend.comparisons.schemas import LaneInput
from backend.providers.chat import PARAMETER_NAMES, Parameters, ResponseFormat, assistant, user
from backend.rooms.snapshot import JsonSchemaFormat, LaneParameters
from tests.comparisons.test_accounting import lane

EVERYTHING = LaneParameters(
    temperature=0.0,
    top_p=0.5,
    max_output_tokens=1,
    stop=("a", "b"),
    seed=0,
    reasoning_effort="low",
    response_format=JsonSchemaFormat(name="shape", schema={"type": "object"}),
)


def test_every_setting_is_handed_on_nothings_among_them() -> None:
    given = parameters_of(EVERYTHING)
    assert given == Parameters(0.0, 0.5, 1, ("a", "b"), 0, "low", ResponseFormat("shape", {"type": "object"}))
    assert given.given() == set(PARAMETER_NAMES) - {"tools"}


def test_what_is_not_set_is_not_sent() -> None:
    assert parameters_of(LaneParameters()) == Parameters()
    assert parameters_of(LaneParameters()).given() == set()


def test_a_call_names_the_model_as_its_endpoint_does_and_ends_with_the_prompt() -> None:
    history = History((user("One?"), assistant("1")))
    asked = LaneInput(model_id="openai/first", system_prompt="Be brief.", parameters=EVERYTHING)
    call = call_of(lane().contestant, asked, history, user(" Two? "))
    assert (call.model, call.system) == ("first", "Be brief.")
    assert call.messages == (user("One?"), assistant("1"), user(" Two? "))
    assert call.parameters == parameters_of(EVERYTHING)
