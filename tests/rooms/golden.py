"""Writes the golden logs, which the page's reducer has to agree with: `python -m tests.rooms.golden`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from backend.rooms.protocol import RoomEvent
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState
from tests.rooms.stories import Story

FOLDER = Path(__file__).parents[1] / "golden"


class Golden(msgspec.Struct, frozen=True):
    snapshot: Comparison
    events: list[RoomEvent]
    after: Comparison


def simple() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=1)
    turn = story.turn()
    [answer] = turn.responses
    return story, [
        story.starts(turn),
        story.begins(answer),
        story.says(answer, "Because"),
        story.says(answer, " of Rayleigh."),
        story.completes(answer),
        story.ends(turn),
    ]


def six_lanes_with_faults() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=6)
    turn = story.turn()
    good, slow, broken, refused, retried, unstored = turn.responses
    return story, [
        story.starts(turn),
        *(story.begins(answer) for answer in (good, slow, broken)),
        story.says(good, "Blue "),
        story.retries(retried),
        story.fails(refused, "credentials"),
        story.says(slow, "S"),
        story.says(broken, "Half an ans"),
        story.begins(retried),
        story.says(good, "scatters."),
        story.fails(broken, "stream_cut", "interrupted"),
        story.retries(retried),
        story.says(retried, "At last."),
        story.completes(good),
        story.begins(unstored),
        story.says(unstored, "Not on the record."),
        story.completes(unstored, stored=False),
        story.says(slow, "low"),
        story.completes(retried),
        story.completes(slow),
        story.stores(unstored),
        story.ends(turn),
    ]


def regenerate() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=2)
    turn = story.turn()
    first, other = turn.responses
    added = story.regenerates(turn, first)
    again = added.response
    return story, [
        story.starts(turn),
        story.begins(first),
        story.says(first, "No."),
        story.fails(first),
        story.fails(other),
        story.ends_badly(turn),
        added,
        story.begins(again),
        story.says(again, "Yes."),
        story.completes(again),
        story.ends(turn),
    ]


def reasoning_and_astral_characters() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=1)
    turn = story.turn("🌍?")
    [answer] = turn.responses
    known = story.says(answer, "🦊🦊 läuft")
    return story, [
        story.starts(turn),
        story.begins(answer),
        story.thinks(answer, "Hm 🤔, "),
        story.thinks(answer, "日本語 e\u0301."),
        known,
        # Heard again, and once more with something new at its end.
        known,
        replace(known, offset=4, chunk=" läuft über"),
        replace(known, offset=len("🦊🦊 läuft über".encode("utf-16-le")) // 2, chunk=" 𝄞\n"),
        story.completes(answer),
        story.ends(turn),
    ]


def stopped() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=2)
    turn = story.turn()
    first, second = turn.responses
    return story, [
        story.starts(turn),
        story.begins(first),
        story.says(first, "This will nev"),
        story.completes(first, "cancelled"),
        story.completes(second, "cancelled"),
        story.ends_badly(turn),
    ]


def shared_choice() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=2)
    turn = story.turn(mode="shared")
    first, second = turn.responses
    events = [
        story.changes("Together", story.lanes, mode="shared"),
        story.starts(turn),
        *(story.begins(answer) for answer in (first, second)),
        *(story.says(answer, "Mine.") for answer in (first, second)),
        *(story.completes(answer) for answer in (first, second)),
        story.ends(turn),
        story.chooses(turn, second),
        story.chooses(turn, None),
        story.chooses(turn, first),
    ]
    following = story.turn("And then?", mode="shared")
    return story, [*events, story.starts(following)]


def queued() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=1)
    turn = story.turn(queued=3)
    [answer] = turn.responses
    return story, [
        story.starts(turn),
        story.waits(turn, 2),
        story.waits(turn, 1),
        story.waits(turn, None),
        story.begins(answer),
        story.says(answer, "My turn."),
        story.completes(answer),
        story.ends(turn),
    ]


def lanes_changed() -> tuple[Story, list[RoomEvent]]:
    story = Story(lanes=2)
    turn = story.turn()
    removed, kept = story.lanes
    first, second = turn.responses
    changed = (replace(removed, removed=True), replace(kept, label="Terse"), story.lane("house/newcomer"))
    events = [
        story.starts(turn),
        story.begins(first),
        story.says(first, "Stays."),
        story.changes("Other lanes", changed),
        story.completes(first),
        story.completes(second),
        story.ends(turn),
    ]
    return story, [*events, story.starts(story.turn("Again?"))]


def another_first_prompt() -> tuple[Story, list[RoomEvent]]:
    """The one that waited is replaced when it is started."""
    story = Story(lanes=1)
    turn = story.turn("Why not?")
    [answer] = turn.responses
    return story, [
        story.changes("Why not?", story.lanes, prompt="Why not?"),
        story.starts(turn),
        story.begins(answer),
        story.says(answer, "Because."),
        story.completes(answer),
        story.ends(turn),
    ]


STORIES: tuple[Callable[[], tuple[Story, list[RoomEvent]]], ...] = (
    simple,
    six_lanes_with_faults,
    regenerate,
    reasoning_and_astral_characters,
    stopped,
    shared_choice,
    queued,
    lanes_changed,
    another_first_prompt,
)


def told(name: Callable[[], tuple[Story, list[RoomEvent]]]) -> Golden:
    story, events = name()
    state = RoomState(story.beginning)
    numbered = [replace(event, seq=seq) for seq, event in enumerate(events, 1)]
    for event in numbered:
        state.apply(event)
    return Golden(story.beginning, numbered, state.snapshot())


def files() -> Iterator[tuple[Path, bytes]]:
    for story in STORIES:
        encoded = msgspec.json.format(msgspec.json.encode(told(story)), indent=1)
        yield FOLDER / f"{story.__name__}.json", encoded + b"\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for path, content in files():
        path.write_bytes(content)


if __name__ == "__main__":
    main()
