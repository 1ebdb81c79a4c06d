import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from backend.accounts.callers import Caller
from backend.comparisons import search
from backend.comparisons.search import Document
from backend.comparisons.tables import ComparisonRow, SearchPlaceRow, SearchTextRow
from backend.comparisons.words import words_of
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.comparisons.history.looking import Filters, finds, hits, pages, search_page
from tests.comparisons.history.making import compared, person, shared

law = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture
async def ada(database: Database) -> Caller:
    return await person(database, "ada")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


async def test_titles_prompts_and_answers_are_found(database: Database, ada: Caller) -> None:
    key = await compared(
        database, ada, "How far is the Moon?", {"lab/one": "384,400 kilometres."}, title="Distances"
    )
    for question in ("distances", "moon", "far moon", "kilo", '"the moon"', "384,400", "MOON"):
        assert await finds(database, ada, question) == [key], question
    for question in ("sun", "moon sun", '"moon the"', "oon", "moon kilometres", "", "?!", '""'):
        assert await finds(database, ada, question) == [], question


async def test_what_was_found_is_shown_where_it_stands(database: Database, ada: Caller) -> None:
    await compared(database, ada, "Name a fox", {"lab/one": "A red fox.", "lab/two": "None."}, title="Foxes")
    ((title, prompt, answer),) = await hits(database, ada, "fox")
    assert (title.kind, title.text, title.marks) == ("title", "Foxes", ((0, 5),))
    assert (prompt.kind, prompt.text, prompt.marks) == ("prompt", "Name a fox", ((7, 10),))
    assert (answer.kind, answer.text, answer.marks) == ("answer", "A red fox.", ((6, 9),))
    assert (prompt.response_id, answer.turn_id, answer.model_id) == (None, prompt.turn_id, "lab/one")


async def test_a_new_title_takes_the_place_of_the_old_one(database: Database, ada: Caller) -> None:
    key = await compared(database, ada, "A prompt", title="Before")
    async with database.transaction() as db:
        await db.execute(update(ComparisonRow).values(title="After"))
        await search.remember(db, [Document(key, key, "title", "After")])
    assert await finds(database, ada, "before") == []
    assert await finds(database, ada, "after") == [key]


async def test_what_is_remembered_twice_is_there_once(database: Database, ada: Caller) -> None:
    key, ref = await compared(database, ada, "A prompt"), new_id()
    for _ in range(2):
        async with database.transaction() as db:
            await search.remember(
                db, [Document(key, ref, "answer", "unusual"), Document(key, ref, "answer", "unusual")]
            )
    assert len((await search_page(database, ada, "unusual")).numbers[key]) == 1


async def test_texts_without_words_and_of_nobody_are_left_out(database: Database, ada: Caller) -> None:
    key, nobody = await compared(database, ada, "?!", {"lab/one": ""}, title=""), new_id()
    async with database.transaction() as db:
        await search.remember(db, [])
        await search.remember(db, [Document(nobody, nobody, "title", "Lost")])
    assert await finds(database, ada, "lost") == []
    assert await pages(database, ada) == [key]


async def test_the_newest_comparison_comes_first_whenever_its_texts_came(
    database: Database, ada: Caller
) -> None:
    keys = [await compared(database, ada, f"Question {number}") for number in range(8)]
    async with database.transaction() as db:
        await search.remember(db, [Document(keys[2], new_id(), "answer", "One more question")])
    for limit in (1, 2, 3, 100):
        assert await finds(database, ada, "question", limit=limit) == keys[::-1]


async def test_a_comparison_with_many_hits_is_on_one_page_only(database: Database, ada: Caller) -> None:
    keys = [await compared(database, ada, "First same")]
    keys.append(await compared(database, ada, "same", {f"lab/{number}": "the same" for number in range(600)}))
    keys.append(await compared(database, ada, "Last same"))
    for limit in (1, 2, 3):
        assert await finds(database, ada, "same", limit=limit) == keys[::-1]


