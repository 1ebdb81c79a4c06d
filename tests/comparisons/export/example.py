"""One comparison as a person has it: three lanes, two turns, a failure, a second attempt, other scripts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from backend.catalogue.prices import Price, Rate
from backend.comparisons.export.archive import Archive, ArchivedResponse, ArchivedTurn
from backend.comparisons.timeline import Mark
from backend.rooms.snapshot import Buckets, DroppedParameter, Lane, LaneParameters, Retry
from tests.support.comparisons import totals

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEGIN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

ANSWER = """A queue made of two stacks: push to one, pop from the other.

```python
class Queue:
    def __init__(self) -> None:
        self._in, self._out = [], []

    def pop(self) -> object:
        if not self._out:
            while self._in:
                self._out.append(self._in.pop())
        return self._out.pop()
```

Each element is moved **once**, so a pop costs O(1) amortised."""
HOSTILE = """</pre><script>document.title = "broken out"</script><img src=x onerror="alert(1)">
<style>body { display: none }</style> &amp; ```` and a lone ~~~ in a line
=HYPERLINK("http://example.org") مرحبا بالعالم 👩🏽‍🚀"""
PRICE = Price(rates={"input": Rate(Decimal("1.25")), "output": Rate(Decimal(10))}, source="a list")


def key(number: int) -> UUID:
    return UUID(int=0x018F_0000_0000_7000_8000_0000_0000_0000 + number)


LANES = (
    Lane(
        id=key(1),
        model_id="openai/gpt-5.4",
        label="",
        system_prompt="You are a patient teacher.\nUse short sentences.",
        parameters=LaneParameters(temperature=0.2, seed=7),
        fallback_model_ids=("openai/gpt-5.4-mini",),
    ),
    Lane(
        id=key(2),
        model_id="anthropic/claude-opus-4.8",
        label="thinks <first>",
        system_prompt="",
        parameters=LaneParameters(reasoning_effort="high"),
        fallback_model_ids=(),
    ),
    Lane(
        id=key(3),
        model_id="simulator/novelist",
        label="",
        system_prompt="",
        parameters=LaneParameters(),
        fallback_model_ids=(),
        removed=True,
    ),
)


def response(number: int, turn: int, lane: int, text: str = "", **values) -> ArchivedResponse:
    known = {
        "provider": LANES[lane].model_id.partition("/")[0],
        "attempt": 1,
        "status": "completed",
        "created_at": BEGIN,
        "started_at": BEGIN + timedelta(milliseconds=40),
        "ended_at": BEGIN + timedelta(seconds=4),
        "system_prompt": LANES[lane].system_prompt,
        "parameters": LANES[lane].parameters,
    }
    return ArchivedResponse(
        id=key(number),
        turn_id=key(turn),
        lane_id=LANES[lane].id,
        model_id=LANES[lane].model_id,
        text=text,
        **(known | values),
    )


QUICK = response(
    11,
    10,
    0,
    ANSWER,
    input_tokens=1234,
    output_tokens=145,
    total_tokens=1379,
    buckets=Buckets(input=210, cache_read=1024, output=145),
    tokens_origin="reported",
    cost=0.002993,
    cost_origin="computed",
    queue_ms=3.5,
    connect_ms=120.25,
    time_to_first_token_ms=310.5,
    time_to_first_answer_ms=310.5,
    response_time_ms=2480.75,
    tokens_per_second=66.8,
    finish_reason="stop",
    price=PRICE,
    timeline=(Mark(310, 40, 0), Mark(1200, 200, 0), Mark(2480, len(ANSWER), 0)),
)
THOUGHTFUL = response(
    12,
    10,
    1,
    HOSTILE,
    reasoning="The user wants a queue.\nTwo stacks are the usual way.",
    input_tokens=220,
    output_tokens=610,
    total_tokens=830,
    buckets=Buckets(input=220, output=110, reasoning=500),
    tokens_origin="estimated",
    tokens_note="o200k_base",
    cost=0.0164,
    cost_origin="estimated",
    queue_ms=850.0,
    connect_ms=200.0,
    time_to_first_token_ms=640.0,
    time_to_first_answer_ms=4200.0,
    response_time_ms=6150.0,
    tokens_per_second=110.7,
    finish_reason="stop",
    retries=(
        Retry(
            kind="rate_limited",
            message="Slow down, please.",
            wait_ms=800.0,
            next_model_id="anthropic/claude-opus-4.8",
            at=BEGIN + timedelta(milliseconds=90),
        ),
    ),
    dropped=(DroppedParameter(parameter="seed", reason="this model does not take it"),),
    timeline=(Mark(640, 0, 30), Mark(4200, 20, 53), Mark(6150, 230, 53)),
)
FAILED = response(
    13,
    10,
    2,
    "Once upon a",
    status="interrupted",
    error_kind="stream_cut",
    error_message="The provider's stream ended without its end.",
    queue_ms=1.0,
    connect_ms=30.0,
    time_to_first_token_ms=400.0,
    time_to_first_answer_ms=400.0,
    response_time_ms=900.0,
)
SECOND_TRY = response(
    14,
    10,
    2,
    "Once upon a time there was a queue, and everybody in it was patient.",
    attempt=2,
    created_at=BEGIN + timedelta(seconds=60),
    started_at=BEGIN + timedelta(seconds=60, milliseconds=5),
    ended_at=BEGIN + timedelta(seconds=62),
    input_tokens=20,
    output_tokens=15,
    total_tokens=35,
    buckets=Buckets(input=20, output=15),
    tokens_origin="reported",
    cost=0.0,
    cost_origin="reported",
    queue_ms=0.5,
    connect_ms=20.0,
    time_to_first_token_ms=350.0,
    time_to_first_answer_ms=350.0,
    response_time_ms=1900.0,
    tokens_per_second=9.7,
    finish_reason="stop",
)
FIRST = ArchivedTurn(
    id=key(10),
    number=1,
    prompt="How do I build a queue from two stacks?\n\nShow it in Python.",
    history_mode="isolated",
    asked_by="Ada",
    created_at=BEGIN,
    started=True,
    started_at=BEGIN,
    ended_at=BEGIN + timedelta(seconds=7),
    chosen_response_id=QUICK.id,
    responses=(QUICK, THOUGHTFUL, FAILED, SECOND_TRY),
)
SECOND = ArchivedTurn(
    id=key(20),
    number=2,
    prompt="And a stack from two queues?",
    history_mode="isolated",
    asked_by="Ada",
    created_at=BEGIN + timedelta(minutes=3),
    started=True,
    started_at=BEGIN + timedelta(minutes=3),
    ended_at=BEGIN + timedelta(minutes=3, seconds=4),
    responses=(
        response(
            21,
            20,
            0,
            history=(QUICK.id,),
            status="error",
            error_kind="rate_limited",
            error_message="You exceeded your current quota.",
            retry_after=20.0,
            queue_ms=1.0,
        ),
        response(
            22, 20, 1, "Push to one, then turn the other round.", history=(THOUGHTFUL.id,), queue_ms=2.0
        ),
    ),
)
TURNS = (FIRST, SECOND)
EXAMPLE = Archive(
    **totals(TURNS),
    session_id=key(100),
    title="Queues & stacks: “two of each”",
    prompt=FIRST.prompt,
    models=tuple(lane.model_id for lane in LANES if not lane.removed),
    history_mode="isolated",
    tags=("data structures", "python"),
    lanes=LANES,
    turns=TURNS,
    owner_id=key(101),
    created_at=BEGIN,
    updated_at=BEGIN + timedelta(minutes=4),
)
