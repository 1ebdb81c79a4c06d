"""What a response used and cost, and how long it took."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from backend.catalogue.entry import Entry
from backend.catalogue.facts import Facts
from backend.catalogue.prices import Price, PriceTable
from backend.catalogue.tokenizers import Tokenizers
from backend.catalogue.tokens import TokenCounter
from backend.comparisons.accounting import Account, account, uncounted
from backend.comparisons.contestants import Contestant
from backend.comparisons.lane import Closed, RunningLane
from backend.kit.ids import new_id
from backend.providers.answering import Candidate
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Finished, user
from backend.providers.endpoints import Endpoint
from backend.providers.fitting import Dropped
from backend.providers.keys import NO_KEY
from backend.providers.marks import Marks
from backend.providers.target import Target
from backend.providers.usage import Usage
from backend.rooms.snapshot import Buckets, DroppedParameter
from tests.comparisons.actors import StandIn, says_two_words
from tests.comparisons.rehearsal import QUICK, Rehearsal, of_lane

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICE = PriceTable(input=Decimal(1), cache_read=Decimal("0.1"), output=Decimal(10)).price("a list")
FIRST, SECOND = (
    Target(Endpoint("openai", "OpenAI"), name, "chat", Capabilities()) for name in ("first", "second")
)
WHOLE = Marks(queued=9.0, sent=10.0, headers=10.25, first_chunk=10.5, first_text=11.0, last=13.0)
TEXT = "Because the sky is blue."


def entry(target: Target, price: Price | None) -> Entry:
    return Entry(
        target=target,
        display_name=target.name,
        kind="chat",
        context_window=None,
        pricing=price,
        unavailable_reason=None,
        hidden=False,
        deprecated=False,
    )


def lane(first: Price | None = PRICE, second: Price | None = None) -> RunningLane:
    entries = {FIRST.id: entry(FIRST, first), SECOND.id: entry(SECOND, second)}
    candidates = (Candidate(FIRST, NO_KEY), Candidate(SECOND, NO_KEY))
    made = RunningLane(
        new_id(), Contestant(candidates, entries, cast("Any", None)), Call("first", (user("Why?"),))
    )
    made.queued = 8.0
    return made


def answer(
    usage: Usage | None = None,
    marks: Marks = WHOLE,
    target: Target = FIRST,
    finished: Finished | None = Finished("stop", 0.0),  # noqa: B008 - frozen
    dropped: tuple[Dropped, ...] = (),
) -> Any:
    made: Any = StandIn(says_two_words)
    made.usage, made.marks, made.target, made.finished, made.dropped = usage, marks, target, finished, dropped
    return made


async def counted(of: RunningLane, closed: Closed, text: str = TEXT, reasoning: str = "") -> Account:
    tokens = TokenCounter(Tokenizers(), lambda _: Facts())
    return await account(of, closed, text, reasoning, tokens, NOW)


async def test_nobody_who_was_not_asked_has_used_anything() -> None:
    for nobody in (None, answer(marks=Marks(queued=1.0))):
        made = await counted(lane(), Closed("cancelled", answer=nobody))
        assert made.usage is None
        assert (made.metrics.provider, made.metrics.cost, made.metrics.total_tokens) == ("openai", None, None)
        assert uncounted(lane(), Closed("cancelled", answer=nobody)).usage is None


async def test_what_a_provider_says_of_a_whole_answer_is_believed() -> None:
    usage = Usage(input=100, cache_read=1000, output=7, reasoning=13)
    made = await counted(lane(), Closed("completed", answer=answer(usage)))
    metrics = made.metrics
    assert made.usage is usage
    assert made.cost.amount == Decimal("0.0004")  # 100 + 1000 / 10 + 20 * 10 of a millionth
    assert (metrics.cost, metrics.cost_origin, metrics.tokens_origin) == (0.0004, "computed", "reported")
    assert (metrics.input_tokens, metrics.output_tokens, metrics.total_tokens) == (1100, 20, 1120)
    assert metrics.buckets == Buckets(input=100, cache_read=1000, output=7, reasoning=13)
    assert (made.price, made.model_id) == (PRICE, "openai/first")


async def test_times_are_told_from_the_moments_of_the_call() -> None:
    metrics = (await counted(lane(), Closed("completed", answer=answer(Usage(output=40))))).metrics
    assert (metrics.queue_ms, metrics.connect_ms) == (2000.0, 250.0)
    assert (metrics.time_to_first_token_ms, metrics.time_to_first_answer_ms) == (500.0, 1000.0)
    assert metrics.response_time_ms == 3000.0
    assert metrics.finish_reason == "stop"


async def test_a_moment_of_an_earlier_try_is_no_time_of_this_one() -> None:
    marks = Marks(queued=1.0, sent=10.0, headers=2.0)
    metrics = (
        await counted(lane(), Closed("cancelled", answer=answer(marks=marks, finished=None)), "")
    ).metrics
    assert metrics.connect_ms is None


@pytest.mark.parametrize(
    ("usage", "reasoning", "marks", "speed"),
    [
        (Usage(output=40), "", WHOLE, 20.0),  # over the two seconds in which it came
        (Usage(output=40, reasoning=60), "", WHOLE, 20.0),  # hidden thoughts were not streamed
        (Usage(output=40, reasoning=60), "Hm.", WHOLE, 40.0),  # those that were come sooner
        (Usage(output=40), "", Marks(queued=1, sent=1.0, first_chunk=2.0, first_text=2.0, last=2.049), None),
        (Usage(output=40), "", Marks(queued=1, sent=1.0, first_chunk=2.0, first_text=2.0, last=2.06), 666.67),
        (Usage(output=40), "", Marks(queued=1, sent=1.0), None),
        (Usage(origin="unknown", output=40), "", WHOLE, None),
    ],
)
async def test_speed_is_of_what_was_streamed_while_it_was(
    usage: Usage, reasoning: str, marks: Marks, speed: float | None
) -> None:
    made = await counted(lane(), Closed("completed", answer=answer(usage, marks)), TEXT, reasoning)
    assert made.metrics.tokens_per_second == speed


@pytest.mark.parametrize("status", ["cancelled", "interrupted", "error"])
async def test_what_broke_off_is_estimated_and_says_so(status: Any) -> None:
    closed = Closed(status, "timeout" if status == "error" else None, answer=answer(finished=None))
    made = await counted(lane(), closed)
    assert made.usage is not None
    assert made.usage.input > 0
    assert made.usage.output > 0
    assert (made.metrics.tokens_origin, made.metrics.cost_origin) == ("estimated", "estimated")
    assert made.metrics.tokens_note
    assert made.metrics.finish_reason is None


async def test_a_count_that_was_given_too_soon_is_never_less_than_what_came() -> None:
    told = Usage(input=4321, output=1, cache_read=5)
    made = await counted(lane(), Closed("cancelled", answer=answer(told, finished=None)), TEXT, "Hm, hm.")
    assert made.usage is not None
    assert (made.usage.input, made.usage.cache_read) == (4321, 5)
    assert made.usage.output > 1
    assert made.usage.reasoning > 0
    assert made.usage.origin == "estimated"


async def test_text_is_never_made_of_no_tokens() -> None:
    made = await counted(lane(), Closed("completed", answer=answer(Usage(input=5))))
    assert made.usage is not None
    assert made.usage.output > 0
    assert made.usage.origin == "estimated"
    silent = await counted(lane(), Closed("completed", answer=answer(Usage(input=5))), "")
    assert (silent.metrics.output_tokens, silent.metrics.tokens_origin) == (0, "reported")


async def test_without_a_word_of_the_provider_everything_is_estimated() -> None:
    made = await counted(lane(), Closed("completed", answer=answer()))
    assert (made.metrics.tokens_origin, made.metrics.cost_origin) == ("estimated", "estimated")
    assert (made.metrics.output_tokens or 0) > 0


@pytest.mark.parametrize("price", [PRICE, None, PriceTable(per_request=Decimal(1)).price("a list")])
@pytest.mark.parametrize("kind", ["rate_limited", "credentials", "provider_error", "unreachable"])
async def test_a_refusal_costs_nothing_for_certain(kind: Any, price: Price | None) -> None:
    asked = answer(marks=Marks(queued=1.0, sent=2.0), finished=None)
    made = await counted(lane(price), Closed("error", kind, "no", answer=asked), "")
    assert made.usage is not None
    assert (made.metrics.total_tokens, made.metrics.tokens_origin) == (0, "computed")
    assert (made.metrics.cost, made.metrics.cost_origin) == (0.0, "computed")


async def test_after_a_timeout_nobody_knows_so_the_question_is_counted() -> None:
    asked = answer(marks=Marks(queued=1.0, sent=2.0), finished=None)
    made = await counted(lane(), Closed("error", "timeout", answer=asked), "")
    assert (made.metrics.input_tokens or 0) > 0
    assert (made.metrics.output_tokens, made.metrics.tokens_origin) == (0, "estimated")


async def test_an_unknown_price_is_not_nothing() -> None:
    made = await counted(lane(None), Closed("completed", answer=answer(Usage(input=5, output=5))))
    assert (made.metrics.cost, made.metrics.cost_origin) == (None, "unknown")
    assert made.metrics.total_tokens == 10


async def test_who_stood_in_is_named_and_charged_at_its_own_price() -> None:
    dear = PriceTable(input=Decimal(3), output=Decimal(3)).price("a list")
    asked = answer(Usage(input=1, output=1), target=SECOND)
    made = await counted(lane(PRICE, dear), Closed("completed", answer=asked))
    assert (made.metrics.answered_by, made.model_id) == ("openai/second", "openai/second")
    assert made.cost.amount == Decimal("0.000006")


@pytest.mark.parametrize(
    ("said", "by"), [("first", None), (None, None), ("first-2026-11-01", "first-2026-11-01")]
)
async def test_the_exact_version_is_named_where_it_says_more(said: str | None, by: str | None) -> None:
    finished = Finished("stop", 0.0, model=said)
    made = await counted(lane(), Closed("completed", answer=answer(Usage(output=1), finished=finished)))
    assert made.metrics.answered_by == by


async def test_what_was_not_sent_is_told() -> None:
    asked = answer(Usage(output=1), dropped=(Dropped("seed", "it takes none"),))
    made = await counted(lane(), Closed("completed", answer=asked))
    assert made.metrics.dropped == (DroppedParameter(parameter="seed", reason="it takes none"),)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("0.0000000000005", "0.000000000000"),
        ("0.0000000000015", "0.000000000002"),
        ("1.2345678901234", "1.234567890123"),
        ("1000000", None),
        ("1e30", None),
    ],
)
async def test_money_is_kept_to_the_twelfth_place_and_never_more_than_anything_costs(
    said: str, kept: str | None
) -> None:
    asked = answer(Usage(input=1, output=1, cost=Decimal(said)))
    made = await counted(lane(), Closed("completed", answer=asked))
    assert made.cost.amount == (None if kept is None else Decimal(kept))
    assert made.cost.origin == ("unknown" if kept is None else "reported")


async def test_what_could_not_be_counted_is_unknown_and_still_a_call() -> None:
    made = uncounted(lane(), Closed("completed", answer=answer(target=SECOND)))
    assert made.usage == Usage(origin="unknown")
    assert (made.metrics.total_tokens, made.metrics.cost, made.model_id) == (None, None, "openai/second")


async def test_every_call_has_a_line_in_the_ledger_and_nothing_else_has(rehearsal: Rehearsal) -> None:
    models = {
        f"simulator/swift{QUICK}": ("completed", "reported", "computed"),
        f"simulator/swift@no-usage{QUICK}": ("completed", "estimated", "estimated"),
        f"simulator/swift@cut:9{QUICK}": ("interrupted", "estimated", "estimated"),
        f"simulator/swift@error:9{QUICK}": ("error", "estimated", "estimated"),
        "simulator/swift@401": ("error", "computed", "computed"),
        "hasty/swift@hang": ("error", "estimated", "estimated"),
        f"unpriced/swift{QUICK}": ("completed", "reported", "unknown"),
        "unpriced/swift@401": ("error", "computed", "computed"),
    }
    comparison, _ = await rehearsal.played(*models)
    ledger = await rehearsal.ledger()
    assert len(ledger) == len(models)
    for place, expected in enumerate(models.values()):
        response = of_lane(comparison, place)
        row = ledger[response.id]
        assert (row.outcome, row.tokens_origin, row.cost_origin) == expected
        assert row.input + row.cache_read + row.cache_write_5m == response.input_tokens
        assert row.output + row.reasoning == response.output_tokens
        assert bool(response.output_tokens) == bool(response.text)
        assert (None if row.cost is None else float(row.cost)) == response.cost
    assert comparison.unknown_costs == 1
