"""What every wire format must do alike when a provider fails: each fault its kind, and nothing doubled."""

import asyncio
import dataclasses
import socket
import time
from contextlib import aclosing

import pytest
from aiohttp import web

from backend.providers.admission import Outcome
from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.chat import Call, Text, user
from backend.providers.endpoints import Clocks
from backend.providers.failures import FailureKind
from backend.providers.keys import Key
from backend.providers.simulator.server import Simulator
from tests.support.heard import Heard
from tests.support.scale import PROMISED, scaled
from tests.support.wires import CHAT, KEY, WIRES, Wire, ask, quick, sent_bodies

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)

# Long enough for a busy machine, short enough to wait for.
IMPATIENT = Clocks(connect=5, first_chunk=0.4, silence=0.4, total=30)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401", "credentials"),
        ("429:3600", "rate_limited"),
        ("content-type", "bad_stream"),
        ("broken-json:3", "bad_stream"),
        ("bad-utf8:3", "bad_stream"),
        ("long-line", "bad_stream"),
    ],
)
@every_wire
async def test_each_fault_has_its_kind(
    wire: Wire, fault: str, kind: FailureKind, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, quick(f"swift@{fault}")))

    assert told.error is not None
    assert told.error.kind == kind
    assert told.error.message
    assert KEY.secret not in str(told.error)
    assert told.heard.end == {}
    assert told.heard.retries == []


@pytest.mark.parametrize(
    ("fault", "kind"), [("500", "provider_error"), ("503", "overloaded"), ("529", "overloaded")]
)
@every_wire
async def test_a_passing_failure_is_tried_three_times(
    wire: Wire, fault: str, kind: FailureKind, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, f"swift@{fault}"))

    assert told.error is not None
    assert told.error.kind == kind
    assert told.error.status == int(fault)
    assert told.error.request_id
    assert [retry.kind for retry in told.heard.retries] == [kind, kind]
    assert len(sent_bodies(simulator)) == 3


@every_wire
async def test_an_unknown_model_is_not_found(wire: Wire, simulator: Simulator, providers: Providers) -> None:
    told = await ask(providers, wire.target(simulator, "nobody"))

    assert told.error is not None
    assert told.error.kind == "not_found"
    assert told.error.status == 404


