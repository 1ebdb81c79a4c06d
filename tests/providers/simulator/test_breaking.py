"""Every fault as it comes over the wire, in all three formats."""

import asyncio
import json

import aiohttp
import pytest

from tests.providers.simulator.wire import (
    CHAT,
    MESSAGES,
    PATHS,
    RESPONSES,
    body,
    events,
    is_terminal,
    text_of,
    until_broken,
)

FAST = "@pace:0@ttft:0"
PACED = "@pace:1@ttft:0"
EVERY_FORMAT = pytest.mark.parametrize("path", PATHS)


async def ask(http: aiohttp.ClientSession, path: str, model: str, **more: object) -> tuple[int, bytes]:
    async with http.post(path, json=body(path, model, **more)) as response:
        return response.status, await response.read()


async def test_a_whole_answer_ends_with_its_marker(http: aiohttp.ClientSession) -> None:
    for path in PATHS:
        status, raw = await ask(http, path, "swift" + FAST)
        assert status == 200
        assert is_terminal(path, raw)


@EVERY_FORMAT
@pytest.mark.parametrize("tempo", [FAST, PACED])
async def test_a_cut_answer_breaks_inside_a_chunk(http: aiohttp.ClientSession, path: str, tempo: str) -> None:
    whole = text_of(path, (await ask(http, path, "swift" + FAST))[1])
    async with http.post(path, json=body(path, "swift@cut:6" + tempo)) as response:
        raw = await until_broken(response)
    text = text_of(path, raw[: raw.rfind(b"\n\n")])
    assert text
    assert whole.startswith(text)
    assert not is_terminal(path, raw)


@EVERY_FORMAT
@pytest.mark.parametrize("tempo", [FAST, PACED])
async def test_a_reset_comes_after_so_many_tokens(http: aiohttp.ClientSession, path: str, tempo: str) -> None:
    async with http.post(path, json=body(path, "swift@reset:6" + tempo)) as response:
        raw = await until_broken(response)
    assert not is_terminal(path, raw)


@EVERY_FORMAT
async def test_an_early_end_is_clean_but_without_marker(http: aiohttp.ClientSession, path: str) -> None:
    whole = text_of(path, (await ask(http, path, "swift" + FAST))[1])
    _, early = await ask(http, path, "swift@end:5" + FAST)
    _, late = await ask(http, path, "swift@no-end" + FAST)
    assert whole.startswith(text_of(path, early))
    assert text_of(path, early) not in {"", whole}
    assert text_of(path, late) == whole
    for raw in (early, late):
        assert not is_terminal(path, raw)
        assert b'"finish_reason":"' not in raw
        assert b'"stop_reason":"' not in raw


@EVERY_FORMAT
@pytest.mark.parametrize("stream", [True, False])
async def test_a_stalled_answer_is_silent_after_its_beginning(
    http: aiohttp.ClientSession, path: str, stream: bool
) -> None:
    # By the header, so that the name in the answer is as long in both.
    asked = body(path, "swift" + FAST, stream=stream)
    async with http.post(path, json=asked, headers={"x-simulate": "end:4"}) as response:
        early = await response.read()
    async with http.post(path, json=asked, headers={"x-simulate": "stall:4"}) as response:
        raw = await response.content.readexactly(len(early))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await response.content.readany()
    assert text_of(path, raw) == text_of(path, early) if stream else raw


@EVERY_FORMAT
async def test_a_stalled_answer_can_go_on_pinging(http: aiohttp.ClientSession, path: str) -> None:
    sign = {CHAT: b": keep-alive", RESPONSES: b": keep-alive", MESSAGES: b"event: ping"}[path]
    raw = b""
    async with http.post(path, json=body(path, "swift@stall-pings:4" + FAST)) as response:
        async for data in response.content.iter_any():
            raw += data
            if raw.count(sign) > 3:
                break
    assert text_of(path, raw)
    assert not is_terminal(path, raw)