async def test_from_shelf_to_shelf_nothing_is_lost(
    database: Database, ada: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PLACES", 2)
    keys = []
    for number in range(11):
        rare = "rare" if number in {1, 8} else "usual"
        keys.append(await compared(database, ada, f"A {rare} word"))
        await compared(database, bob, "A rare word")
    assert await finds(database, ada, "word") == keys[::-1]
    assert await finds(database, ada, "rare") == [keys[8], keys[1]]
    assert await finds(database, ada, "rar", patience=60) == [keys[8], keys[1]]


async def test_only_what_somebody_may_see_is_found(database: Database, ada: Caller, bob: Caller) -> None:
    hers = await compared(database, ada, "A secret plan")
    theirs = await compared(database, ada, "A secret party")
    his = await compared(database, bob, "A secret wish")
    await shared(database, theirs, bob)
    assert await finds(database, bob, "secret") == [his, theirs]
    assert await finds(database, ada, "secret") == [theirs, hers]


async def test_what_is_in_the_trash_is_found_there_and_nowhere_else(
    database: Database, ada: Caller, bob: Caller
) -> None:
    kept = await compared(database, ada, "A word")
    gone = await compared(database, ada, "Another word", deleted_at=clock.now())
    await shared(database, gone, bob)
    assert await finds(database, ada, "word") == [kept]
    assert await finds(database, ada, "word", Filters(deleted=True)) == [gone]
    assert await finds(database, bob, "word") == []
    assert await finds(database, bob, "word", Filters(deleted=True)) == []


async def test_a_search_can_be_narrowed(database: Database, ada: Caller) -> None:
    failed = await compared(database, ada, "A word", {"lab/one": ""}, status="failed")
    tagged = await compared(database, ada, "A word", {"lab/two": ""}, tagged=["work"])
    assert await finds(database, ada, "word", Filters(status="failed")) == [failed]
    assert await finds(database, ada, "word", Filters(tag="work")) == [tagged]
    assert await finds(database, ada, "word", Filters(model="lab/two")) == [tagged]
    assert await finds(database, ada, "word", Filters(until=tagged)) == [failed]
    assert await finds(database, ada, "word", Filters(since=tagged)) == [tagged]


async def test_what_is_forgotten_is_nowhere(database: Database, ada: Caller) -> None:
    kept = await compared(database, ada, "A word that stays")
    gone = await compared(database, ada, "A word that goes")
    async with database.transaction() as db:
        await search.forget(db, [gone, new_id()])
    assert await finds(database, ada, "word") == [kept]
    async with database.reading() as db:
        left = [
            await db.scalar(select(func.count()).select_from(row)) for row in (SearchPlaceRow, SearchTextRow)
        ]
        assert left == [1, 4]
        if database.name == "sqlite":
            assert await db.scalar(text("SELECT count(*) FROM search_kept")) == 4
    async with database.transaction() as db:
        if database.name == "sqlite":  # its own proof that nothing of the forgotten is left in it
            await db.execute(text("INSERT INTO search_words (search_words) VALUES ('integrity-check')"))
        else:
            assert await db.scalar(text("SELECT count(*) FROM search_words")) == 4


async def test_two_who_write_into_one_comparison_do_not_meet(database: Database, ada: Caller) -> None:
    key = await compared(database, ada, "A prompt")

    async def write(number: int) -> None:
        async with database.transaction() as db:
            await search.remember(db, [Document(key, new_id(), "answer", f"Answer {number}")])

    await asyncio.gather(*(write(number) for number in range(20)))
    for number in range(20):
        assert await finds(database, ada, f'"answer {number}"') == [key]


async def test_a_question_of_many_words_over_many_shelves_is_answered(
    database: Database, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PLACES", 1)
    words = " ".join(f"word{number}" for number in range(40))
    keys = [await compared(database, ada, words, {}) for _ in range(20)]
    monkeypatch.setattr(search, "_QUICK", 60)
    assert await finds(database, ada, words, limit=100, patience=60) == keys[::-1]
    assert await finds(database, ada, f"{words.replace('word7', 'nothing')}") == []


HOSTILE = [
    *('"', '""', '"""', "'", "''", "\\", "\\'", "%", "_", "*", "^", "(", "((((", "{a b}: c", "NEAR(a b, 3)"),
    *("a AND", "AND", "OR OR", "NOT", "a:b", "-a", "+a", "words : x", "rowid:1", "search_words", "rank"),
    *(
        "<->",
        "a & ! b",
        "a:*",
        "'a':1A",
        "!!!!",
        "\0",
        "a\0b",
        "\ud800",
        "\u202e",
        "🦊",
        "x" * 5000,
        "a " * 2000,
    ),
]


async def test_nothing_is_a_mistake_to_look_for(database: Database, ada: Caller) -> None:
    assert {question for question in HOSTILE if await finds(database, ada, question)} == set()


@law
@given(st.text(max_size=300), st.text(max_size=60), st.lists(st.integers(0, 1 << 20), min_size=7, max_size=7))
async def test_any_text_is_found_by_its_words_and_no_question_fails(
    database: Database, text_: str, question: str, picks: list[int]
) -> None:
    text_ = text_.replace("\0", "").encode(errors="ignore").decode()
    someone = await person(database, f"p{new_id().hex}")
    key = await compared(database, someone, "?", {"lab/one": text_}, title="")
    assert set(await finds(database, someone, question)) <= {key}
    if words := words_of(text_):
        first = picks[0] % len(words)
        phrase = words[first : first + 1 + picks[1] % 8]
        assert await finds(database, someone, f'"{" ".join(phrase)}"') == [key]
        assert await finds(database, someone, phrase[-1][: 1 + picks[2] % len(phrase[-1])]) == [key]
        some = [words[pick % len(words)] for pick in picks[3:]]
        assert await finds(database, someone, " ".join(some)) == [key]


async def test_a_long_and_hostile_text_is_taken(database: Database, ada: Caller) -> None:
    texts = ("\ufdfa " * 300_000, "a " * 500_000, "x" * 1_000_000, "東" * 400_000)
    for number, long in enumerate(texts):
        key = await compared(database, ada, long, {}, title=f"number{number}")
        assert key in await finds(database, ada, words_of(long)[0])