@every_wire
async def test_broken_json_is_told_with_its_beginning_and_the_text_before_it_is_kept(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    whole = await ask(providers, wire.target(simulator, quick("swift")))
    told = await ask(providers, wire.target(simulator, quick("swift@broken-json:3")))

    assert told.error is not None
    assert "{" in told.error.message
    assert len(told.error.message) < 600
    assert told.heard.text
    assert whole.heard.text.startswith(told.heard.text)


@pytest.mark.parametrize("fault", ["cut:5", "reset:5", "end:5", "no-end"])
@every_wire
async def test_a_body_that_just_ends_is_interrupted_and_its_text_is_kept(
    wire: Wire, fault: str, simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    whole = await ask(providers, wire.target(simulator, quick("swift")))
    told = await ask(providers, wire.target(simulator, f"swift@{fault}@ttft:0@pace:1"))

    assert told.error is None
    assert told.heard.end == {"end": "interrupted"}
    assert told.answer.finished is None
    assert told.heard.text
    assert whole.heard.text.startswith(told.heard.text)
    assert tried[-1][1] == "interrupted"


@every_wire
async def test_an_error_in_mid_stream_is_not_tried_again_and_no_text_comes_twice(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    whole = await ask(providers, wire.target(simulator, quick("swift")))
    told = await ask(
        providers, wire.target(simulator, quick("swift@error:5")), wire.target(simulator, "sage")
    )

    assert told.error is not None
    assert told.heard.text
    assert whole.heard.text.startswith(told.heard.text)
    assert told.heard.retries == []
    assert len(sent_bodies(simulator)) == 2


@pytest.mark.parametrize("fault", ["429:0", "429-ms:20", "429-date:0", "500", "cut:0", "end:0"])
@every_wire
async def test_a_failure_before_the_first_chunk_is_tried_again_and_then_answered_in_full(
    wire: Wire, fault: str, simulator: Simulator, providers: Providers
) -> None:
    whole = await ask(providers, wire.target(simulator, quick("swift")))
    told = await ask(providers, wire.target(simulator, quick(f"swift@{fault}@first:1")))

    assert told.error is None
    assert len(told.heard.retries) == 1
    assert told.heard.text == whole.heard.text


@pytest.mark.parametrize("fault", ["429:1", "429-ms:1000", "429-date:1"])
async def test_the_wait_that_a_provider_asks_for_is_kept(
    fault: str, simulator: Simulator, providers: Providers
) -> None:
    began = time.monotonic()
    told = await ask(providers, CHAT.target(simulator, quick(f"swift@{fault}@first:1")))

    assert told.error is None
    (retry,) = told.heard.retries
    assert retry.kind == "rate_limited"
    # A date has whole seconds only, and one that has begun is nearly over.
    least = 0.0 if "date" in fault else 1.0
    assert least <= retry.wait <= 2.0
    assert time.monotonic() - began >= retry.wait
    assert told.answer.marks.sent is not None
    assert told.answer.marks.sent - told.answer.marks.queued >= retry.wait


async def test_a_wait_of_an_hour_is_not_kept_but_told(simulator: Simulator, providers: Providers) -> None:
    told = await ask(providers, CHAT.target(simulator, "swift@429:3600"))

    assert told.error is not None
    assert told.error.retry_after == 3600
    assert told.heard.retries == []


@every_wire
async def test_a_server_that_never_answers_is_given_up_at_the_first_clock(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, "swift@hang", clocks=IMPATIENT))

    assert told.error is not None
    assert told.error.kind == "timeout"
    assert "first token" in told.error.message
    assert told.heard.retries == []


@pytest.mark.parametrize("fault", ["stall:5", "stall-pings:5"])
@every_wire
async def test_silence_in_mid_answer_ends_it_and_pings_are_silence(
    wire: Wire, fault: str, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, quick(f"swift@{fault}"), clocks=IMPATIENT))

    assert told.error is not None
    assert told.error.kind == "timeout"
    assert "Silent" in told.error.message
    assert told.heard.text


@pytest.mark.promised
@every_wire
async def test_a_slow_but_steady_answer_outlives_the_clock_of_silence(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    """A second or so; where what is promised is shown, ten minutes and our own clocks."""
    clocks = Clocks() if PROMISED else Clocks(first_chunk=5, silence=0.5, total=30)
    pace, tokens = scaled(100, 12_000), scaled(12, 50)
    target = wire.target(simulator, f"swift@ttft:0@pace:{pace}@tokens:{tokens}", clocks=clocks)
    told = await ask(providers, target)

    assert told.error is None
    assert told.heard.end["end"] == "finished"
    assert told.answer.marks.last is not None
    assert told.answer.marks.first_chunk is not None
    assert told.answer.marks.last - told.answer.marks.first_chunk > clocks.silence


async def test_an_answer_without_an_end_is_ended_by_the_last_clock(
    simulator: Simulator, providers: Providers
) -> None:
    clocks = Clocks(first_chunk=5, silence=5, total=0.5)
    told = await ask(providers, CHAT.target(simulator, "swift@ttft:0@pace:20@tokens:100000", clocks=clocks))

    assert told.error is not None
    assert told.error.message == "Not finished within 0.5 s."
    assert told.heard.text


async def test_a_reader_that_takes_its_time_is_not_the_providers_silence(
    simulator: Simulator, providers: Providers
) -> None:

    target = CHAT.target(simulator, "swift@ttft:0@pace:1@tokens:50", clocks=IMPATIENT)
    answer = providers.answer(Call("", (user("x"),)), [Candidate(target, KEY)])
    heard = Heard()
    async with aclosing(answer.pieces()) as pieces:
        async for batch in pieces:
            if not heard.text:
                await asyncio.sleep(3 * IMPATIENT.silence)
            heard.take(batch)

    assert heard.end["end"] == "finished"


async def test_a_server_that_is_not_there_is_unreachable_and_named(providers: Providers) -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can be there
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        nowhere = Simulator(None)
        nowhere.url = "http://127.0.0.1:1"
        target = CHAT.target(nowhere, "swift")
        target = dataclasses.replace(target, endpoint=dataclasses.replace(target.endpoint, base_url=address))
        told = await ask(providers, target)

    assert told.error is not None
    assert told.error.kind == "unreachable"
    assert "Openai" in told.error.message


async def test_a_server_that_does_not_take_the_connection_is_given_up_at_the_clock_for_that(
    providers: Providers,
) -> None:
    """With its queue of connections full, the kernel answers nobody any more."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(8)]
        try:
            for filler in fillers:
                filler.setblocking(False)  # noqa: FBT003
                filler.connect_ex(address)
            elsewhere = Simulator(None)
            elsewhere.url = f"http://127.0.0.1:{address[1]}"
            target = CHAT.target(elsewhere, "swift", clocks=Clocks(connect=0.3, first_chunk=20))
            told = await ask(providers, target)
        finally:
            for filler in fillers:
                filler.close()

    assert told.error is not None
    assert (told.error.kind, told.error.message) == ("timeout", "No connection within 0.3 s.")
    assert len(told.heard.retries) == 2


@every_wire
async def test_another_model_answers_where_the_first_does_not_begin_to(
    wire: Wire, simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    first, second = wire.target(simulator, "swift@401"), wire.target(simulator, quick("sage"))
    told = await ask(providers, first, second)

    assert told.error is None
    assert told.heard.text
    assert told.answer.target is second
    (retry,) = told.heard.retries
    assert (retry.kind, retry.next_id, retry.wait) == ("credentials", second.id, 0)
    assert tried == [(first.id, "credentials"), (second.id, "ok")]


async def test_a_model_that_keeps_failing_is_not_asked_for_a_while_and_its_neighbours_are(
    simulator: Simulator, providers: Providers
) -> None:
    for _ in range(2):
        await ask(providers, CHAT.target(simulator, "swift@500"))
    asked = len(sent_bodies(simulator))
    told = await ask(providers, CHAT.target(simulator, "swift@500"))

    assert told.error is not None
    assert told.error.kind == "overloaded"
    assert told.error.retry_after is not None
    assert len(sent_bodies(simulator)) < asked + 3
    assert (await ask(providers, CHAT.target(simulator, quick("swift")))).error is None
    other = await ask(providers, CHAT.target(simulator, "swift@500@first:0"), key=Key("sk-another"))
    assert other.error is None


async def test_one_that_hangs_fails_or_lies_leaves_its_neighbours_alone(
    simulator: Simulator, providers: Providers
) -> None:

    clocks = Clocks(first_chunk=2)
    bad = ["swift@hang", "swift@500", quick("swift@broken-json:2"), quick("swift@long-line")]
    good = [quick("sage"), quick("smith"), quick("polyglot")]
    told = await asyncio.gather(
        *(ask(providers, CHAT.target(simulator, model, clocks=clocks)) for model in (*bad, *good))
    )
    assert [each.error is None for each in told] == [False] * 4 + [True] * 3
    assert all(each.heard.end["end"] == "finished" for each in told[4:])


async def test_a_key_that_the_provider_repeats_is_taken_out_of_its_message(providers: Providers) -> None:
    """OpenAI shows parts of a wrong key; others show all of it."""

    async def refuse(request: web.Request) -> web.StreamResponse:
        given = request.headers["authorization"].removeprefix("Bearer ")
        said = {"error": {"message": f"Incorrect API key provided: {given}.", "code": "invalid_api_key"}}
        return web.json_response(said, status=401)

    app = web.Application()
    app.router.add_post("/openai/v1/chat/completions", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        liar = Simulator(None)
        liar.url = site.name
        liar.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        told = await ask(providers, CHAT.target(liar, "swift"), key=Key("plain-CANARY-without-a-prefix"))
    finally:
        await runner.cleanup()

    assert told.error is not None
    assert told.error.kind == "credentials"
    assert told.error.message == "Incorrect API key provided: ***."


async def test_text_is_one_text_whatever_fails_before_it(simulator: Simulator, providers: Providers) -> None:
    """A batch of failures before the answer, then the answer: the text stands there once."""
    whole = await ask(providers, CHAT.target(simulator, quick("swift")))
    told = await ask(
        providers,
        CHAT.target(simulator, quick("swift@500@first:3")),
        CHAT.target(simulator, quick("swift@401")),
        CHAT.target(simulator, quick("swift")),
    )
    assert told.heard.text == whole.heard.text
    assert not any(isinstance(retry, Text) for retry in told.heard.retries)