@EVERY_FORMAT
async def test_an_error_in_mid_stream_is_the_vendors(http: aiohttp.ClientSession, path: str) -> None:
    _, raw = await ask(http, path, "swift@error:3" + FAST)
    said = [event.json for event in events(raw) if b'"error":{' in event.data or event.name == "error"]
    match path:
        case "/openai/v1/chat/completions":
            assert said[-1]["error"]["type"] == "server_error"
        case "/openai/v1/responses":
            last = events(raw)[-1]
            assert said[0]["code"] == "server_error"
            assert (last.name, last.json["response"]["status"]) == ("response.failed", "failed")
        case _:
            assert said[-1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert text_of(path, raw)
    assert not is_terminal(path, raw)


@EVERY_FORMAT
async def test_broken_json_stands_once_in_a_stream_that_goes_on(
    http: aiohttp.ClientSession, path: str
) -> None:
    _, raw = await ask(http, path, "swift@broken-json:3" + FAST)
    broken = 0
    for event in events(raw):
        try:
            json.loads(event.data)
        except ValueError:
            broken += event.data != b"[DONE]"
    assert broken == 1
    assert is_terminal(path, raw)


@EVERY_FORMAT
async def test_bad_utf8_stands_in_the_text(http: aiohttp.ClientSession, path: str) -> None:
    _, raw = await ask(http, path, "swift@bad-utf8:3" + FAST)
    with pytest.raises(UnicodeDecodeError):
        raw.decode()
    assert json.loads(events(raw.replace(b"\xff\xc3", b"?"))[0].data)
    assert is_terminal(path, raw)


@EVERY_FORMAT
async def test_a_long_line_is_over_ten_megabytes(http: aiohttp.ClientSession, path: str) -> None:
    _, raw = await ask(http, path, "swift@long-line@tokens:3" + FAST)
    assert max(map(len, raw.split(b"\n"))) > 10 * 1024 * 1024


@EVERY_FORMAT
@pytest.mark.parametrize("stream", [True, False])
async def test_usage_can_be_missing(http: aiohttp.ClientSession, path: str, stream: bool) -> None:
    more = {"stream_options": {"include_usage": True}} if path == CHAT and stream else {}
    _, told = await ask(http, path, "swift" + FAST, stream=stream, **more)
    _, untold = await ask(http, path, "swift@no-usage" + FAST, stream=stream, **more)
    assert b'tokens":' in told.replace(b'max_output_tokens":', b"")
    assert b'tokens":' not in untold.replace(b'max_output_tokens":', b"")


@EVERY_FORMAT
async def test_a_gateway_can_answer_with_a_page(http: aiohttp.ClientSession, path: str) -> None:
    async with http.post(path, json=body(path, "swift@content-type")) as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert (await response.read()).startswith(b"<!DOCTYPE html>")


@EVERY_FORMAT
async def test_headers_can_be_slow(http: aiohttp.ClientSession, path: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with http.post(path, json=body(path, "swift@slow-headers:0.2" + FAST)) as response:
        assert loop.time() - began >= 0.19
        assert is_terminal(path, await response.read())


@pytest.mark.parametrize("fault", ["cut:3", "reset:3", "end:3", "broken-json:3", "bad-utf8:3"])
@EVERY_FORMAT
async def test_an_answer_in_one_piece_breaks_too(http: aiohttp.ClientSession, path: str, fault: str) -> None:
    raw = b""
    try:
        async with http.post(path, json=body(path, f"swift@{fault}" + FAST, stream=False)) as response:
            assert response.status == 200
            async for data in response.content.iter_any():
                raw += data
    except (aiohttp.ClientPayloadError, aiohttp.ClientOSError):
        assert fault in {"cut:3", "reset:3"}
    assert raw
    with pytest.raises(ValueError):
        json.loads(raw)


@EVERY_FORMAT
async def test_an_error_meets_an_answer_in_one_piece_as_a_status(
    http: aiohttp.ClientSession, path: str
) -> None:
    status, raw = await ask(http, path, "swift@error:3" + FAST, stream=False)
    assert status == 500
    assert "error" in json.loads(raw)
