"""One example of everything that is said over a room's socket, from one small story."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.rooms import protocol as say
from backend.rooms.snapshot import Buckets, Lane, LaneParameters, Metrics, Response, Retry, Totals, Turn

ROOM: Final = UUID("0198c0de-0000-7000-8000-000000000001")
LANE: Final = UUID("0198c0de-0000-7000-8000-00000000000a")
TURN: Final = UUID("0198c0de-0000-7000-8000-000000000010")
ANSWER: Final = UUID("0198c0de-0000-7000-8000-0000000000a1")
ADA: Final = UUID("0198c0de-0000-7000-8000-000000000ada")
EPOCH: Final = "0198c0de000070008000000000000e0c"
MODEL: Final = "simulator/swift"
AT: Final = datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)

_waiting = Response(
    id=ANSWER, turn_id=TURN, lane_id=LANE, model_id=MODEL, attempt=1, status="pending", created_at=AT
)
_turn = Turn(
    id=TURN,
    number=1,
    prompt="Explain CRDTs.",
    history_mode="isolated",
    asked_by="Ada",
    created_at=AT,
    started=True,
    responses=(_waiting,),
)
_metrics = Metrics(
    provider="simulator",
    input_tokens=11,
    output_tokens=42,
    total_tokens=53,
    buckets=Buckets(input=11, output=42),
    tokens_origin="reported",
    cost=0.0000179,
    cost_origin="computed",
    queue_ms=0.4,
    connect_ms=2.1,
    time_to_first_token_ms=121.7,
    time_to_first_answer_ms=121.7,
    response_time_ms=352.9,
    tokens_per_second=181.6,
    finish_reason="stop",
)
_totals = Totals(
    status="completed",
    total_tokens=53,
    total_cost=0.0000179,
    average_response_time=352.9,
    response_count=1,
    completed_count=1,
)
_failed = Totals(status="failed", response_count=1)
_lane = Lane(
    id=LANE, model_id=MODEL, label="", system_prompt="", parameters=LaneParameters(), fallback_model_ids=()
)
_of_answer = {"session_id": ROOM, "response_id": ANSWER, "lane_id": LANE, "model_id": MODEL}

SAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    say.Authenticate(id=1, token="sk-bakeoff-…"),  # noqa: S106 - none
    say.JoinSession(id=2, session_id=ROOM, epoch=EPOCH, after=7),
    say.LeaveSession(id=3, session_id=ROOM),
    say.StartComparison(id=4, session_id=ROOM, prompt="And in one sentence?"),
    say.StopModel(id=5, response_id=ANSWER),
    say.StopComparison(id=6, session_id=ROOM),
    say.Regenerate(id=7, response_id=ANSWER),
    say.Typing(session_id=ROOM, typing=True),
    say.Viewing(session_id=ROOM, lane_id=LANE),
    say.Hello(version=say.VERSION, authenticated=True),
    say.Authenticated(id=1, user_id=ADA, name="Ada"),
    say.Joined(id=2, session_id=ROOM, epoch=EPOCH, seq=9, recovered=True, access="owner"),
    say.Ack(id=4, session_id=ROOM, turn_id=TURN),
    say.Error(
        id=4,
        code="still_running",
        message="An answer of these lanes is still running: stop it, or wait for its end.",
        session_id=ROOM,
    ),
    say.Limited(command="start_comparison", remaining=4, reset_at=AT),
    say.Closed(session_id=ROOM, reason="access_ended"),
    say.TurnStarted(session_id=ROOM, seq=1, turn=_turn),
    say.TurnQueued(session_id=ROOM, seq=2, turn_id=TURN, place=3),
    say.ResponseAdded(session_id=ROOM, seq=3, response=msgspec.structs.replace(_waiting, attempt=2)),
    say.ModelStart(seq=4, timestamp=AT, **_of_answer),
    say.ModelChunk(seq=6, offset=0, chunk="A CRDT is", timestamp=AT, **_of_answer),
    say.ModelReasoning(seq=5, offset=0, chunk="They ask for", timestamp=AT, **_of_answer),
    say.ModelRetry(
        seq=7,
        retry=Retry(
            kind="rate_limited",
            message="Too many requests.",
            wait_ms=2000.0,
            next_model_id=MODEL,
            at=AT,
        ),
        **_of_answer,
    ),
    say.ModelComplete(
        seq=8,
        turn_id=TURN,
        metrics=_metrics,
        totals=_totals,
        stored=True,
        timestamp=AT,
        status="completed",
        **_of_answer,
    ),
    say.ModelError(
        seq=8,
        turn_id=TURN,
        metrics=Metrics(provider="simulator"),
        totals=_failed,
        stored=True,
        timestamp=AT,
        status="error",
        kind="rate_limited",
        error="Too many requests.",
        retry_after=30.0,
        **_of_answer,
    ),
    say.ResponseStored(session_id=ROOM, seq=9, response_id=ANSWER, totals=_totals),
    say.ComparisonComplete(session_id=ROOM, seq=9, turn_id=TURN, totals=_totals),
    say.ComparisonError(
        session_id=ROOM, seq=9, turn_id=TURN, totals=_failed, message="No model has answered."
    ),
    say.ChoiceMade(session_id=ROOM, seq=10, turn_id=TURN, response_id=ANSWER),
    say.ComparisonChanged(
        session_id=ROOM,
        seq=11,
        title="CRDTs",
        prompt="Explain CRDTs.",
        tags=("storage",),
        history_mode="shared",
        lanes=(_lane,),
        updated_at=AT,
    ),
    say.Presence(
        session_id=ROOM, people=(say.Person(id=ADA, name="Ada", viewing=LANE),), left=(), complete=True
    ),
    say.SomebodyTypes(session_id=ROOM, user_id=ADA, name="Ada", typing=True),
    say.BudgetWarning(
        scope="user",
        period="day",
        limit=5.0,
        spent=4.1,
        message="Your budget of $5.00 a day is at $4.10. It begins anew at 2026-03-02 00:00 UTC.",
    ),
)
