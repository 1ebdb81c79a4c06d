"""What one lane will use and cost, before it is asked: counted, guessed from earlier answers, or unknown.

Pure but for the tokenizers, which take their time in threads. Knows neither storage nor the wire.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, assert_never

from backend.catalogue.entry import Entry
from backend.catalogue.prices import UNKNOWN, Cost, Price
from backend.catalogue.tokens import Count, TokenCounter
from backend.comparisons.contestants import Contestant
from backend.kit.errors import FieldProblem, Invalid
from backend.providers.chat import (
    Call,
    FilePart,
    ImagePart,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.usage import Usage

# Where somebody has no answers of a model yet: a page, and some more where thoughts are charged as well.
_USUAL: Final = 500
_USUAL_WITH_REASONING: Final = 2_000

# No tokenizer of ours makes more tokens of a text than it has bytes. What some vendors make beyond that, and
# what stands around messages, is well within this.
_CERTAINLY: Final = 3


@dataclass(frozen=True, slots=True)
class Output:
    likely: int
    high: int | None
    """None: nobody knows how long it can get."""
    answers: int = 0
    """Of one's own, that it is told from."""


@dataclass(frozen=True, slots=True)
class Forecast:
    entry: Entry
    given: Count
    output: Output
    low: Cost
    likely: Cost
    high: Cost

    @property
    def window(self) -> int | None:
        return self.entry.context_window

    @property
    def left(self) -> int | None:
        return None if self.window is None else max(0, self.window - self.given.tokens)

    @property
    def fits(self) -> bool | None:
        """None where it cannot be told."""
        return fits(self.given, self.window)


async def forecast(
    tokens: TokenCounter,
    contestant: Contestant,
    call: Call,
    at: datetime,
    earlier: Output | None = None,
) -> Forecast:
    """Of who is asked first. `earlier`: what answers of this model were like for who asks."""
    entry = contestant.entry
    given = await tokens.call(call, entry.target)
    output = _output(entry, call, given, earlier)
    price = entry.price(at)
    return Forecast(
        entry=entry,
        given=given,
        output=output,
        low=_cost(price, given.tokens, 0),
        likely=_cost(price, given.tokens, output.likely),
        high=_cost(price, given.tokens, output.high),
    )


def fits(given: Count, window: int | None) -> bool | None:
    """Nothing may be kept from a model only because our count of its tokens is off."""
    if window is None:
        return None
    if given.at_most < window:
        return True
    return None if given.at_least < window else False


async def require_fits(tokens: TokenCounter, lanes: Sequence[tuple[str, Contestant, Call]]) -> None:
    """Each with its field. Raises Invalid for every one whose model cannot take it; most are not counted."""
    problems = await asyncio.gather(*(_too_long(tokens, *lane) for lane in lanes))
    if found := [problem for problem in problems if problem]:
        raise Invalid(found)


def total(costs: Iterable[Cost]) -> Decimal | None:
    """Of those that are known; None when none is."""
    known = [cost.amount for cost in costs if cost.amount is not None]
    return sum(known, Decimal(0)) if known else None


async def _too_long(
    tokens: TokenCounter, field: str, contestant: Contestant, call: Call
) -> FieldProblem | None:
    entry = contestant.entry
    window = entry.context_window
    if window is None or _certainly_fits(call, window):
        return None
    given = await tokens.call(call, entry.target)
    if fits(given, window) is not False:
        return None
    message = f"{entry.id} holds {window:,} tokens; with all that was said before these are {given.tokens:,}."
    return FieldProblem(field=field, message=message)


def _certainly_fits(call: Call, window: int) -> bool:
    wanted = call.parameters
    if wanted.tools or wanted.response_format:
        return False
    sizes = [len(call.system.encode()), *(_bytes(part) for said in call.messages for part in said.parts)]
    known = [size for size in sizes if size is not None]
    return len(known) == len(sizes) and _CERTAINLY * sum(known) + 100 < window


def _bytes(part: Part) -> int | None:
    """None: it is not its bytes that count."""
    match part:
        case TextPart(text=text) | ToolResultPart(text=text):
            return len(text.encode()) + 8
        case ToolCallPart() | ImagePart() | FilePart():
            return None
        case _:
            assert_never(part)


def _output(entry: Entry, call: Call, given: Count, earlier: Output | None) -> Output:
    left = None if entry.context_window is None else max(0, entry.context_window - given.tokens)
    limits = (call.parameters.max_output_tokens, entry.max_output_tokens, left)
    most = min((limit for limit in limits if limit is not None), default=None)
    if earlier is None:
        usual = _USUAL_WITH_REASONING if entry.target.takes.reasoning else _USUAL
        return Output(_within(usual, most), most)
    high = earlier.likely if earlier.high is None else earlier.high
    return Output(_within(earlier.likely, most), _within(high, most), earlier.answers)


def _within(tokens: int, most: int | None) -> int:
    return tokens if most is None else min(tokens, most)


def _cost(price: Price | None, given: int, output: int | None) -> Cost:
    if price is None or output is None:
        return UNKNOWN
    return price.cost(Usage(input=given, output=output, origin="estimated"))
