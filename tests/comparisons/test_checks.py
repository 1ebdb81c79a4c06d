"""What is looked at in words."""

import pytest

from backend.comparisons.checks import invalid, shown, storable, usable
from backend.kit.errors import Invalid
from tests.comparisons.fields import named


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u2003", "a\0b", "\0"])
def test_what_cannot_be_used_is_named(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        usable(text, "prompt")
    assert named(refusal.value) == ["prompt"]


@pytest.mark.parametrize("text", ["a", " a ", "😀", "\x01", "\u200b"])
def test_what_can_be_used_is_left_as_it_is(text: str) -> None:
    assert usable(text, "prompt") == text == shown(text)


def test_nothing_can_be_stored_but_not_asked() -> None:
    assert storable("", "label") == ""


def test_a_sign_stands_for_what_no_database_keeps() -> None:
    assert shown("\0a\0") == "\ufffda\ufffd"


def test_a_refusal_has_its_field_and_its_reason() -> None:
    refusal = invalid("tags", "No.")
    assert [(each.field, each.message) for each in refusal.details or ()] == [("tags", "No.")]
