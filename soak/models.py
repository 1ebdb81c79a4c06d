"""Who is asked: simulated models with what goes wrong in their name, and how each may end. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STEADY, WILD, LIMITED, SHAKY = "steady", "wild", "limited", "shaky"
"""Endpoints: a good one, one whose models fail, one that says 429, one whose server is taken away."""

GOOD: Final = frozenset({"completed"})
BAD: Final = frozenset({"error", "interrupted"})
EITHER: Final = GOOD | BAD


LARGE: Final = f"{STEADY}/smith@tokens:20000@pace:0"


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    ends: frozenset[str]
    """If nobody stops it and the server lives on."""
    often: int = 1


MODELS: Final = (
    Model(f"{STEADY}/swift@tokens:120@pace:12", GOOD, 6),
    Model(f"{STEADY}/swift@tokens:60@pace:0", GOOD, 3),
    Model(f"{STEADY}/sage@tokens:150@pace:15@ttft:300", GOOD, 4),
    Model(f"{STEADY}/polyglot@tokens:200@pace:8", GOOD, 4),
    Model(f"{STEADY}/smith@tokens:300@pace:6", GOOD, 4),
    Model(LARGE, GOOD),
    Model(f"{STEADY}/polyglot@tokens:100@pace:10@no-usage", GOOD, 2),
    Model(f"{WILD}/swift@503@first:1@tokens:40@pace:5", EITHER, 2),
    Model(f"{WILD}/swift@500", BAD),
    Model(f"{WILD}/swift@401", BAD),
    Model(f"{WILD}/polyglot@cut:40@pace:10", BAD, 2),
    Model(f"{WILD}/smith@reset:60@pace:5", BAD),
    Model(f"{WILD}/swift@no-end@tokens:40@pace:5", BAD),
    Model(f"{WILD}/swift@stall:30@pace:10", BAD, 2),
    Model(f"{WILD}/swift@stall-pings:10", BAD),
    Model(f"{WILD}/swift@hang", BAD),
    Model(f"{WILD}/polyglot@broken-json:20@pace:10", BAD, 2),
    Model(f"{WILD}/polyglot@bad-utf8:20@tokens:80", EITHER),
    Model(f"{WILD}/swift@error:15@pace:10", BAD),
    Model(f"{WILD}/swift@content-type", BAD),
    Model(f"{LIMITED}/swift@429:1@first:1@tokens:60@pace:5", EITHER, 2),
    Model(f"{LIMITED}/swift@429:3600", BAD),
    Model(f"{SHAKY}/swift@tokens:200@pace:15", EITHER, 3),
    Model(f"{SHAKY}/sage@tokens:100@pace:15@ttft:200", EITHER, 2),
)
ENDS: Final[Mapping[str, frozenset[str]]] = {model.id: model.ends for model in MODELS}


def configuration(addresses: Mapping[str, str]) -> str:
    """As `bakeoff.toml` has it; each model has a price, as real ones have, and nobody is waited for long."""
    lines = []
    for name, url in addresses.items():
        own = [model.id.partition("/")[2] for model in MODELS if model.id.startswith(f"{name}/")]
        lines += ["[[endpoints]]", f'name = "{name}"', f'base_url = "{url}/openai/v1"', f"models = {own}"]
        lines.append("clocks = { connect = 1.0, first_chunk = 3.0, silence = 2.0, total = 60.0 }")
    for model in MODELS:
        lines += [
            f'[models."{model.id}"]',
            "price = { input = 0.20, output = 0.60 }",
            "context_window = 1310720",
        ]
    return "\n".join(lines)
