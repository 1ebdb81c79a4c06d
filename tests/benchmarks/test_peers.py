"""A peer is measured like everybody else, or it is said why not. Nothing is installed here."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import TimeoutExpired

import psutil
import pytest

from benchmarks import peers
from benchmarks.harness import throwaway
from benchmarks.harness.effort import TINY
from benchmarks.harness.processes import Running, server
from benchmarks.harness.throwaway import NotInstalledError, from_npm, from_pypi
from benchmarks.load.gateway import Stream
from benchmarks.served import gateways, upstream_clock
from benchmarks.served.gateways import Asked, Gateway, gateway, refusal

RELAY = """
import asyncio, sys
from urllib.parse import urlsplit

async def pipe(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()

async def serve(reader, writer):
    there = urlsplit(sys.argv[2])
    upstream_reader, upstream_writer = await asyncio.open_connection(there.hostname, there.port)
    await asyncio.gather(pipe(reader, upstream_writer), pipe(upstream_reader, writer), return_exceptions=True)

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()

asyncio.run(main())
"""
"""The smallest gateway there is: what comes in goes out."""
DEAF = "raise SystemExit(7)"


def peer(program: str, name: str = "Relay") -> Gateway:
    return Gateway(
        name=name,
        version="1.0",
        install=lambda: Path(sys.executable),
        command=lambda python, _folder, port, there, _models: (str(python), "-c", program, str(port), there),
        environment={},
        headers=lambda _there: {},
    )


@pytest.fixture
def clock() -> Iterator[Running]:
    with server(*upstream_clock.PROGRAM) as running:
        yield running


def test_peers_stand_beside_ours_and_one_that_does_not_come_up_is_named_with_the_reason() -> None:
    effort = replace(TINY, peers=("Relay", "Deaf"))
    report = peers.run(effort, (peer(RELAY), peer(DEAF, "Deaf"), peer(RELAY, "Not chosen")))
    for what in ("first word, question to reader, p50 added", "2 paced, CPU per word", "2 held, memory"):
        assert [line.of for line in report.lines if line.what == what] == ["Bakeoff", "Relay"]
    assert all(line.value > 0 for line in report.lines if "memory of each" not in line.what)
    assert report.notes == (
        "Relay 1.0 was measured.",
        "Deaf 1.0 was not measured: Deaf ended with 7 before it listened.",
    )
    barred = [line for line in report.lines if line.bar]
    assert {line.of for line in barred} == {"Relay"}
    assert len(barred) == 3


def test_who_cannot_follow_is_out_with_all_figures_and_ours_may_not_be() -> None:
    ways = {name: Asked("", "", {}, None) for name in (peers.OURS, "Relay")}
    found, notes = peers.Found(), []
    for name in ways:
        found.whole[name].append(1.0)
    with peers.who_can_follow("Relay", ways, found, notes):
        raise TimeoutExpired("load", 120)
    assert list(ways) == list(found.whole) == [peers.OURS]
    assert notes == ["Relay was given up: it did not manage its streams within 120 s."]
    with pytest.raises(TimeoutExpired), peers.who_can_follow(peers.OURS, ways, found, notes):
        raise TimeoutExpired("load", 120)


def test_a_gateway_that_does_not_end_when_asked_is_ended(
    clock: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "GRACE", 0.1)
    stubborn = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{RELAY}"
    with gateway(peer(stubborn), clock.url, peers.MODELS) as asked:
        assert asked.pid
    assert not psutil.pid_exists(asked.pid)


def test_a_gateway_that_passes_on_no_stream_says_what_it_said_instead(clock: Running) -> None:
    mute = RELAY.replace("writer.write(data)", 'writer.write(data.replace(b"[DONE]", b"------"))')
    with gateway(peer(mute), clock.url, peers.MODELS) as asked:
        assert (refusal(asked, peers.ONE) or "").startswith("200 ")
    with gateway(peer(RELAY), clock.url, peers.MODELS) as asked:
        assert refusal(replace(asked, path="/openai/v1/chat/completions"), peers.ONE) is None


def _note(heard: list[int], word: int, _now: int) -> None:
    heard.append(word)


async def test_words_are_heard_once_however_the_bytes_are_cut() -> None:
    words = [123456789012 + number for number in range(40)]
    said = b"".join(b'data: {"content":"%d "}\n\n' % word for word in words)
    for size in (1, 2, 7, 23, 64, len(said)):
        heard: list[int] = []
        stream = Stream(partial(_note, heard))
        for start in range(0, len(said), size):
            stream.data_received(said[start : start + size])
        assert heard == words


async def test_the_first_word_says_when_it_was_asked_for_and_when_it_left() -> None:
    stream = Stream(lambda _word, _now: None)
    stream.data_received(b'HTTP/1.1 200 OK\r\nx-id: 17\r\n\r\ndata: {"content": "1111111111 2222222222"}\n\n')
    assert stream.pair
    assert stream.pair[:2] == (1111111111, 2222222222)
    assert not stream.ended.done()
    stream.data_received(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert stream.ended.done()


def test_what_cannot_be_installed_is_said_in_the_installer_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throwaway, "FOLDER", tmp_path)
    with pytest.raises(NotInstalledError, match="nowhere"):
        from_pypi(f"{tmp_path}/nowhere")
    assert not list(tmp_path.rglob("installed.txt"))


def test_npm_gets_the_versions_that_are_wanted_and_what_is_installed_is_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(throwaway, "FOLDER", tmp_path / "all")
    assert shutil.which("npm") == str(npm)
    first = from_npm("@any/gateway", "1.0", {"@any/server": "2.0"})
    assert from_npm("@any/gateway", "1.0", {"@any/server": "2.0"}) == first
    assert len(calls.read_text().splitlines()) == 1
    assert "--ignore-scripts" in calls.read_text()
    wanted = (first.parent / "package.json").read_text()
    assert '{"@any/gateway": "1.0"}' in wanted
    assert '{"@any/server": "2.0"}' in wanted
