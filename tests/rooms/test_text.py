import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.utf16 import units
from backend.rooms.text import GrowingText, OutOfStep
from tests.support.laws import law

# Of one and of two units, and of one to four bytes.
TEXTS = st.text(alphabet="ab é日🦊𝄞", max_size=8)


@law
@given(st.lists(TEXTS, max_size=20), st.data())
def test_pieces_heard_twice_in_part_or_whole_make_the_same_text(
    pieces: list[str], data: st.DataObject
) -> None:
    text = GrowingText("")
    whole = ""
    for piece in pieces:
        text.add(units(whole), piece)
        whole += piece
        start = data.draw(st.integers(0, len(whole)))
        text.add(units(whole[:start]), whole[start:])
        assert text.length == units(whole)
    assert text.read() == whole


def test_what_is_partly_known_adds_only_its_rest() -> None:
    text = GrowingText("🦊a")
    text.add(2, "abc")
    assert (text.read(), text.length) == ("🦊abc", 5)


def test_a_gap_is_an_error_and_changes_nothing() -> None:
    text = GrowingText("abc")
    with pytest.raises(OutOfStep, match="begins at 4, but the text ends at 3"):
        text.add(4, "e")
    with pytest.raises(OutOfStep, match="in the middle of a character"):
        text.add(2, "🦊")
    assert (text.read(), text.length, text.grown) == ("abc", 3, False)


def test_reading_in_between_changes_nothing() -> None:
    text = GrowingText("")
    for number, letter in enumerate("abc"):
        text.add(number, letter)
        assert text.grown
        assert text.read() == "abc"[: number + 1]
        assert not text.grown
