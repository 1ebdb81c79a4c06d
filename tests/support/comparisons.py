"""Whole comparisons as they stand on the wire, made up by hypothesis: every state, numbers, hostile text."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

from hypothesis import strategies as st

from backend.providers.chat import Effort, FinishReason
from backend.providers.failures import FailureKind
from backend.providers.usage import BUCKETS
from backend.rooms.snapshot import (
    Buckets,
    Comparison,
    DroppedParameter,
    ErrorKind,
    JsonSchemaFormat,
    Lane,
    LaneParameters,
    Metrics,
    Response,
    Retry,
    Turn,
)

NASTY = (
    "```\n~~~~\n````markdown",
    "<script>alert(1)</script><!--",
    "=1+1",
    "a|b\r\nc\td\u2028e",
    "👩🏽‍🚀 مرحبا \u202eabc",
    '"quoted", \\ and more',
    "]]></style>&amp;",
)
ENDED = ("completed", "error", "cancelled", "interrupted")

characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
text = st.sampled_from(NASTY) | st.text(characters, max_size=40)
said = st.text(characters, min_size=1, max_size=30) | st.sampled_from(NASTY)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
milliseconds = st.integers(0, 10**8).map(lambda number: number / 1000)
dollars = st.integers(0, 10**14).map(lambda number: number / 10**12)
models = st.sampled_from(("simulator/novelist", "openai/gpt-5.4", "anthropic/claude-opus-4.8", "a|b`c"))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


parameters = st.builds(
    LaneParameters,
    temperature=maybe(st.floats(0, 2)),
    top_p=maybe(st.floats(0.01, 1)),
    max_output_tokens=maybe(st.integers(1, 10**6)),
    stop=st.lists(st.text(characters, min_size=1, max_size=4), max_size=2).map(tuple),
    seed=maybe(st.integers(-(2**53), 2**53)),
    reasoning_effort=maybe(st.sampled_from(get_args(Effort))),
    response_format=maybe(
        st.builds(
            JsonSchemaFormat, name=st.just("answer"), schema=maybe(st.just({"type": "object", "least": -1}))
        )
    ),
)
retries = st.builds(
    Retry,
    kind=st.sampled_from(get_args(FailureKind)),
    message=text,
    wait_ms=milliseconds,
    next_model_id=models,
    at=moments,
)


@st.composite
def metrics(draw: st.DrawFn) -> Metrics:
    """Sums are sums; what is unknown has no figure."""
    counted = draw(maybe(st.fixed_dictionaries({bucket: st.integers(0, 10**6) for bucket in BUCKETS})))
    buckets = Buckets(**counted) if counted else None
    output = None if buckets is None else buckets.output + buckets.reasoning + buckets.output_audio
    total = None if counted is None else sum(counted.values())
    cost = draw(maybe(dollars))
    known = st.sampled_from(("reported", "computed", "estimated"))
    return Metrics(
        provider=draw(st.sampled_from(("simulator", "openai", "anthropic"))),
        answered_by=draw(maybe(models)),
        input_tokens=None if total is None or output is None else total - output,
        output_tokens=output,
        total_tokens=total,
        buckets=buckets,
        tokens_origin=draw(known) if buckets else "unknown",
        tokens_note=draw(st.sampled_from(("", "o200k_base"))),
        cost=cost,
        cost_origin="unknown" if cost is None else draw(known),
        queue_ms=draw(maybe(milliseconds)),
        connect_ms=draw(maybe(milliseconds)),
        time_to_first_token_ms=draw(maybe(milliseconds)),
        time_to_first_answer_ms=draw(maybe(milliseconds)),
        response_time_ms=draw(maybe(milliseconds)),
        tokens_per_second=draw(maybe(milliseconds)),
        finish_reason=draw(maybe(st.sampled_from(get_args(FinishReason)))),
        dropped=draw(
            st.lists(st.builds(DroppedParameter, parameter=st.just("seed"), reason=text), max_size=1).map(
                tuple
            )
        ),
    )


@st.composite
def responses(draw: st.DrawFn, key: UUID, turn: UUID, lane: Lane, attempt: int, status: str) -> Response:
    begun = status != "pending"
    numbers = draw(metrics()) if status in ENDED else Metrics(provider="simulator")
    broken = status in {"error", "interrupted"}
    return Response(
        **{name: getattr(numbers, name) for name in Metrics.__struct_fields__},
        id=key,
        turn_id=turn,
        lane_id=lane.id,
        model_id=lane.model_id,
        attempt=attempt,
        status=status,  # type: ignore[arg-type]
        text=draw(text) if begun else "",
        reasoning=draw(text) if begun else "",
        error_kind=draw(st.sampled_from(_ERROR_KINDS)) if broken else None,
        error_message=draw(text) if broken else None,
        retry_after=draw(maybe(milliseconds)) if broken else None,
        retries=tuple(draw(st.lists(retries, max_size=2))) if begun else (),
        created_at=draw(moments),
        started_at=draw(moments) if begun else None,
        ended_at=draw(moments) if status in ENDED else None,
    )


_ERROR_KINDS = tuple(
    kind for kinds in get_args(ErrorKind) for kind in (get_args(kinds) or (kinds,)) if isinstance(kind, str)
)


@st.composite
def lanes(draw: st.DrawFn, new_id: Callable[[], UUID]) -> Lane:
    return Lane(
        id=new_id(),
        model_id=draw(models),
        label=draw(st.text(characters, max_size=20)),
        system_prompt=draw(text),
        parameters=draw(parameters),
        fallback_model_ids=tuple(draw(st.lists(models, max_size=2))),
        removed=draw(st.booleans()),
    )


@st.composite
def turns(
    draw: st.DrawFn, new_id: Callable[[], UUID], number: int, among: Sequence[Lane], statuses: Sequence[str]
) -> Turn:
    key = new_id()
    started = statuses != ("pending",)
    asked = draw(st.lists(st.sampled_from(among), min_size=1, unique_by=lambda lane: lane.id))
    made = tuple(
        draw(responses(new_id(), key, lane, attempt, draw(st.sampled_from(statuses))))
        for lane in asked
        for attempt in range(1, 1 + (draw(st.integers(1, 2)) if started else 1))
    )
    return Turn(
        id=key,
        number=number,
        prompt=draw(said),
        history_mode=draw(st.sampled_from(("isolated", "shared"))),
        asked_by=draw(text),
        created_at=draw(moments),
        started=started,
        chosen_response_id=draw(maybe(st.sampled_from([each.id for each in made]))) if started else None,
        responses=made,
    )


@st.composite
def comparisons(draw: st.DrawFn, *, running: bool = False) -> Comparison:
    """`running`: with answers that are still being given in the last turn."""
    counter = iter(range(1, 10_000))

    def new_id() -> UUID:
        return UUID(int=0x018F_0000_0000_7000_8000_0000_0000_0000 + next(counter))

    among = [draw(lanes(new_id)) for _ in range(draw(st.integers(1, 3)))]
    count = draw(st.integers(1, 3))
    kinds = [("pending",), ENDED] + [("pending", "streaming", *ENDED)] * running
    states = [ENDED] * (count - 1) + [draw(st.sampled_from(kinds))]
    made = tuple(
        draw(turns(new_id, number, among, statuses)) for number, statuses in enumerate(states, start=1)
    )
    return Comparison(
        **totals(made),
        session_id=new_id(),
        title=draw(text),
        prompt=made[0].prompt,
        models=tuple(lane.model_id for lane in among if not lane.removed),
        history_mode=draw(st.sampled_from(("isolated", "shared"))),
        tags=tuple(sorted(draw(st.sets(said, max_size=2)))),
        lanes=tuple(among),
        turns=made,
        owner_id=new_id(),
        created_at=draw(moments),
        updated_at=draw(moments),
    )


def totals(made: Sequence[Turn]) -> dict[str, Any]:
    """As they are when each end has been counted."""
    ended = [each for turn in made for each in turn.responses if each.status in ENDED]
    completed = [each for each in ended if each.status == "completed"]
    milliseconds_ = sum(round(each.response_time_ms or 0) for each in completed)
    return {
        "status": _status(made[-1]),
        "total_tokens": sum(each.total_tokens or 0 for each in ended),
        "total_cost": float(sum(Decimal(repr(each.cost or 0.0)) for each in ended)),
        "unknown_costs": sum(each.cost is None and each.queue_ms is not None for each in ended),
        "average_response_time": milliseconds_ / len(completed) if completed else None,
        "response_count": len(ended),
        "completed_count": len(completed),
    }


def _status(last: Turn) -> str:
    if not last.started:
        return "pending"
    states = {each.status for each in last.responses}
    if states & {"pending", "streaming"}:
        return "in_progress"
    return "completed" if "completed" in states else "failed"
