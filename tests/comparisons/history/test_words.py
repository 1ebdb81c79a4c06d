from hypothesis import given
from hypothesis import strategies as st

from backend.comparisons.words import LONGEST_WORD, MOST_WORDS, Term, terms_of, words_of
from tests.support.laws import law


def test_words_are_in_lower_case_and_without_accents() -> None:
    assert words_of("Élan VITAL, Straße über Œuvre e\u0301te\u0301") == [
        "elan",
        "vital",
        "strasse",
        "uber",
        "œuvre",
        "ete",
    ]


def test_marks_of_any_kind_divide_words() -> None:
    assert words_of("it's snake_case, a-b: f(x)=3.14!") == [
        *("it", "s", "snake", "case", "a", "b", "f", "x", "3", "14")
    ]


def test_scripts_without_blanks_are_taken_letter_by_letter() -> None:
    assert words_of("東京都 in ภาษา") == ["東", "京", "都", "in", "ภ", "า", "ษ", "า"]


def test_a_text_and_its_words_are_bounded() -> None:
    assert words_of("x" * 1000) == ["x" * LONGEST_WORD]
    assert len(words_of("a " * 50_000)) == MOST_WORDS
    assert sum(len(word.encode()) for word in words_of("\ufdfa " * 200_000)) < 1_000_000


def test_all_words_are_looked_for_and_the_last_may_go_on() -> None:
    assert terms_of("two words") == (Term(("two",)), Term(("words",), begins=True))


def test_quotes_and_what_has_no_blank_within_are_phrases() -> None:
    assert terms_of('"New York" snake_case') == (
        Term(("new", "york")),
        Term(("snake", "case"), begins=True),
    )


def test_a_closed_phrase_is_taken_as_it_is_and_an_open_one_may_go_on() -> None:
    assert terms_of('city "new york"') == (Term(("city",)), Term(("new", "york")))
    assert terms_of('city "new yo') == (Term(("city",)), Term(("new", "yo"), begins=True))


def test_what_would_mean_something_to_a_database_means_nothing() -> None:
    assert terms_of("a AND b* OR NOT (c:d) ^e {f} & | ! <-> 'g' \\") == (
        *(Term((word,)) for word in ("a", "and", "b", "or", "not")),
        Term(("c", "d")),
        *(Term((word,)) for word in ("e", "f")),
        Term(("g",), begins=True),
    )


@law
@given(st.text())
def test_a_word_is_the_same_word_wherever_it_stands(text: str) -> None:
    words = words_of(text)
    assert [found for word in words for found in words_of(word)] == words


@law
@given(st.text(), st.text())
def test_only_the_last_term_of_a_question_may_go_on(first: str, second: str) -> None:
    terms = terms_of(f"{first} {second}")
    assert all(not term.begins for term in terms[:-1])
    assert sum(len(term.words) for term in terms) <= 32
