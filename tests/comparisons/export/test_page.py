import re
from collections.abc import AsyncIterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from playwright.async_api import Browser

from backend.comparisons.export.page import blocks, page
from backend.comparisons.export.timing import longest, timing_bar
from backend.rooms.snapshot import Comparison, LaneParameters
from tests.comparisons.export.example import ANSWER, EXAMPLE, FIRST, HOSTILE, NOW, QUICK, THOUGHTFUL
from tests.support.browser import DESKTOP, PHONE, open_browser, visit
from tests.support.comparisons import characters, comparisons
from tests.support.laws import law

OURS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article"),
    *("h1", "h2", "h3", "p", "div", "span", "strong", "pre", "ul", "li", "details", "summary"),
    *("table", "tr", "th", "td", "dl", "dt", "dd", "svg", "rect"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "tabindex", "role", "aria-label", "dir"),
    *("viewbox", "preserveaspectratio", "x", "width", "height"),
}


FIRSTS = ("time_to_first_token_ms", "time_to_first_answer_ms")
_FENCES_AND_BLANKS = re.compile(r"[`~\s]+")


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self._pre = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "pre":
            self._pre = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._pre = False

    def handle_data(self, data: str) -> None:
        if self._pre:
            self.texts[-1] += data


def written(comparison: Comparison) -> str:
    return "".join(page(comparison, NOW))


@settings(law, max_examples=20)
@given(comparisons(running=True))
def test_nothing_that_was_written_becomes_part_of_the_page(comparison: Comparison) -> None:
    seen = Seen(written(comparison))
    assert seen.tags <= OURS
    assert seen.attributes <= ATTRIBUTES
    texts = {text.removeprefix("\n") for text in seen.texts}
    assert {turn.prompt for turn in comparison.turns} <= texts
    assert {lane.system_prompt for lane in comparison.lanes} - {""} <= texts


FREE = {
    *(
        "title",
        "prompt",
        "label",
        "modelId",
        "fallbackModelIds",
        "systemPrompt",
        "stop",
        "askedBy",
        "provider",
    ),
    *("answeredBy", "text", "reasoning", "tokensNote", "errorMessage", "message", "nextModelId", "parameter"),
    *("reason", "tags"),
}


BREAKOUT = "\"'><b onclick=x></title></style></pre></td>&amp;"


def hostile(value: Any, name: str) -> Any:
    match value:
        case dict():
            return {key: hostile(inner, key) for key, inner in value.items()}
        case list() | tuple():
            return [hostile(inner, name) for inner in value]
    return BREAKOUT if name in FREE and isinstance(value, str) else value


def test_no_field_at_all_gets_through() -> None:
    settings_ = LaneParameters(stop=("stop",))
    lanes = tuple(replace(lane, parameters=settings_) for lane in EXAMPLE.lanes)
    plain = msgspec.to_builtins(replace(EXAMPLE, lanes=lanes), builtin_types=(datetime, UUID))
    seen = Seen(written(msgspec.convert(hostile(plain, ""), Comparison)))
    assert seen.tags <= OURS
    assert seen.attributes <= ATTRIBUTES


def test_answers_are_whole_and_code_stands_apart() -> None:
    text = written(EXAMPLE)
    texts = [each.removeprefix("\n") for each in Seen(text).texts]
    assert HOSTILE in texts
    assert "python" in texts
    assert ANSWER.split("```")[1].removeprefix("python").strip("\n") in texts
    for said in ("completed, chosen", "Attempt 1: interrupted", "$0.0164 ≈", "$0.002993 =", "66.8 tok/s"):
        assert said in text


@law
@given(st.lists(st.sampled_from(("```", "````py", "~~~", "  ```", "text", "")) | st.text(characters)))
def test_blocks_lose_nothing_but_fences(lines: list[str]) -> None:
    text = "\n".join(lines)
    shown = "".join(part for _, part in blocks(text))
    assert _FENCES_AND_BLANKS.sub("", shown) == _FENCES_AND_BLANKS.sub("", text)


def test_a_fence_ends_at_one_as_long_and_else_at_the_end() -> None:
    assert list(blocks("a\n````py\n```\nb\n`````\nc")) == [
        ("text", "a"),
        ("soft", "py"),
        ("code", "```\nb"),
        ("text", "c"),
    ]
    assert list(blocks("~~~\na\n```")) == [("text", ""), ("soft", ""), ("code", "a\n```")]


def test_bars_of_a_turn_share_one_axis() -> None:
    axis = longest(FIRST.responses)
    assert axis == 850 + 6150
    slow, quick = timing_bar(THOUGHTFUL, axis), timing_bar(QUICK, axis)
    assert '<rect class="queue" x="0.0" width="121.4" height="8"/>' in slow
    assert 'aria-label="queue 850 ms, connect 200 ms, wait 440 ms, reasoning 3.56 s, answer 1.95 s"' in slow
    assert "reasoning" not in quick
    unasked = replace(QUICK, **dict.fromkeys(("queue_ms", "connect_ms", "response_time_ms", *FIRSTS)))
    assert 'aria-label="no times known"' in timing_bar(unasked, longest([unasked]))


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


async def test_a_browser_shows_the_page_and_asks_nobody_for_anything(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(written(EXAMPLE), encoding="utf-8")
    for viewport, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        async with visit(browser, "http://localhost", viewport=viewport, scheme=scheme) as looking:
            await looking.page.goto(file.as_uri())
            assert await looking.page.title() == EXAMPLE.title
            assert looking.requested == [file.as_uri()]
            assert looking.complaints == []
            assert await looking.violations() == []
            assert await looking.overflow() == 0
            assert await looking.accessibility_faults() == []
            tops = await looking.page.eval_on_selector_all(
                "section:first-of-type .lane", "all => all.map(each => each.getBoundingClientRect().top)"
            )
            assert len(tops) == 3
            assert len(set(tops)) == 1
            colour = await looking.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert colour == {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 22, 26)"}[scheme]


async def test_a_browser_would_run_nothing_even_if_something_got_in(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    inside = "<script>document.title = 'broken out'</script><style>h1 { color: red }</style><img src='x.png'>"
    file.write_text(written(EXAMPLE).replace("</header>", f"{inside}</header>"), encoding="utf-8")
    async with visit(browser, "http://localhost") as looking:
        await looking.page.goto(file.as_uri())
        assert await looking.page.title() == EXAMPLE.title
        directives = sorted(each.split()[0] for each in await looking.violations())
        assert directives == ["img-src", "script-src-elem", "style-src-elem"]
