"""What the cast writes: in the language of the question, in its own manner, always honest."""

import pytest

from backend.providers.simulator.ask import Ask, Part
from backend.providers.simulator.cast import CAST, Character
from backend.providers.simulator.dice import Dice
from backend.providers.simulator.faults import NONE, Faults
from backend.providers.simulator.phrases import LANGUAGES
from backend.providers.simulator.prompt_cache import Input, size
from backend.providers.simulator.script import Kind, Script, write
from backend.providers.simulator.snippets import SNIPPETS
from backend.providers.simulator.temper import tempered
from backend.providers.simulator.tokens import count, split
from backend.providers.simulator.topic import Topic, read

QUESTIONS = {
    "en": "How do I bake a good sourdough bread?",
    "de": "Wie backe ich ein gutes Brot mit Sauerteig?",
    "fr": "Comment est-ce que je fais un bon pain dans le four ?",
    "es": "¿Cómo se hace un buen pan en el horno de la casa?",
    "it": "Come si fa il pane con il lievito e che cosa è?",
    "pt": "Como é que eu faço um pão com o fermento?",
    "ru": "Как испечь хороший хлеб на закваске?",
    "el": "Πώς φτιάχνω καλό ψωμί με προζύμι;",
    "ja": "美味しいパンはどうやって焼きますか",
    "zh": "如何烤出好吃的面包",
    "ko": "맛있는 빵을 어떻게 굽나요",
    "ar": "كيف أخبز خبزًا جيدًا؟",
    "he": "איך אופים לחם טוב?",
    "hi": "अच्छी रोटी कैसे बनाएँ?",
}


def asked(text: str, *before: str) -> Ask:
    parts = [Part("user", earlier) for earlier in before]
    return Ask(model="any", parts=(*parts, Part("user", text)))


def played(character: Character, ask: Ask) -> Script:
    return write(character, ask, NONE, Input(fresh=size(ask)))


def said(character: Character, text: str, *before: str) -> str:
    return played(character, asked(text, *before)).joined(Kind.TEXT)


def named(name: str) -> Character:
    return next(character for character in CAST if character.name == name)


def topic(text: str) -> Topic:
    return read(asked(text))


def test_every_language_has_a_question_here() -> None:
    assert set(QUESTIONS) == set(LANGUAGES)


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("character", CAST, ids=lambda character: character.name)
def test_an_answer_is_in_the_language_of_the_question_and_says_that_it_is_simulated(
    character: Character, language: str
) -> None:
    text = said(character, QUESTIONS[language])
    name = character.display_name.split(" (")[0]
    assert text.endswith(f"_{LANGUAGES[language].simulated.format(name=name)}_")


@pytest.mark.parametrize("character", CAST, ids=lambda character: character.name)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?",
        "😀",
        "a",
        "{subject} {0} %s",
        "| * ` _ #",
        "x" * 100_000,
        "the of and",
        "\u202e\u0301",
        "\n\n",
    ],
    ids=range(11),
)
def test_whatever_is_asked_has_an_answer(character: Character, text: str) -> None:
    assert len(said(character, text)) > 40


def test_characters_differ() -> None:
    answers = {character.name: said(character, QUESTIONS["en"]) for character in CAST}
    assert len(set(answers.values())) == len(CAST)
    assert count(answers["swift"]) < 80
    assert "```python" in answers["smith"]
    assert "|---|" in answers["smith"]
    assert all(sign in answers["polyglot"] for sign in ("👩\u200d👩\u200d👧\u200d👦", "e\u0301", "🇪🇺"))
    assert [name for name in answers if played(named(name), asked("Why?")).joined(Kind.REASONING)] == ["sage"]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Explain how a hash map works, please.", "how a hash map works"),
        ("Hi, can you tell me about the tides?", "tides"),
        ("What is the capital of France? And of Spain?", "capital of France"),
        ("Was ist der Unterschied zwischen TCP und UDP?", "Unterschied zwischen TCP und UDP"),
        ("Compare Rust and Go in a table", "Rust and Go"),
        ("日本の首都はどこですか", "日本の首都はどこですか"),
        ("`rm -rf` **now** | <b>", "rm -rf now  b"),
    ],
)
def test_the_subject_is_what_is_left_of_the_question(text: str, subject: str) -> None:
    assert topic(text).subject == subject


@pytest.mark.parametrize("dialect", SNIPPETS)
def test_code_is_in_the_language_that_was_asked_for(dialect: str) -> None:
    assert f"```{dialect}\n" in said(named("smith"), f"Sort numbers in {dialect}")


def test_going_on_an_adventure_is_no_go() -> None:
    assert topic("Where should I go to in summer?").dialect == "python"


def test_a_table_is_made_where_one_is_asked_for() -> None:
    assert "|---|" not in said(named("swift"), "Compare cats and dogs")
    assert "|---|" in said(named("swift"), "Compare cats and dogs in a table")


def test_the_turn_before_is_remembered() -> None:
    assert "**tides**" in said(named("swift"), "And the moon?", "Tell me about the tides")


def test_pieces_join_to_the_text_whatever_it_is() -> None:
    for text in (*QUESTIONS.values(), "a  b\t\n c", "日本語abc", "👩\u200d👩\u200d👧", "x_y-z...!!!", " "):
        assert "".join(split(text)) == text


def test_so_many_tokens_are_made_as_are_wanted() -> None:
    for character in CAST:
        script = write(character, asked("Hi"), Faults(tokens=2_000), Input(fresh=1))
        assert len(script.pieces) == script.usage.output == 2_000
        assert script.joined(Kind.TEXT)


def test_the_unreliable_one_fails_at_a_share_of_prompts_and_always_at_the_same() -> None:
    gremlin = named("gremlin")
    seeds = [bytes([number % 256, number // 256]) * 8 for number in range(400)]
    failing = [seed for seed in seeds if tempered(gremlin, NONE, seed) != NONE]
    assert 0.25 < len(failing) / len(seeds) < 0.45
    assert failing == [seed for seed in seeds if tempered(gremlin, NONE, seed) != NONE]
    assert len({tempered(gremlin, NONE, seed) for seed in failing}) > 20
    own = Faults(hang=True)
    assert {tempered(gremlin, own, seed) for seed in seeds} == {own}
    assert {tempered(named("swift"), NONE, seed) for seed in seeds} == {NONE}


def test_fractions_of_the_dice_are_spread_evenly() -> None:
    fractions = Dice(b"0123456789abcdef").fractions()
    thrown = [next(fractions) for _ in range(2_000)]
    assert 0.45 < sum(thrown) / len(thrown) < 0.55
    assert all(0 <= fraction < 1 for fraction in thrown)
