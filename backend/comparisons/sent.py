"""What a model was sent for an answer, read back from what was kept of it: nothing newer shows in it."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec

from backend.accounts.callers import Caller
from backend.attachments import repository as attachments
from backend.attachments.kinds import TEXT
from backend.attachments.repository import Stored
from backend.comparisons import repository
from backend.comparisons.access import require
from backend.comparisons.attached import Contents, contents_of, words_of
from backend.comparisons.schemas import SentAttachment, SentMessage, SentPrompt
from backend.comparisons.studio import Studio
from backend.kit.errors import NotFound
from backend.rooms.snapshot import LaneParameters, Metrics, Response, Turn

AllStored = Mapping[UUID, Sequence[Stored]]


async def sent(studio: Studio, caller: Caller, response_id: UUID, within: UUID) -> SentPrompt:
    async with studio.database.reading() as db:
        row = await repository.response_row(db, response_id)
        if row is None or row.comparison_id != within:
            raise NotFound
        await require(db, caller, row.comparison_id, "viewer")
        turns = await repository.turns_of(db, row.comparison_id)
        stored = await attachments.of_turns(db, row.comparison_id)
    asked = next(turn for turn in turns if turn.id == row.turn_id)
    earlier = _answered(turns, row.history)
    texts = [
        each
        for turn in (*(turn for turn, _ in earlier), asked)
        for each in turn.attachments
        if each.media_type == TEXT
    ]
    contents = await contents_of(studio.shelf, texts)
    return SentPrompt(
        response_id=response_id,
        model_id=row.model_id,
        system_prompt=row.system_prompt,
        messages=(*_messages(earlier, contents, stored), _asking(asked, contents, stored)),
        parameters=msgspec.convert(row.parameters, LaneParameters),
        dropped=msgspec.convert(row.metrics, Metrics).dropped,
    )


def _answered(turns: Sequence[Turn], response_ids: Sequence[str]) -> list[tuple[Turn, Response]]:
    wanted = set(map(UUID, response_ids))
    return [(turn, each) for turn in turns for each in turn.responses if each.id in wanted]


def _messages(
    earlier: Sequence[tuple[Turn, Response]], contents: Contents, stored: AllStored
) -> Iterator[SentMessage]:
    for turn, response in earlier:
        yield _asking(turn, contents, stored)
        yield SentMessage(role="assistant", text=response.text)


def _asking(turn: Turn, contents: Contents, stored: AllStored) -> SentMessage:
    return SentMessage(
        role="user",
        text=words_of(turn.prompt, turn.attachments, contents),
        attachments=tuple(
            SentAttachment(**msgspec.structs.asdict(each.about), digest=each.digest)
            for each in stored.get(turn.id, ())
        ),
    )
