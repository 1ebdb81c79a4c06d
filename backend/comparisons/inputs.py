"""What a model has to take beside text, before it is asked. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from backend.comparisons.contestants import Contestant
from backend.kit.errors import FieldProblem, Invalid
from backend.providers.capabilities import Input
from backend.providers.chat import Call, FilePart, ImagePart

_WORDS: Final[dict[Input, str]] = {"image": "images", "pdf": "PDF files"}


def require_taken(lanes: Sequence[tuple[str, Contestant, Call]]) -> None:
    """Each with its field. Raises Invalid for every lane whose model cannot be given what it would be."""
    if problems := list(_problems(lanes)):
        raise Invalid(problems)


def _problems(lanes: Iterable[tuple[str, Contestant, Call]]) -> Iterator[FieldProblem]:
    for field, contestant, call in lanes:
        entry = contestant.entry
        if missing := sorted(_wanted(call) - entry.target.takes.inputs):
            words = " and ".join(_WORDS[each] for each in missing)
            yield FieldProblem(field, f"{entry.id} takes no {words}.")


def _wanted(call: Call) -> set[Input]:
    wanted: set[Input] = set()
    for part in (part for message in call.messages for part in message.parts):
        if isinstance(part, ImagePart):
            wanted.add("image")
        elif isinstance(part, FilePart):
            wanted.add("pdf")
    return wanted
