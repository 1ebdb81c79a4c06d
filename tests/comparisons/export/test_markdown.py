from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from backend.comparisons.export.figures import ALL, MAIN, attempts
from backend.comparisons.export.markdown import fenced, inline, markdown
from backend.rooms.snapshot import Comparison
from tests.comparisons.export.example import ANSWER, EXAMPLE, HOSTILE, NOW
from tests.support.comparisons import NASTY, characters, comparisons
from tests.support.laws import law

PARSER = MarkdownIt("commonmark").enable("table")


def parsed(comparison: Comparison) -> list[Token]:
    return PARSER.parse("".join(markdown(comparison, NOW)))


def as_read(text: str) -> str:
    """Markdown knows one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n") + "\n"


def written(comparison: Comparison) -> Iterator[str]:
    """Everything that people and models wrote at length, in the order of the file."""
    yield from (lane.system_prompt for lane in comparison.lanes)
    for turn in comparison.turns:
        yield turn.prompt
        for lane in comparison.lanes:
            for response in reversed(attempts(turn, lane.id)):
                yield response.reasoning
                yield response.text


def test_an_answer_that_ends_in_a_carriage_return_keeps_its_last_line() -> None:
    for text in ("\r", "a\r", "a\n\r", "a\r\n"):
        assert [token.content for token in PARSER.parse(fenced(text))] == [as_read(text)]


@settings(law, max_examples=20)
@given(comparisons(running=True))
def test_whatever_was_written_stands_unchanged_in_a_fence(comparison: Comparison) -> None:
    tokens = parsed(comparison)
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == [as_read(text) for text in written(comparison) if text]
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    folded = ("Reasoning", "All numbers")
    assert html <= {"</details>", *(f"<details><summary>{name}</summary>" for name in folded)}
    inlines = [inner for token in tokens for inner in token.children or ()]
    assert {inner.type for inner in inlines} <= {"text", "strong_open", "strong_close"}


@law
@given(st.text(characters) | st.sampled_from(NASTY))
def test_a_fence_is_longer_than_any_in_it(text: str) -> None:
    tokens = PARSER.parse(fenced(text) + "after")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]


@law
@given(st.text(characters) | st.sampled_from(NASTY))
def test_a_line_of_words_means_nothing_to_markdown(text: str) -> None:
    tokens = PARSER.parse(f"a {inline(text)}")
    (said,) = (token for token in tokens if token.type == "inline")
    assert [inner.content for inner in said.children or ()] == [f"a {' '.join(text.split())}".strip()]


def test_all_lanes_turns_attempts_and_numbers_are_in_it() -> None:
    text = "".join(markdown(EXAMPLE, NOW))
    assert text.startswith("# Queues & stacks".replace("&", "\\&"))
    for said in (
        "### A · openai/gpt-5.4: completed, chosen",
        "### C · simulator/novelist: interrupted",
        "### C · simulator/novelist, attempt 2: completed",
        "**rate limited:** You exceeded your current quota.",
        "- rate limited: Slow down, please. — after 800 ms anthropic/claude-opus-4.8 was asked",
        "- not sent: seed, this model does not take it",
        "\\$0.002993 =",
        "\\$0.0164 ≈",
        "\\$0.00 ✓",
        "| Cost | — |",
        "66.8 tok/s",
        "temperature 0.2 · seed 7",
    ):
        assert said.replace("_", "\\_") in text, said
    assert ANSWER in text
    assert HOSTILE in text
    assert len({figure.name for figure in MAIN} & {figure.name for figure in ALL}) > 2


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    tokens = parsed(EXAMPLE)
    widths: list[list[int]] = []
    for token in tokens:
        if token.type == "table_open":
            widths.append([])
        elif token.type == "tr_open":
            widths[-1].append(0)
        elif token.type in {"th_open", "td_open"}:
            widths[-1][-1] += 1
    assert len(widths) == 4 + 6  # totals, lanes, two turns, six responses
    assert all(len(set(table)) == 1 for table in widths)
