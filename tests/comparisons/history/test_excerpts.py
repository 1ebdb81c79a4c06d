from hypothesis import given
from hypothesis import strategies as st

from backend.comparisons.excerpts import Excerpt, excerpt
from backend.comparisons.words import terms_of, words_of
from tests.support.laws import law


def marked(found: Excerpt) -> list[str]:
    """As a browser would cut them out."""
    units = found.text.encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in found.marks]


def test_a_short_text_is_shown_as_a_whole() -> None:
    found = excerpt("Paris is not in Texas.", terms_of("texas paris"))
    assert found.text == "Paris is not in Texas."
    assert marked(found) == ["Paris", "Texas"]


def test_the_piece_of_a_long_text_where_it_was_found_is_shown() -> None:
    found = excerpt(f"{'before ' * 80}the needle {'after ' * 80}", terms_of("needl"))
    assert found.text.startswith("…before")
    assert found.text.endswith("after…")
    assert len(found.text) < 230
    assert marked(found) == ["needle"]


def test_a_phrase_is_marked_where_it_is_one() -> None:
    found = excerpt("York is old, New\n  York is new.", terms_of('"new york"'))
    assert marked(found) == ["New\n  York"]


def test_a_word_within_a_word_is_not_marked() -> None:
    assert marked(excerpt("category, cat, concat, cat's", terms_of('"cat"'))) == ["cat", "cat"]


def test_marks_stand_right_behind_letters_that_fold_to_more_and_astral_ones() -> None:
    found = excerpt("🦊🦊 Straße e\u0301te\u0301 ﬁne 東京都", terms_of('"strasse" "ete" "fine" "京都"'))
    assert marked(found) == ["Straße", "e\u0301te\u0301", "ﬁne", "京都"]


def test_far_into_a_text_of_another_script_the_place_is_found() -> None:
    found = excerpt(f"{'Füße ' * 3000}Nadel {'Füße ' * 100}", terms_of("nadel"))
    assert marked(found) == ["Nadel"]


def test_where_nothing_is_found_the_beginning_is_shown() -> None:
    assert excerpt("Nothing here.", terms_of("else")) == Excerpt(text="Nothing here.")
    assert excerpt("", ()) == Excerpt(text="")


@law
@given(st.text(max_size=600), st.text(max_size=20))
def test_marks_are_in_order_within_the_text_and_never_fail(text: str, question: str) -> None:
    found = excerpt(text, terms_of(question))
    assert len(found.text) <= 230
    edges = [edge for mark in found.marks for edge in mark]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(found.text.encode("utf-16-le")) // 2 for edge in edges)


@law
@given(st.lists(st.text(alphabet="abcäßé京 '-", min_size=1, max_size=12), min_size=1, max_size=6))
def test_every_word_of_a_text_is_marked_when_it_is_looked_for(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for word in words_of(text):
        assert word in [
            found for mark in marked(excerpt(text, terms_of(f'"{word}"'))) for found in words_of(mark)
        ]
