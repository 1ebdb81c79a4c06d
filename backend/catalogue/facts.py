"""What is known of a model beside its name: rules in facts.toml, tables in bakeoff.toml, a simulated cast.

All three say the same kind of thing, so they are one type, and the last one that says a field is believed.
"""

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Annotated, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Meta, Struct

from backend.catalogue.prices import PriceTable
from backend.providers.capabilities import Capabilities, Input, Thinking
from backend.providers.chat import PARAMETER_NAMES, Effort, ParameterName
from backend.providers.endpoints import Dialect, Endpoint

Kind: TypeAlias = Literal["chat", "embedding", "other"]
"""What a model is asked for; the others draw, speak, listen or judge, and are not listed."""

_FILE: Final = "facts.toml"

Size: TypeAlias = Annotated[int, Meta(ge=1)]

Tokenizer: TypeAlias = Literal["o200k_base", "cl100k_base"]


class ImageTokens(Struct, frozen=True, forbid_unknown_fields=True):
    """What an image counts for: so much whatever its size, or by tiles of 512 pixels, or by small patches."""

    flat: int | None = None
    base: int | None = None
    tile: int | None = None
    patch: int | None = None
    factor: float = 1.0
    most_patches: int | None = None
    long_edge: int | None = None


class Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: nothing is said of it here."""

    display_name: str | None = None
    kind: Kind | None = None
    hidden: bool | None = None
    """Can be used by its name, but is not listed."""
    deprecated: bool | None = None
    dialect: Dialect | None = None
    context_window: Size | None = None
    max_output_tokens: Size | None = None
    inputs: tuple[Input, ...] | None = None
    reasoning: bool | None = None
    efforts: tuple[Effort, ...] | None = None
    thinking: Thinking | None = None
    refuses: tuple[ParameterName, ...] | None = None
    price: PriceTable | None = None
    hour_cache_write: Decimal | None = None
    """Times the input price, where the price list does not know what an hour in the cache costs."""
    tokenizer: Tokenizer | None = None
    tokens_factor: float | None = None
    """The vendor's own tokens for each of that tokenizer's."""
    tokens_error_percent: int | None = None
    """How far a count is usually off; 0 where the tokenizer is the model's own."""
    images: ImageTokens | None = None
    pdf_page_tokens: int | None = None
    tools_tokens: int | None = None
    """What the vendor itself tells the model about tools, once a call has any."""

    def capabilities(self, endpoint: Endpoint) -> Capabilities:
        refused = {*(self.refuses or ()), *endpoint.refuses}
        if self.kind == "embedding":
            refused |= set(PARAMETER_NAMES)
        default = Capabilities()
        return Capabilities(
            parameters=frozenset(name for name in PARAMETER_NAMES if name not in refused),
            inputs=frozenset(self.inputs or ()),
            reasoning=bool(self.reasoning),
            efforts=default.efforts if self.efforts is None else self.efforts,
            thinking=self.thinking,
            max_output_tokens=self.max_output_tokens,
        )


def merge(layers: Iterable[Facts]) -> Facts:
    """Field by field, the last layer that says something."""
    said = {}
    for layer in layers:
        for name in Facts.__struct_fields__:
            if (value := getattr(layer, name)) is not None:
                said[name] = value
    return Facts(**said)


class Rule(Struct, frozen=True):
    matches: re.Pattern[str]
    says: Facts


class Rulebook:
    """The rules of a file like facts.toml, applied from the top down."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._of = lru_cache(maxsize=4096)(self._merged)

    def of(self, model_id: str) -> Facts:
        return self._of(model_id.lower())

    def _merged(self, model_id: str) -> Facts:
        return merge(rule.says for rule in self._rules if rule.matches.match(model_id))


def read_rules(text: str) -> Rulebook:
    """A rule that is wrong is a defect of this package, not of the user's."""
    rules = []
    for table in tomllib.loads(text)["rules"]:
        patterns = cast("list[str]", table.pop("models"))
        matches = re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))
        rules.append(Rule(matches, msgspec.convert(table, Facts)))
    return Rulebook(rules)


@lru_cache(maxsize=1)
def shipped_rules() -> Rulebook:
    return read_rules(resources.files("backend.catalogue").joinpath(_FILE).read_text(encoding="utf-8"))
