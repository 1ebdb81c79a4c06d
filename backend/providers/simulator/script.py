"""One answer, written once and rendered by every wire format: pieces in order, how they end, what they cost.

Knows neither JSON nor HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain, cycle, islice
from typing import Final
from uuid import uuid4

from backend.providers.simulator.ask import Ask, Tool
from backend.providers.simulator.bodies import canonical
from backend.providers.simulator.cast import Character
from backend.providers.simulator.dice import Dice, digest
from backend.providers.simulator.faults import LONG_LINE, Break, Breakage, Faults
from backend.providers.simulator.prompt_cache import Input
from backend.providers.simulator.samples import Sampler
from backend.providers.simulator.tokens import split
from backend.providers.simulator.topic import Topic, read
from backend.providers.simulator.writing import compose

# A private character that no answer contains; on the wire it becomes bytes that are not UTF-8.
NOT_UTF8: Final = "\ue0ff"

# Sentences of reasoning, by what the request says of effort.
_THOUGHTS: Final = {"none": 0, "minimal": 1, "low": 3, "medium": 7, "high": 10, "xhigh": 12, "max": 13}


class Kind(Enum):
    REASONING = auto()
    TEXT = auto()
    CALL = auto()


class Finish(Enum):
    STOP = auto()
    LENGTH = auto()
    CALLS = auto()
    STOP_SEQUENCE = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of the answer."""

    kind: Kind
    text: str
    call: int = 0  # of which tool call


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    input: Input
    output: int  # reasoning included
    reasoning: int

    @property
    def total(self) -> int:
        return self.input.total + self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    id: str  # of this one request
    seed: bytes
    pieces: Sequence[Piece]
    calls: Sequence[Call]
    finish: Finish
    stopped_by: str | None
    usage: Usage

    def joined(self, kind: Kind) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind is kind)


def seed_of(character: Character, ask: Ask, faults: Faults) -> bytes:
    """Stands for the question: the same model, messages and seed have the same answer."""
    seed = ask.seed if faults.seed is None else faults.seed
    said = [text for part in ask.parts for text in (part.role, part.text)]
    shape = canonical([ask.format, ask.schema, [tool.name for tool in ask.tools]])
    return digest(character.name, str(seed), shape, *said)


def write(character: Character, ask: Ask, faults: Faults, given: Input) -> Script:
    seed = seed_of(character, ask, faults)
    dice = Dice(seed)
    topic = read(ask)
    tools = _chosen(character, ask, topic, dice)
    thinks = character.reasoning and ask.thinks
    manuscript = compose(character, topic, dice, thoughts=_THOUGHTS[ask.effort or "medium"] if thinks else 0)
    calls = tuple(_called(tool, topic, dice) for tool in tools)
    text = "" if calls else _formed(ask, topic, dice, manuscript.text)
    text, stopped_by = _stopped(text, ask.stop)
    pieces: Sequence[Piece] = [
        *(Piece(Kind.REASONING, token) for token in split(manuscript.reasoning)),
        *(Piece(Kind.TEXT, token) for token in split(text)),
        *(Piece(Kind.CALL, token, at) for at, call in enumerate(calls) for token in split(call.arguments)),
    ]
    finish = Finish.CALLS if calls else Finish.STOP_SEQUENCE if stopped_by else Finish.STOP
    if faults.tokens is not None:
        pieces = _drawn_out(pieces, faults.tokens)
    if ask.max_tokens is not None and len(pieces) > ask.max_tokens:
        pieces, finish, stopped_by = pieces[: ask.max_tokens], Finish.LENGTH, None
    pieces = _spoilt(pieces, faults.breakage)
    return Script(
        id=uuid4().hex[:24],
        seed=seed,
        pieces=pieces,
        calls=_reached(calls, pieces),
        finish=finish,
        stopped_by=stopped_by,
        usage=Usage(given, len(pieces), sum(piece.kind is Kind.REASONING for piece in pieces)),
    )


def _chosen(character: Character, ask: Ask, topic: Topic, dice: Dice) -> list[Tool]:
    """Which tools are called. After their results there is an answer, unless a call is required."""
    choice = ask.tool_choice
    if choice.name is not None:
        return [tool for tool in ask.tools if tool.name == choice.name][:1]
    if choice.mode == "none" or not ask.tools:
        return []
    if choice.mode != "required" and (not character.eager_for_tools or topic.results):
        return []
    asked = set(topic.words)
    near = [tool for tool in ask.tools if asked & set(tool.name.lower().replace("-", "_").split("_"))]
    found = near or [dice.pick(ask.tools)]
    return found[: 2 if choice.parallel else 1]


def _called(tool: Tool, topic: Topic, dice: Dice) -> Call:
    value = Sampler({"type": "object", **tool.schema}, topic.subject, topic.words, dice).value()
    return Call(dice.hexadecimal(24), tool.name, canonical(value))


def _formed(ask: Ask, topic: Topic, dice: Dice, text: str) -> str:
    if ask.format == "text":
        return text
    if ask.schema is None:
        return canonical({"simulated": True, "subject": topic.subject, "answer": text})
    return canonical(Sampler(ask.schema, topic.subject, topic.words, dice).value())


def _stopped(text: str, stops: Sequence[str]) -> tuple[str, str | None]:
    found = [(text.find(stop), stop) for stop in stops if stop and stop in text]
    if not found:
        return text, None
    end, stop = min(found)
    return text[:end], stop


def _drawn_out(pieces: Sequence[Piece], wanted: int) -> Sequence[Piece]:
    """Exactly so many tokens: at most half are reasoning, then comes the text, again and again."""
    if any(piece.kind is Kind.CALL for piece in pieces):
        return pieces  # arguments that are drawn out would be no JSON
    reasoning = [piece for piece in pieces if piece.kind is Kind.REASONING][: wanted // 2]
    text = [piece for piece in pieces if piece.kind is Kind.TEXT] or [Piece(Kind.TEXT, " again")]
    return list(islice(chain(reasoning, cycle(text)), wanted))


def _spoilt(pieces: Sequence[Piece], breakage: Breakage | None) -> Sequence[Piece]:
    """Faults inside a text are written into it, so that they come out the same in every wire format."""
    extra = {Break.BAD_UTF8: NOT_UTF8, Break.LONG_LINE: "x" * LONG_LINE}
    if breakage is None or breakage.kind not in extra:
        return pieces
    after = min(breakage.after, len(pieces))
    beside = pieces[after - 1] if after else pieces[0] if pieces else Piece(Kind.TEXT, "")
    spoilt = Piece(beside.kind, extra[breakage.kind], beside.call)
    return [*pieces[:after], spoilt, *pieces[after:]]


def _reached(calls: Sequence[Call], pieces: Sequence[Piece]) -> tuple[Call, ...]:
    """The calls with as much of their arguments as was said."""
    said = ["" for _ in calls]
    for piece in pieces:
        if piece.kind is Kind.CALL:
            said[piece.call] += piece.text
    return tuple(Call(call.id, call.name, text) for call, text in zip(calls, said, strict=True) if text)
