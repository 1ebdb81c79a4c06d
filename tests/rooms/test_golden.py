"""The golden logs are what the server's own reducer makes of the same stories today."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from backend.rooms.protocol import RoomEvent
from backend.rooms.state import RoomState
from tests.rooms.golden import FOLDER, Golden, files

FILES = dict(files())


def test_there_is_a_log_for_each_story_and_no_other() -> None:
    assert sorted(FOLDER.glob("*.json")) == sorted(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_log_has_not_drifted(path: Path) -> None:
    """If the change is meant: `python -m tests.rooms.golden`, and the page's reducer follows."""
    assert path.read_bytes() == FILES[path]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_log_read_back_leads_from_its_first_state_to_its_last(path: Path) -> None:
    golden = msgspec.json.decode(path.read_bytes(), type=Golden)
    state = RoomState(golden.snapshot)
    for event in golden.events:
        state.apply(event)
    assert state.snapshot() == golden.after


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_from_any_point_on_the_rest_of_a_log_leads_to_the_same_end(path: Path) -> None:
    golden = msgspec.json.decode(path.read_bytes(), type=Golden)
    for cut in range(len(golden.events) + 1):
        first = RoomState(golden.snapshot)
        for event in golden.events[:cut]:
            first.apply(event)
        second = RoomState(first.snapshot())
        for event in golden.events[cut:]:
            second.apply(event)
        assert second.snapshot() == golden.after


def test_every_kind_of_event_is_in_a_log() -> None:
    told_of = {
        type(event) for path in FILES for event in msgspec.json.decode(path.read_bytes(), type=Golden).events
    }
    assert told_of == set(get_args(RoomEvent))
