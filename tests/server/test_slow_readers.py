"""Readers that do not keep up: they cost little, are told why they are cut off, and nobody else notices."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.server.conftest import RunningProbe
from tests.server.frames import PATIENCE, Frame, Opcode, RawClient
from tests.server.test_http_contract import eventually

SMALL = 16 * 1024  # a receive buffer that leaves a stalled reader's bytes with the server
MESSAGE = 16 * 1024
STEP = 32  # messages: half of what a reader may hold back
MAX_GROWTH = 4 << 20
SLOW_READER, MAX_BUFFERED, MAX_STALL = 4408, 1 << 20, 10.0  # what is promised
StartProbe = Callable[..., RunningProbe]


@dataclass
class Stage:
    """A fresh server, and what is published on it."""

    probe: RunningProbe
    web: httpx2.Client
    published: int = 0

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.web.get("/stats").json()
        return stats

    def publish(self, count: int = STEP) -> list[int]:
        """The numbers of the messages, which go to the topic `news`."""
        first, self.published = self.published, self.published + count
        self.web.get(f"/publish?{count},{MESSAGE},news,{first}").raise_for_status()
        return list(range(first, self.published))

    def reader(self, *, receive_buffer: int | None = None, topic: str = "news") -> RawClient:
        client = RawClient.connect(self.probe.host, self.probe.port, receive_buffer=receive_buffer)
        client.command(f"!subscribe {topic}", "subscribed")
        return client

    def leave_bytes_behind(self) -> float:
        """Publish until so much waits in the server for each reader that the kernel cannot take it later.
        Returns the last moment before anything waited for anybody.
        """
        least, nothing_waited = 0, time.monotonic()
        while least < MAX_BUFFERED // 4:
            before = time.monotonic()
            self.publish(1 if least else 8)  # never so much that somebody is cut off for it
            waiting = self._waiting()
            least = min(waiting)
            if not any(waiting):
                nothing_waited = before
        assert self.published * MESSAGE < 16 << 20, "the kernel takes everything"
        return nothing_waited

    def _waiting(self) -> list[int]:
        """Bytes, several times for each reader, while the kernel has its time."""
        waiting = []
        for _ in range(5):
            time.sleep(0.02)
            waiting += self.stats()["buffered"]
        return waiting


@pytest.fixture
def open_stage(start_probe: StartProbe) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:

        def start(kind: str) -> Stage:
            probe = start_probe(kind)
            return Stage(probe, stack.enter_context(httpx2.Client(base_url=probe.url, timeout=30)))

        yield start


@pytest.fixture
def stage(open_stage: Callable[[str], Stage], kind: str) -> Stage:
    return open_stage(kind)


def read_messages(client: RawClient, count: int) -> list[int]:
    return numbers([received for _ in range(count) if (received := client.read())])


def numbers(frames: list[Frame]) -> list[int]:
    assert all(len(received.payload) == MESSAGE for received in frames)
    return [int(received.payload.rstrip(b".")) for received in frames]


def read_until_cut_off(client: RawClient) -> list[int]:
    """What a slow reader finds when it reads on: everything up to some message, then the reason."""
    *messages, last = client.read_to_the_end()
    assert (last.opcode, last.close_code) == (Opcode.CLOSE, SLOW_READER)
    assert b"too slowly" in last.payload
    found = numbers(messages)
    assert found == list(range(len(found)))
    return found


def assert_still_there(client: RawClient) -> None:
    client.send(Opcode.TEXT, b"still there?")
    received = client.read()
    while received is not None and received.opcode == Opcode.PING:  # it was silent long enough to be asked
        client.send(Opcode.PONG, received.payload)
        received = client.read()
    assert received == Frame(Opcode.TEXT, b"still there?")


def test_a_reader_that_reads_nothing_is_cut_off_and_the_others_get_everything(stage: Stage) -> None:
    with stage.reader() as healthy, stage.reader(receive_buffer=SMALL) as slow:
        before, peak, cut_off_at = stage.stats()["rss"], 0, 0
        while stage.published * MESSAGE < 20 << 20:
            expected = stage.publish()
            assert read_messages(healthy, STEP) == expected
            stats = stage.stats()
            peak = max(peak, stats["rss"])
            if not cut_off_at and stats["conversations"] == 1:
                cut_off_at = stage.published
        assert cut_off_at
        assert peak - before < MAX_GROWTH
        assert len(read_until_cut_off(slow)) <= cut_off_at
        assert_still_there(healthy)
    eventually(lambda: stage.stats()["sockets"] == 0)


def test_a_backlog_that_never_empties_is_cut_off_after_ten_seconds(stage: Stage) -> None:
    """Who has caught up meanwhile is left alone."""
    with stage.reader(receive_buffer=SMALL) as late, stage.reader(receive_buffer=SMALL) as stalled:

        def fall_behind() -> float:
            first = stage.published
            since = stage.leave_bytes_behind()
            assert read_messages(late, stage.published - first) == list(range(first, stage.published))
            return since

        def cut_off() -> bool:
            assert_still_there(late)
            stats = stage.stats()
            if stats["conversations"] == 2 and not any(stats["buffered"]):  # the kernel took it after all
                fall_behind()
            return stats["conversations"] < 2

        since = fall_behind()
        eventually(cut_off, seconds=MAX_STALL + 20)
        assert time.monotonic() - since > MAX_STALL - 1
        assert read_until_cut_off(stalled)  # soon: who does not take even the reason is dropped


def test_direct_sends_say_that_they_wait_and_then_that_nobody_reads(stage: Stage) -> None:
    with stage.reader(topic="floods") as witness:
        slow = RawClient.connect(stage.probe.host, stage.probe.port, receive_buffer=SMALL)
        with slow:
            slow.send(Opcode.TEXT, b"!flood 300 65536")
            report = witness.read()
        assert report is not None
        assert json.loads(report.payload) == ["sent", "queued", "closed"]


@contextmanager
def download(probe: RunningProbe, path: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection(probe.host, probe.port, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as response:
            yield response


@pytest.mark.parametrize("route", ["big", "sized"])
def test_a_paused_download_costs_no_memory_and_then_goes_on(stage: Stage, route: str) -> None:
    before = stage.stats()["rss"]
    with download(stage.probe, f"/{route}?64") as response:
        received = len(response.read(1 << 20))
        paused = [stage.stats() for _ in range(30)]
        assert all(stats["live"] == 1 for stats in paused)
        assert max(stats["rss"] for stats in paused) - before < 2 * MAX_GROWTH
        while piece := response.read(1 << 20):
            assert not piece.strip(b"m")
            received += len(piece)
        assert received == 64 << 20


def test_what_stays_behind_arrives_without_waiting_for_the_next_write(stage: Stage) -> None:
    with download(stage.probe, "/trickle?60,16") as response:
        paused = [stage.stats() for _ in range(10)]
        assert all(stats["live"] == 1 for stats in paused)
        began = time.monotonic()
        assert len(response.read(16 << 20)) == 16 << 20
        assert time.monotonic() - began < PATIENCE
