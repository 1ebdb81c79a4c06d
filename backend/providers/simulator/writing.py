"""How each character writes about a topic: markdown that reads well and says that it is simulated.

Knows neither tokens nor wire formats.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backend.providers.simulator.cast import Character, Style
from backend.providers.simulator.dice import Dice
from backend.providers.simulator.phrases import ENGLISH, LANGUAGES, Phrases
from backend.providers.simulator.snippets import SNIPPETS
from backend.providers.simulator.topic import Topic

_RESULT_SHOWN: Final = 400


@dataclass(frozen=True, slots=True)
class Manuscript:
    reasoning: str
    text: str


@dataclass(frozen=True, slots=True)
class _Draft:
    character: Character
    topic: Topic
    phrases: Phrases
    dice: Dice

    def say(self, phrase: str) -> str:
        return phrase.format(
            subject=self.topic.subject,
            heading=_heading(self.topic.subject),
            question=self.topic.question,
            words=_enumerated(self.topic.words[:3]),
            earlier=self.topic.earlier,
            name=self.character.display_name.split(" (", maxsplit=1)[0],
        )

    def short(self) -> str:
        return self.say(self.dice.pick(self.phrases.short))

    def points(self, most: int) -> list[str]:
        return [self.say(point) for point in self.dice.some(self.phrases.points, most)]

    def simulated(self) -> str:
        return f"_{self.say(self.phrases.simulated)}_"


def compose(character: Character, topic: Topic, dice: Dice, *, thoughts: int) -> Manuscript:
    """`thoughts`: how many sentences are thought before the answer, as far as there are so many."""
    draft = _Draft(character, topic, LANGUAGES.get(topic.language, ENGLISH), dice)
    paragraphs = [*_continued(draft), *_STYLES[character.style](draft), draft.simulated()]
    more = (f"{_plain(point)} " for point in draft.phrases.points)
    reasoning = [draft.say(thought) for thought in (*draft.phrases.thinking, *more)][:thoughts]
    return Manuscript("".join(reasoning).rstrip(), "\n\n".join(paragraphs))


def _continued(draft: _Draft) -> Iterator[str]:
    if draft.topic.earlier:
        yield draft.say(draft.phrases.earlier)
    if draft.topic.images:
        yield _seen(draft.topic.images)


def _seen(images: int) -> str:
    return "🖼️" * min(images, 8)


def _terse(draft: _Draft) -> Iterator[str]:
    yield draft.short()
    if draft.topic.wants_table:
        yield _table(draft)
    if draft.topic.wants_list:
        yield _bullets(draft.points(3))


def _thoughtful(draft: _Draft) -> Iterator[str]:
    yield f"## {_heading(draft.topic.subject)}"
    yield draft.short()
    yield _numbered(draft.points(4))
    if draft.topic.wants_table:
        yield _table(draft)
    yield f"> {draft.say(draft.phrases.close)}"


def _code(draft: _Draft) -> Iterator[str]:
    dialect = draft.topic.dialect
    yield f"# {_heading(draft.topic.subject)}"
    yield draft.short()
    yield f"```{dialect}\n{SNIPPETS[dialect].replace('NAME', _identifier(draft.topic.words))}```"
    yield _bullets(draft.points(3))
    yield _table(draft)
    yield draft.say(draft.phrases.close)


def _polyglot(draft: _Draft) -> Iterator[str]:
    yield f"**{draft.phrases.hello}!** 👋🏽 {draft.short()}"
    yield _bullets(draft.points(2))
    if draft.topic.wants_table:
        yield _table(draft)
    others = draft.dice.some([other for other in LANGUAGES.values() if other is not draft.phrases], 5)
    rows = [f"| {other.label} | {other.hello} | {_plain(draft.say(other.short[0]))} |" for other in others]
    yield "\n".join(("| 🌍 | 👋 | 💬 |", "|---|---|---|", *rows))
    # Decomposed accents, a family held by invisible joiners, a flag of two letters: one sign each.
    yield "e\u0301 n\u0303 a\u030a · 👩\u200d👩\u200d👧\u200d👦 · 🇪🇺 · ☕️"


def _operator(draft: _Draft) -> Iterator[str]:
    for result in draft.topic.results:
        shown = result if len(result) <= _RESULT_SHOWN else result[:_RESULT_SHOWN] + "…"
        yield f"```\n{shown.replace('```', '')}\n```"
    yield draft.short()
    yield _numbered(draft.points(3))
    if draft.topic.wants_table:
        yield _table(draft)


def _unreliable(draft: _Draft) -> Iterator[str]:
    yield f"{draft.short()} 🎲"
    yield _bullets(draft.points(2))


_STYLES: Final[dict[Style, Callable[[_Draft], Iterator[str]]]] = {
    "terse": _terse,
    "thoughtful": _thoughtful,
    "code": _code,
    "polyglot": _polyglot,
    "operator": _operator,
    "unreliable": _unreliable,
}


def _bullets(points: Sequence[str]) -> str:
    return "\n".join(f"- {point}" for point in points)


def _numbered(points: Sequence[str]) -> str:
    return "\n".join(f"{number}. {point}" for number, point in enumerate(points, 1))


def _table(draft: _Draft) -> str:
    """The prompt's own words with figures that mean nothing."""
    throw = draft.dice.number
    rows = [
        f"| {word} | {throw(90) + 10} | {throw(900) / 100 + 1:.2f} ms | {'█' * (throw(9) + 1)} |"
        for word in draft.topic.words[:5]
    ]
    return "\n".join((f"| {draft.phrases.columns} |", "|---|---:|---:|:---|", *rows))


def _heading(subject: str) -> str:
    return subject[:1].upper() + subject[1:]


def _plain(markdown: str) -> str:
    return markdown.replace("*", "").replace("|", "/")


def _enumerated(words: Sequence[str]) -> str:
    return ", ".join(words)


def _identifier(words: Sequence[str]) -> str:
    """A name that every one of the languages takes."""
    latin = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in words[:3]]
    return "_".join(["plan", *filter(None, latin)])
