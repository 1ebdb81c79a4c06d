"""What is generated in the pages is what the code says now."""

from typing import get_args

import msgspec
import pytest

from backend.rooms import protocol
from scripts import reference
from scripts.error_reference import errors, refusals
from scripts.room_reference import CLOSES
from scripts.room_samples import SAMPLES
from tests.docs.pages import ROOT


def test_no_page_differs_from_the_code() -> None:
    assert reference.differences() == ""


def test_a_page_that_was_changed_by_hand_is_seen() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    spoilt = page.replace("bakeoff user add", "bakeoff user make")
    assert spoilt != page
    assert reference.with_generated(spoilt) == page


def test_a_mark_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError):
        reference.with_generated("<!-- generated: nonsense -->\n<!-- end of generated -->\n")


def test_every_block_that_can_be_generated_is_shown_once() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in reference.PAGES)
    assert {name: text.count(f"<!-- generated: {name} -->") for name in reference.BLOCKS} == dict.fromkeys(
        reference.BLOCKS, 1
    )


def test_every_example_is_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in reference.PAGES)
    examples = [path for path in (ROOT / "docs" / "examples").iterdir() if path.suffix in {".py", ".mjs"}]
    assert examples
    assert [path.name for path in examples if f"file docs/examples/{path.name} " not in text] == []


def test_every_message_of_the_rooms_has_one_example_and_it_can_be_said() -> None:
    said = (*get_args(protocol.ClientSays), *get_args(protocol.ServerSays))
    assert sorted(type(each).__name__ for each in SAMPLES) == sorted(each.__name__ for each in said)
    for sample in SAMPLES:
        # Lists are kept as tuples, so what was read back is compared as it goes over the wire.
        wire = msgspec.json.encode(sample)
        assert msgspec.json.encode(msgspec.json.decode(wire, type=type(sample))) == wire


def test_codes_that_are_raised_with_words_of_their_callers_are_found_too() -> None:
    found = {(each.status, each.code) for each in refusals()}
    assert {
        (404, "not_found"),
        (422, "validation_failed"),
        (400, "malformed"),
        (405, "method_not_allowed"),
        (429, "rate_limited"),
        (502, "sign_in_failed"),
    } <= found
    assert "| … |" not in errors()


def test_every_code_that_closes_a_socket_is_explained() -> None:
    """Those that stand as numbers in the code that closes sockets."""
    told = {1000, 1002, 1008, 1009, 1011, 1012, 1013, 4401, 4408}
    assert set(CLOSES) == told
    written = {
        int(word)
        for path in (*(ROOT / "backend/rooms").glob("*.py"), *(ROOT / "backend/server").rglob("*.py"))
        for word in path.read_text(encoding="utf-8").replace(",", " ").replace("=", " ").split()
        if word.isdigit() and len(word) == 4 and word.startswith(("44", "10"))
    }
    never_said = {1005, 1006}  # what a lost connection is called
    assert written - never_said - {1024} <= told
