"""Whole comparisons with everything that is kept of them, and what two copies have in common."""

from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from backend.catalogue.prices import Price, Rate, Tier
from backend.comparisons.export.archive import FORMAT, Archive, ArchivedResponse, ArchivedTurn, Document
from backend.comparisons.timeline import Mark
from backend.rooms.snapshot import Comparison, Turn
from tests.support.comparisons import ENDED, comparisons, maybe, moments, parameters, text

rates = st.integers(0, 10**9).map(lambda number: Decimal(number) / 10**6)
prices = st.builds(
    Price,
    rates=st.fixed_dictionaries(
        {
            "input": st.builds(Rate, rates),
            "output": st.builds(
                Rate, rates, st.lists(st.builds(Tier, st.integers(0, 10**6), rates), max_size=1).map(tuple)
            ),
        }
    ),
    per_request=maybe(rates),
    source=st.just("a list"),
    at=maybe(moments),
)
_small = st.integers(0, 1000)


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Mark, ...]:
    steps = draw(st.lists(st.tuples(_small, _small, _small), max_size=5))
    return tuple(map(Mark, *(accumulate(column) for column in zip(*steps, strict=True)))) if steps else ()


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    comparison = draw(comparisons())
    turns = []
    before: list[UUID] = []
    for turn in comparison.turns:
        turns.append(draw(archived_turns(turn, tuple(before))))
        before += [response.id for response in turn.responses]
    return more(Archive, comparison, turns=tuple(turns))


@st.composite
def archived_turns(draw: st.DrawFn, turn: Turn, before: tuple[UUID, ...]) -> ArchivedTurn:
    made = tuple(
        more(
            ArchivedResponse,
            response,
            system_prompt=draw(text),
            parameters=draw(parameters),
            history=draw(st.lists(st.sampled_from(before), max_size=2).map(tuple)) if before else (),
            price=draw(maybe(prices)),
            timeline=draw(timelines()) if response.status in ENDED else (),
        )
        for response in turn.responses
    )
    return more(
        ArchivedTurn,
        turn,
        started_at=draw(moments) if turn.started else None,
        ended_at=draw(moments) if turn.started else None,
        responses=made,
    )


def more(kind: Any, known: msgspec.Struct, **values: object) -> Any:
    return kind(**(msgspec.structs.asdict(known) | values))


def document_of(archive: Archive, at: Any) -> Document:
    return Document(format=FORMAT, version=1, exported_at=at, comparison=archive)


def content(comparison: Comparison) -> dict[str, Any]:
    """What copies share: everything but whose it is and since when, with places instead of ids."""
    encoded = msgspec.json.encode(comparison).decode()
    for number, lane in enumerate(comparison.lanes):
        encoded = encoded.replace(str(lane.id), f"lane {number}")
    for turn in comparison.turns:
        encoded = encoded.replace(str(turn.id), f"turn {turn.number}")
        for number, response in enumerate(turn.responses):
            encoded = encoded.replace(str(response.id), f"response {number} of turn {turn.number}")
    decoded: dict[str, Any] = msgspec.json.decode(encoded)
    for own in ("sessionId", "ownerId", "importedAt", "createdAt", "updatedAt"):
        del decoded[own]
    decoded["tags"] = sorted(decoded["tags"])  # databases differ in how they sort letters
    return decoded
