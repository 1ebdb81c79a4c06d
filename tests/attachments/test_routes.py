"""Attachments over real HTTP: in, out, along with prompts, and back from what was sent."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.kit.blobs import digest_of
from tests.attachments.house import BLIND, LARGEST, SEEING, House, house
from tests.attachments.pictures import HTML, PDF, SVG, png

NOTES = "A `fence`:\n```\ncode\n```\nand größer".encode()
LIES = {"content-type": "text/html"}


@pytest.fixture
async def there(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    async with house(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
async def alone(tmp_path: Path, sqlite_url: str) -> AsyncIterator[House]:
    """Where the database makes no difference."""
    async with house(tmp_path, sqlite_url, BAKEOFF_MAX_UNUSED_ATTACHMENT_BYTES="400000") as opened:
        yield opened


def contents(body: bytes) -> tuple[str, list[bytes]]:
    """The words and the bytes that a model server was given last, whatever it speaks."""
    said = json.loads(body)
    last = (said.get("messages") or said["input"])[-1]["content"]
    texts, found = [], []
    for part in [{"type": "text", "text": last}] if isinstance(last, str) else last:
        match part:
            case {"type": "text" | "input_text", "text": text}:
                texts.append(text)
            case {"type": "image" | "document", "source": {"data": data}}:
                found.append(base64.b64decode(data, validate=True))
            case {"image_url": {"url": url}} | {"image_url": str(url)} | {"file_data": url}:
                found.append(base64.b64decode(url.partition(",")[2], validate=True))
            case {"file": {"file_data": url}}:
                found.append(base64.b64decode(url.partition(",")[2], validate=True))
    return "".join(texts), found


async def test_what_is_attached_reaches_every_kind_of_server_to_the_byte_and_again_in_later_turns(
    there: House,
) -> None:
    picture = png(40, 30, note=bytes(range(256)))
    image = await there.upload(picture)
    text = await there.upload(NOTES, "notes.md")
    terms = await there.upload(PDF, "terms.pdf")
    assert image == {
        "id": image["id"],
        "name": "a.png",
        "mediaType": "image/png",
        "size": len(picture),
        "width": 40,
        "height": 30,
    }
    done = await there.run("What is it?", SEEING, text["id"], image["id"], terms["id"])
    assert done["turns"][0]["attachments"] == [text, image, terms]
    words = f"notes.md:\n````\n{NOTES.decode()}\n````\n\nWhat is it?"
    assert [contents(body) for body in there.bodies()] == [(words, [picture, PDF])] * 3

    before = len(there.bodies())
    path = f"/api/comparisons/{done['sessionId']}"
    assert (await there.ask("ada", "POST", f"{path}/turns", json={"prompt": "And now?"})).status_code == 202
    # By HTTP nobody is told that it has ended.
    while (now := (await there.ask("ada", "GET", path)).json())["status"] == "in_progress":  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert [each["attachments"] for each in now["turns"]] == [[text, image, terms], []]
    encoded = [base64.b64encode(each) for each in (picture, PDF)]
    assert [[each in body for each in encoded] for body in there.bodies()[before:]] == [[True] * 2] * 3

    response = now["turns"][1]["responses"][0]["id"]
    sent = (await there.ask("ada", "GET", f"{path}/responses/{response}/sent")).json()
    assert [each["text"] for each in sent["messages"]][::2] == [words, "And now?"]
    assert sent["messages"][0]["attachments"] == [
        text | {"digest": digest_of(NOTES)},
        image | {"digest": digest_of(picture)},
        terms | {"digest": digest_of(PDF)},
    ]
    assert not any(each.decode() in json.dumps(sent) for each in encoded)


async def test_a_file_goes_out_with_a_comparison_and_comes_back_with_it(there: House) -> None:
    picture = png(note=b"exported")
    image, text = await there.upload(picture), await there.upload(NOTES, "no|tes.md")
    done = await there.run("Look!", SEEING[:1], image["id"], text["id"])
    path = f"/api/comparisons/{done['sessionId']}"
    exported = {
        name: await there.ask("ada", "GET", f"{path}/export", params={"format": name})
        for name in ("json", "html", "markdown", "csv")
    }
    encoded = base64.b64encode(picture).decode()
    assert f'<img src="data:image/png;base64,{encoded}"' in exported["html"].text
    assert encoded not in exported["markdown"].text + exported["csv"].text
    assert all("no tes.md" in each.text for each in exported.values())
    file = exported["json"].json()
    assert {name: base64.b64decode(data) for name, data in file["files"].items()} == {
        digest_of(picture): picture,
        digest_of(NOTES): NOTES,
    }
    lie = json.loads(exported["json"].text)
    lie["comparison"]["turns"][0]["attachments"][0] |= {
        "mediaType": "text/html",
        "width": 9,
        "name": "../x.png",
    }
    back = await there.ask("eve", "POST", "/api/comparisons/import", json=lie)
    assert back.status_code == 201, back.text
    hers = (await there.ask("eve", "GET", f"/api/comparisons/{back.json()['sessionId']}")).json()
    [again, _] = hers["turns"][0]["attachments"]
    assert again == image | {"id": again["id"], "name": "x.png"}
    assert again["id"] != image["id"]
    assert (await there.ask("eve", "GET", f"/api/attachments/{again['id']}")).content == picture
    assert (await there.ask("eve", "GET", f"/api/attachments/{image['id']}")).status_code == 404

    for files in ({}, {digest_of(picture): encoded[4:]}):
        broken = file | {"files": files}
        refused = await there.ask("eve", "POST", "/api/comparisons/import", json=broken)
        fields = [each["field"] for each in refused.json()["details"]]
        assert (refused.status_code, fields[0]) == (422, "comparison.turns.0.attachments.0"), refused.text

    branch = {"turnId": done["turns"][0]["id"]}
    copied = (await there.ask("ada", "POST", f"{path}/branch", json=branch)).json()["sessionId"]
    there_too = (await there.ask("ada", "GET", f"/api/comparisons/{copied}")).json()
    assert there_too["turns"][0]["attachments"] == [image, text]


async def test_who_sees_the_comparison_sees_what_it_has_and_nobody_else(there: House) -> None:
    image = await there.upload(png())
    unused = await there.upload(png(note=b"unused"))
    done = await there.run("Look!", SEEING[:1], image["id"])
    address = f"/api/attachments/{image['id']}"
    shares = f"/api/comparisons/{done['sessionId']}/shares"
    assert (await there.ask("", "GET", address)).status_code == 401
    assert (await there.ask("eve", "GET", address)).status_code == 404
    link = (await there.ask("ada", "POST", shares, json={"link": True, "level": "viewer"})).json()
    secret = link["secret"]
    assert (await there.ask(secret, "GET", address)).content == png()
    assert (await there.ask(secret, "GET", f"/api/attachments/{unused['id']}")).status_code == 404
    assert (await there.ask(secret, "DELETE", address)).status_code == 403
    share = {"email": "eve@example.org", "level": "viewer"}
    assert (await there.ask("ada", "POST", shares, json=share)).status_code == 201
    assert (await there.ask("eve", "GET", address)).content == png()
    assert (await there.ask("eve", "DELETE", address)).status_code == 404
    assert (await there.ask("ada", "DELETE", address)).status_code == 409
    await there.ask("ada", "DELETE", f"{shares}/{link['share']['id']}")
    assert (await there.ask(secret, "GET", address)).status_code in {401, 404}


async def test_nothing_that_could_run_is_shown_in_place(alone: House) -> None:
    for data, name, kind, shown in (
        (png(), "größe;\r\nX: 1.png", "image/png", "inline"),
        (SVG, "a.svg", "text/plain; charset=utf-8", "attachment"),
        (HTML, "a.html", "text/plain; charset=utf-8", "attachment"),
        (PDF, "a.pdf", "application/pdf", "attachment"),
    ):
        made = await alone.upload(data, name, **LIES)
        answer = await alone.ask("ada", "GET", f"/api/attachments/{made['id']}")
        assert answer.content == data
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"].startswith(f"{shown}; filename=")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        tag = {"if-none-match": f'"other", W/{answer.headers["etag"]}'}
        again = await alone.ask("ada", "GET", f"/api/attachments/{made['id']}", headers=tag)
        assert (again.status_code, again.content) == (304, b"")
        stranger = await alone.ask("eve", "GET", f"/api/attachments/{made['id']}", headers=tag)
        assert stranger.status_code == 404


async def test_what_cannot_be_taken_in_leaves_nothing_behind(alone: House) -> None:
    refused = {
        b"": (422, "empty_file"),
        b"x" * (LARGEST + 1): (413, "content_too_large"),
        b"MZ\0": (415, "unsupported_media_type"),
        png(60_000, 60_000): (413, "image_too_large"),
    }
    for data, (status, code) in refused.items():
        answer = await alone.ask("ada", "POST", "/api/attachments", params={"name": "a"}, content=data)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    form = await alone.ask("ada", "POST", "/api/attachments", params={"name": "a"}, files={"file": b"words"})
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    for number in range(4):
        await alone.upload(bytes([65 + number]) * 100_000, "a.txt")
    full = await alone.ask("ada", "POST", "/api/attachments", params={"name": "a"}, content=b"one more")
    assert (full.status_code, full.json()["code"]) == (429, "too_many_unused_attachments")
    assert len(alone.on_disk()) == 4


async def test_who_sends_slowly_and_stops_in_the_middle_leaves_nothing_behind(alone: House) -> None:
    address = urlsplit(alone.bakeoff.url)
    head = (
        f"POST /api/attachments?name=a.txt HTTP/1.1\r\nhost: {address.netloc}\r\n"
        f"authorization: Bearer {alone.tokens['ada']}\r\n"
    ).encode()

    def half(framing: bytes, *pieces: bytes) -> None:
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head + framing + b"\r\n")
            for piece in pieces:
                connection.sendall(piece)

    await asyncio.to_thread(half, b"content-length: 50000\r\n", b"a" * 1000, b"b" * 1000)
    await asyncio.to_thread(
        half, b"transfer-encoding: chunked\r\n", b"3e8\r\n" + b"a" * 1000 + b"\r\n", b"3e8\r\nb"
    )
    await alone.upload(b"whole", "whole.txt")
    assert [path.name for path in alone.on_disk()] == [digest_of(b"whole")]


async def test_the_same_bytes_from_two_at_once_while_a_third_removes_them(alone: House) -> None:
    async def come_and_go(who: str) -> None:
        for _ in range(5):
            made = await alone.upload(b"the same", "a.txt", who)
            assert (await alone.ask(who, "GET", f"/api/attachments/{made['id']}")).content == b"the same"
            assert (await alone.ask(who, "DELETE", f"/api/attachments/{made['id']}")).status_code == 204

    await asyncio.gather(*(come_and_go(who) for who in ("ada", "eve") * 3))
    assert alone.on_disk() == []


async def refusal(there: House, path: str, asked: dict[str, Any]) -> list[tuple[str, str]]:
    answer = await there.ask("ada", "POST", path, json=asked)
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["message"]) for each in answer.json()["details"]]


async def test_what_cannot_go_along_is_named_and_nothing_is_stored(alone: House) -> None:
    image = await alone.upload(png())
    theirs = await alone.upload(png(), who="eve")
    both = {"prompt": "Look!", "modelIds": [SEEING[0], BLIND]}
    for path in ("/api/comparisons", "/api/comparisons/run", "/api/comparisons/estimate"):
        asked = both | {"attachments": [image["id"]]}
        [(field, message)] = await refusal(alone, path, asked)
        assert (field, message) == ("modelIds.1", f"{BLIND} takes no images.")
        unknown = both | {"attachments": [image["id"], theirs["id"], image["id"]]}
        fields = [field for field, _ in await refusal(alone, path, unknown)]
        assert fields == ["attachments.1", "attachments.2"]
        [(field, _)] = await refusal(alone, path, both | {"attachments": [image["id"]] * 17})
        assert field == "attachments"
    large = [await alone.upload(PDF + b" " * 120_000 + each, "a.pdf") for each in (b"1", b"2")]
    too_much = {"prompt": "Look!", "modelIds": SEEING, "attachments": [each["id"] for each in large]}
    assert [field for field, _ in await refusal(alone, "/api/comparisons", too_much)] == ["attachments"]
    for each in large:
        assert (await alone.ask("ada", "DELETE", f"/api/attachments/{each['id']}")).status_code == 204
    text = await alone.upload(b"word " * 38_000, "long.txt")
    too_long = {"prompt": "Read!", "modelIds": [BLIND], "attachments": [text["id"]]}
    assert [field for field, _ in await refusal(alone, "/api/comparisons", too_long)] == ["modelIds.0"]
    assert (await alone.ask("ada", "GET", "/api/comparisons")).json()["items"] == []
    assert alone.bodies() == []

    done = await alone.run("Words only.", (SEEING[0], BLIND))
    turns = f"/api/comparisons/{done['sessionId']}/turns"
    [(field, _)] = await refusal(alone, turns, {"prompt": "Look!", "attachments": [image["id"]]})
    assert field == "lanes.1.modelId"
    lane = [done["lanes"][0]["id"]]
    asked = {"prompt": "Look!", "attachments": [image["id"]], "laneIds": lane}
    assert (await alone.ask("ada", "POST", turns, json=asked)).status_code == 202


async def test_an_estimate_counts_what_is_attached(alone: House) -> None:
    image, text = await alone.upload(png(400, 300)), await alone.upload(b"word " * 1000, "a.txt")
    counted = []
    for ids in ([], [image["id"]], [text["id"]]):
        asked = {"prompt": "Look!", "modelIds": SEEING[:1], "attachments": ids}
        answer = await alone.ask("ada", "POST", "/api/comparisons/estimate", json=asked)
        counted.append(answer.json()["lanes"][0]["inputTokens"])
    plain, with_image, with_text = counted
    assert with_image - plain >= 50
    assert 1000 <= with_text - plain <= 1500
