"""What is limited, to how much, and for whom. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Per: TypeAlias = Literal["user", "api_key", "address"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`amount` in any stretch of `seconds`, wherever it begins. All that bear one name share what is left."""

    name: str
    amount: int
    seconds: int
    per: Per


REQUESTS: Final = Rule("requests", 1200, 60, "address")
KEY_REQUESTS: Final = Rule("key_requests", 600, 60, "api_key")
TURNS: Final = Rule("turns", 20, 60, "user")
MESSAGES: Final = Rule("messages", 30, 60, "user")
JOINS: Final = Rule("joins", 5, 1, "user")
# Nobody who wants to end something that costs money may be told to wait, and signals come with every key.
ENDINGS: Final = Rule("endings", 20, 1, "user")
SIGNALS: Final = Rule("signals", 20, 1, "user")


def command_rules(
    turns: Rule = TURNS, joins: Rule = JOINS, endings: Rule = ENDINGS, signals: Rule = SIGNALS
) -> Mapping[str, Rule]:
    """By socket command. What is not here is a message like any other."""
    return {
        "start_comparison": turns,
        "regenerate": turns,
        "join_session": joins,
        "leave_session": endings,
        "stop_model": endings,
        "stop_comparison": endings,
        "typing": signals,
        "viewing": signals,
    }
