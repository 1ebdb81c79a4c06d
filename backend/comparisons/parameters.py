"""From a lane's settings, as the wire has them, to a call, as providers know it."""

from backend.comparisons.contestants import Contestant
from backend.comparisons.histories import History
from backend.comparisons.schemas import LaneInput
from backend.providers.chat import Call, Message, Parameters, ResponseFormat
from backend.rooms.snapshot import Lane, LaneParameters


def call_of(contestant: Contestant, lane: Lane | LaneInput, history: History, asked: Message) -> Call:
    return Call(
        model=contestant.candidates[0].target.name,
        messages=(*history.messages, asked),
        system=lane.system_prompt,
        parameters=parameters_of(lane.parameters),
    )


def parameters_of(given: LaneParameters) -> Parameters:
    shape = given.response_format
    return Parameters(
        temperature=given.temperature,
        top_p=given.top_p,
        max_output_tokens=given.max_output_tokens,
        stop=given.stop,
        seed=given.seed,
        reasoning_effort=given.reasoning_effort,
        response_format=None if shape is None else ResponseFormat(shape.name, shape.schema),
    )
