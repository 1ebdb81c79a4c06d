"""Who can be asked: the simulated models, what they take and cost, how fast they talk. Knows no format."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Style = Literal["terse", "thoughtful", "code", "polyglot", "operator", "unreliable"]


@dataclass(frozen=True, slots=True)
class Pacing:
    first_token: float  # seconds from the request to the first token
    gap: float  # mean seconds between tokens
    jitter: float  # 0.5: a gap is between half and one and a half of the mean


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for a million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    name: str
    display_name: str
    description: str
    style: Style
    context_window: int
    max_output_tokens: int
    prices: Prices
    pacing: Pacing
    reasoning: bool = False
    images: bool = False
    eager_for_tools: bool = False  # calls an offered tool unasked
    failing_percent: int = 0  # how many prompts of a hundred end in a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedder:
    name: str
    display_name: str
    dimensions: int
    max_input_tokens: int
    price: Decimal  # dollars for a million tokens


def _prices(given: str, made: str, read: str, written: str) -> Prices:
    return Prices(Decimal(given), Decimal(made), Decimal(read), Decimal(written))


CAST: Final = (
    Character(
        name="swift",
        display_name="Swift (simulated)",
        description="Fast and terse: a few sentences, at once.",
        style="terse",
        context_window=32_000,
        max_output_tokens=4_096,
        prices=_prices("0.10", "0.40", "0.025", "0.125"),
        pacing=Pacing(0.12, 1 / 180, 0.4),
    ),
    Character(
        name="sage",
        display_name="Sage (simulated)",
        description="Slow and thoughtful: reasons first, then weighs both sides.",
        style="thoughtful",
        context_window=200_000,
        max_output_tokens=64_000,
        prices=_prices("5.00", "25.00", "0.50", "6.25"),
        pacing=Pacing(0.9, 1 / 45, 0.6),
        reasoning=True,
        images=True,
    ),
    Character(
        name="smith",
        display_name="Smith (simulated)",
        description="Writes code: long markdown with listings and tables.",
        style="code",
        context_window=128_000,
        max_output_tokens=16_384,
        prices=_prices("1.25", "10.00", "0.125", "1.5625"),
        pacing=Pacing(0.35, 1 / 110, 0.5),
    ),
    Character(
        name="polyglot",
        display_name="Polyglot (simulated)",
        description="Multilingual: your language first, then a trip through scripts, emoji and accents.",
        style="polyglot",
        context_window=128_000,
        max_output_tokens=8_192,
        prices=_prices("0.80", "4.00", "0.08", "1.00"),
        pacing=Pacing(0.3, 1 / 80, 0.5),
        images=True,
    ),
    Character(
        name="operator",
        display_name="Operator (simulated)",
        description="Calls the tools it is offered, with arguments after their schema.",
        style="operator",
        context_window=128_000,
        max_output_tokens=8_192,
        prices=_prices("0.40", "1.60", "0.10", "0.50"),
        pacing=Pacing(0.25, 1 / 120, 0.4),
        eager_for_tools=True,
    ),
    Character(
        name="gremlin",
        display_name="Gremlin (simulated)",
        description="Unreliable: one prompt in three ends in a fault, always the same for the same prompt.",
        style="unreliable",
        context_window=16_000,
        max_output_tokens=4_096,
        prices=_prices("0.05", "0.20", "0.0125", "0.0625"),
        pacing=Pacing(0.4, 1 / 60, 0.9),
        failing_percent=35,
    ),
)

EMBEDDERS: Final = (
    Embedder(
        name="compass",
        display_name="Compass (simulated)",
        dimensions=256,
        max_input_tokens=8_192,
        price=Decimal("0.02"),
    ),
)

BY_NAME: Final = {character.name: character for character in CAST}
EMBEDDER_BY_NAME: Final = {embedder.name: embedder for embedder in EMBEDDERS}
