"""Texts as vectors: in their order, in batches, counted, and given up without a trace."""

import asyncio
import base64
import json
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.admission import Outcome
from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.embedding import Embedded, _batches
from backend.providers.endpoints import Clocks, Endpoint
from backend.providers.failures import FailureKind, ProviderError
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.laws import law
from tests.support.wires import CHAT, KEY, sent_bodies

Say = Callable[[list[str]], Any]


async def embedded(
    providers: Providers, simulator: Simulator, model: str, texts: Sequence[str], **changes: Any
) -> Embedded:
    dimensions = changes.pop("dimensions", None)
    return await providers.embed(
        texts, Candidate(CHAT.target(simulator, model, **changes), KEY), dimensions=dimensions
    )


async def said_by(providers: Providers, say: Say, texts: Sequence[str] = ("a", "b")) -> Embedded:
    """By a server that answers what it is told to; bytes as they are."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        said = say((await request.json())["input"])
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return web.Response(body=body, content_type="application/json")

    async with RawTestServer(answer) as server:
        endpoint = Endpoint("own", "Own", str(server.make_url("/")))
        target = Target(endpoint, "some-model", "chat", Capabilities())
        return await providers.embed(texts, Candidate(target, KEY))


async def failure(providers: Providers, say: Say) -> FailureKind:
    with pytest.raises(ProviderError) as raised:
        await said_by(providers, say)
    return raised.value.kind


def packed(*numbers: float) -> str:
    return base64.b64encode(array("f", numbers).tobytes()).decode()


def items(*vectors: Any) -> list[dict[str, Any]]:
    return [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]


async def test_each_text_has_its_vector_and_their_tokens_are_counted(
    simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    result = await embedded(providers, simulator, "compass", ["the cat sat", "the cat sits", "Wetter"])

    cat, cats, weather = result.vectors
    assert {len(vector) for vector in result.vectors} == {256}
    assert sum(a * b for a, b in zip(cat, cat, strict=True)) == pytest.approx(1)
    near, far = (sum(a * b for a, b in zip(cat, other, strict=True)) for other in (cats, weather))
    assert near > far
    assert result.usage is not None
    assert result.usage.input == result.usage.total == result.usage.raw["total_tokens"] > 0
    assert tried == [("openai/compass", "ok")]


async def test_the_request_says_what_it_must_and_no_more(simulator: Simulator, providers: Providers) -> None:
    await embedded(providers, simulator, "compass", ["é"])
    await embedded(providers, simulator, "compass", ["é"], dimensions=8)
    assert sent_bodies(simulator) == [
        '{"model":"compass","input":["é"],"encoding_format":"base64"}'.encode(),
        '{"model":"compass","input":["é"],"encoding_format":"base64","dimensions":8}'.encode(),
    ]
    assert [request.path for request in simulator.requests] == ["/openai/v1/embeddings"] * 2


async def test_as_many_dimensions_come_as_were_asked_for(simulator: Simulator, providers: Providers) -> None:
    result = await embedded(providers, simulator, "compass", ["a", "b"], dimensions=16)
    assert [len(vector) for vector in result.vectors] == [16, 16]


async def test_nothing_is_asked_for_no_texts(simulator: Simulator, providers: Providers) -> None:
    assert await embedded(providers, simulator, "compass", []) == Embedded((), None)
    assert len(simulator.requests) == 0


async def test_many_texts_go_in_batches_and_come_back_as_one(
    simulator: Simulator, providers: Providers
) -> None:
    texts = [f"text number {number}" for number in range(600)]
    result = await embedded(providers, simulator, "compass", texts)
    alone = [await embedded(providers, simulator, "compass", [texts[at]]) for at in (0, 255, 256, 599)]

    sizes = [len(json.loads(body)["input"]) for body in sent_bodies(simulator)]
    assert sizes == [256, 256, 88, 1, 1, 1, 1]
    assert len(result.vectors) == 600
    assert [result.vectors[at] for at in (0, 255, 256, 599)] == [each.vectors[0] for each in alone]
    assert result.usage is not None
    assert result.usage.input == sum(len(text.split()) for text in texts)


TEXTS = st.lists(st.integers(0, 450_000).map(lambda size: "x" * size), max_size=8)


@law
@given(TEXTS | st.lists(st.just("x"), max_size=600))
def test_batches_are_all_the_texts_in_order_and_none_is_too_large(texts: list[str]) -> None:
    batches = list(_batches(texts))
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert 1 <= len(batch) <= 256
        assert len(batch) == 1 or sum(map(len, batch)) <= 400_000


async def test_vectors_are_put_in_order_by_their_index(providers: Providers) -> None:
    result = await said_by(providers, lambda _: {"data": items([1, 0], [0, 1])[::-1]})
    assert [list(vector) for vector in result.vectors] == [[1, 0], [0, 1]]


async def test_without_an_index_the_order_is_as_they_came(providers: Providers) -> None:
    result = await said_by(providers, lambda _: {"data": [{"embedding": [2]}, {"embedding": [1]}]})
    assert [list(vector) for vector in result.vectors] == [[2], [1]]


async def test_numbers_and_base64_are_the_same_vector(providers: Providers) -> None:
    result = await said_by(providers, lambda _: {"data": items([0.5, -2.0, 1e-3], packed(0.5, -2.0, 1e-3))})
    assert result.vectors[0] == result.vectors[1]
    assert list(result.vectors[0])[:2] == [0.5, -2.0]


@pytest.mark.parametrize("usage", [{}, {"usage": None}, {"usage": {}}, {"usage": {"prompt_tokens": 0}}])
async def test_tokens_that_nobody_counted_are_unknown(providers: Providers, usage: dict[str, Any]) -> None:
    result = await said_by(providers, lambda _: {"data": items([1], [2]), **usage})
    assert result.usage is None


@pytest.mark.parametrize(
    "said",
    [
        {"data": items([1])},
        {"data": items([1], [2], [3])},
        {"data": []},
        {"data": None},
        {"data": items("no base64!", "at all")},
        {"data": items("YQ==", "YQ==")},
        {"data": items("é", "é")},
        {"data": items([1, "2"], [1])},
        {"data": items({}, {})},
        {"object": "list"},
        [],
        b"",
        b"<html>",
        b'{"data":',
    ],
    ids=repr,
)
async def test_what_is_not_the_vectors_that_were_asked_for_is_a_bad_answer(
    said: Any, providers: Providers
) -> None:
    assert await failure(providers, lambda _: said) == "bad_stream"


@pytest.mark.parametrize(
    ("fault", "kind", "tries"),
    [("429:0", "rate_limited", 3), ("500", "provider_error", 3), ("401", "credentials", 1)],
)
async def test_what_may_pass_is_tried_three_times(
    fault: str, kind: FailureKind, tries: int, simulator: Simulator, providers: Providers
) -> None:
    with pytest.raises(ProviderError) as raised:
        await embedded(providers, simulator, f"compass@{fault}", ["a"])
    assert raised.value.kind == kind
    assert KEY.secret not in raised.value.message
    assert len(sent_bodies(simulator)) == tries


async def test_a_failure_that_passes_is_not_noticed(
    simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    result = await embedded(providers, simulator, "compass@429-ms:5@first:1", ["a"])
    assert len(result.vectors) == 1
    assert [outcome for _, outcome in tried] == ["rate_limited", "ok"]


async def test_only_the_batch_that_failed_is_sent_again(simulator: Simulator, providers: Providers) -> None:
    texts = ["a"] * 257
    await embedded(providers, simulator, "compass@500@first:1", texts)
    assert [len(json.loads(body)["input"]) for body in sent_bodies(simulator)] == [256, 256, 1]


async def test_a_server_that_never_answers_is_given_up(simulator: Simulator, providers: Providers) -> None:
    with pytest.raises(ProviderError, match=r"timeout: No answer within 0\.2 s\."):
        await embedded(providers, simulator, "compass@hang", ["a"], clocks=Clocks(first_chunk=0.2))
    await all_gone(simulator)


async def test_cancelling_closes_the_socket(
    simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    asking = asyncio.create_task(embedded(providers, simulator, "compass@hang", ["a"]))
    await until(lambda: len(sent_bodies(simulator)) == 1)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking

    assert asking.cancelled()
    assert tried == [("openai/compass@hang", "cancelled")]
    await all_gone(simulator)


async def all_gone(simulator: Simulator) -> None:
    """The server notices that its client has left: first the connection ends, then who answered on it."""
    await until(lambda: simulator.stats.connections_open == 0)
    await until(lambda: simulator.stats.clients_left == 1)


async def until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < ends
        await asyncio.sleep(0.001)


class HalfAnAnswer:
    """A server that stops in mid-body, and notices who leaves."""

    def __init__(self) -> None:
        self.halfway, self.left = asyncio.Event(), asyncio.Event()
        self.server = RawTestServer(self._answer, handler_cancellation=True)

    def candidate(self, clocks: Clocks) -> Candidate:
        endpoint = Endpoint("own", "Own", str(self.server.make_url("/")), clocks=clocks)
        return Candidate(Target(endpoint, "some-model", "chat", Capabilities()), KEY)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "application/json"})
        try:
            await response.prepare(request)
            await response.write(b'{"data":[')
            self.halfway.set()
            await asyncio.get_running_loop().create_future()
        finally:
            self.left.set()
        return response


async def test_cancelling_in_mid_body_closes_the_socket(providers: Providers) -> None:
    half = HalfAnAnswer()
    async with half.server, asyncio.timeout(20):
        asking = asyncio.create_task(providers.embed(["a"], half.candidate(Clocks())))
        await half.halfway.wait()
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        assert asking.cancelled()
        await half.left.wait()


async def test_giving_up_in_mid_body_closes_the_socket_whoever_still_holds_the_error(
    providers: Providers,
) -> None:
    half = HalfAnAnswer()
    async with half.server, asyncio.timeout(20):
        with pytest.raises(ProviderError) as raised:
            await providers.embed(["a"], half.candidate(Clocks(first_chunk=0.5)))
        await half.left.wait()
    assert raised.value.kind == "timeout"


# --- what no server should say


@pytest.mark.parametrize(
    "said",
    [
        {"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}]},
        {"data": [{"index": 5, "embedding": [1]}, {"index": 6, "embedding": [2]}]},
        {"data": [{"index": -1, "embedding": [1]}, {"index": 0, "embedding": [2]}]},
        {"data": [{"index": 1, "embedding": [1]}, {"embedding": [2]}]},
        {"data": items([], [])},
        {"data": items("", "")},
        {"data": items([1], [1, 2])},
        {"data": items([1e300], [1])},
        {"data": items(packed(float("nan")), packed(1))},
        b'{"data":[{"embedding":"\xff"},{"embedding":"\xff"}]}',
        b'{"data":[],"more":%b%b}' % (b"[" * 9000, b"]" * 9000),
    ],
    ids=lambda said: repr(said)[:80],
)
async def test_vectors_that_cannot_be_told_apart_or_used_are_a_bad_answer(
    said: Any, providers: Providers
) -> None:
    assert await failure(providers, lambda _: said) == "bad_stream"


@pytest.mark.parametrize("count", ['"many"', "-1", "[]", "1.5"])
async def test_odd_counts_lose_no_vectors(count: str, providers: Providers) -> None:
    said = f'{{"data":[{{"embedding":[1]}},{{"embedding":[2]}}],"usage":{{"prompt_tokens":{count}}}}}'
    result = await said_by(providers, lambda _: said.encode())
    assert len(result.vectors) == 2
    assert result.usage is None


async def test_costs_and_cached_tokens_of_all_batches_are_summed(providers: Providers) -> None:
    usage = {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4}, "cost": 0.25}
    say: Say = lambda texts: {"data": [{"embedding": [1]} for _ in texts], "usage": usage}  # noqa: E731
    result = await said_by(providers, say, ["a"] * 300)
    assert result.usage is not None
    assert (result.usage.input, result.usage.cache_read) == (12, 8)
    assert str(result.usage.cost) == "0.50"


async def test_a_sum_with_an_unknown_part_is_unknown(providers: Providers) -> None:
    """Half of a bill that looks like the whole is worse than none."""

    def say(texts: list[str]) -> Any:
        counted = {"usage": {"prompt_tokens": 9}} if len(texts) == 256 else {}
        return {"data": [{"embedding": [1]} for _ in texts], **counted}

    assert (await said_by(providers, say, ["a"] * 300)).usage is None
