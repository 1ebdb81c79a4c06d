"""Which prompts have been seen before, as far as a vendor would bill it. Knows no wire format and no clock.

Entries do not age, the oldest make room: a second request must report the same whenever it comes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.providers.simulator.ask import Ask, Lifetime, Part
from backend.providers.simulator.bodies import canonical
from backend.providers.simulator.dice import digest
from backend.providers.simulator.tokens import IMAGE_TOKENS, MESSAGE_OVERHEAD, count, each

SHORTEST: Final = 1_024  # tokens; nobody caches less
BLOCK: Final = 128  # tokens; unasked, prefixes are cached in steps of this many
_ENTRIES: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The prompt in disjoint buckets."""

    fresh: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def total(self) -> int:
        return self.fresh + self.read + self.written_5m + self.written_1h


def tools_text(ask: Ask) -> str:
    return "".join(canonical([tool.name, tool.description, tool.schema]) for tool in ask.tools)


def cost(part: Part) -> int:
    overhead = MESSAGE_OVERHEAD if part.opens else 0
    return overhead + (IMAGE_TOKENS if part.image else count(part.text))


def size(ask: Ask) -> int:
    """Tokens of the whole prompt, the same in every wire format."""
    return count(tools_text(ask)) + sum(map(cost, ask.parts))


class PromptCache:
    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def serve(self, ask: Ask, owner: str, total: int) -> Input:
        """What is read from the cache and what is written to it, and remember it."""
        if ask.caches_unasked:
            return self._unasked(ask, owner, total)
        return self._marked(ask, owner, total)

    def _unasked(self, ask: Ask, owner: str, total: int) -> Input:
        if total < SHORTEST:
            return Input(fresh=total)
        keys = list(_blocks(ask, owner))
        read = self._known(keys) * BLOCK
        self._remember(keys)
        read = min(read, total) if read >= SHORTEST else 0
        return Input(fresh=total - read, read=read)

    def _marked(self, ask: Ask, owner: str, total: int) -> Input:
        prefixes = list(_prefixes(ask, owner))
        marks = [
            (tokens, part.keep)
            for (_, tokens), part in zip(prefixes, ask.parts, strict=True)
            if part.keep and tokens >= SHORTEST
        ]
        if not marks:
            return Input(fresh=total)
        last = marks[-1][0]
        known = [tokens for key, tokens in prefixes if key in self._seen and tokens <= last]
        read = max(known, default=0)
        written: dict[Lifetime, int] = {"5m": 0, "1h": 0}
        done = read
        for tokens, keep in marks:
            written[keep] += max(0, tokens - done)
            done = max(done, tokens)
        kept = {tokens for tokens, _ in marks}
        self._remember([key for key, tokens in prefixes if tokens in kept])
        fresh = total - read - sum(written.values())
        return Input(fresh=fresh, read=read, written_5m=written["5m"], written_1h=written["1h"])

    def _known(self, keys: Sequence[bytes]) -> int:
        return next((index for index, key in enumerate(keys) if key not in self._seen), len(keys))

    def _remember(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            self._seen[key] = None
            self._seen.move_to_end(key)
        while len(self._seen) > _ENTRIES:
            self._seen.popitem(last=False)


def _blocks(ask: Ask, owner: str) -> Iterable[bytes]:
    """A key for every full block; each stands for all that came before it too."""
    key = digest("unasked", owner)
    block: list[str] = []
    texts = (part.role + "\n" + part.text for part in ask.parts)
    for text in (tools_text(ask), *texts):
        for token in each(text):
            block.append(token)
            if len(block) == BLOCK:
                key = digest(key.hex(), *block)
                yield key
                block.clear()


def _prefixes(ask: Ask, owner: str) -> Iterable[tuple[bytes, int]]:
    tools = tools_text(ask)
    key, tokens = digest("marked", owner, tools), count(tools)
    for part in ask.parts:
        key = digest(key.hex(), part.role, part.text)
        tokens += cost(part)
        yield key, tokens
