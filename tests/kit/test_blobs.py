"""Contents on the disk, under the names that they make themselves."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.kit.blobs import Blobs, ContentLost, digest_of
from backend.kit.errors import AppError

DATA = b"a content" * 1000

# As in tests/durability: the operating system lets no file grow beyond this; a process of its own.
LIMITED = """
import asyncio, json, resource, sys
from pathlib import Path
from backend.kit.blobs import Blobs
from backend.kit.errors import AppError
blobs = Blobs(Path(sys.argv[1]))
small = asyncio.run(blobs.put(b"small"))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    asyncio.run(blobs.put(b"x" * 300_000))
except AppError as error:
    said = [error.status, error.code]
print(json.dumps(said + [asyncio.run(blobs.get(small)).decode()]))
"""


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_content_is_there_under_its_digest_for_its_owner_alone(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "deep" / "down")
    digest = await blobs.put(DATA)
    assert digest == digest_of(DATA)
    assert await blobs.get(digest) == DATA
    assert await blobs.has(digest)
    place = tmp_path / "deep" / "down" / digest[:2] / digest
    assert files(tmp_path) == [digest]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    await blobs.remove(digest)
    await blobs.remove(digest)
    assert not await blobs.has(digest)
    assert files(tmp_path) == []


async def test_many_at_once_write_one_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert set(await asyncio.gather(*(blobs.put(DATA) for _ in range(20)))) == {digest_of(DATA)}
    assert files(tmp_path) == [digest_of(DATA)]


async def test_what_goes_while_it_is_put_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(tmp_path)
    digest = await blobs.put(DATA)

    def goes_first(place: Path) -> None:
        monkeypatch.undo()
        place.unlink()
        os.utime(place)

    monkeypatch.setattr(os, "utime", goes_first)
    assert await blobs.put(DATA) == digest
    assert await blobs.get(digest) == DATA


@pytest.mark.parametrize("left", [b"", DATA[:-1], DATA[:-1] + b"?"])
async def test_what_was_damaged_is_never_given_and_is_mended_by_the_next_who_has_it(
    tmp_path: Path, left: bytes
) -> None:
    blobs = Blobs(tmp_path)
    digest = await blobs.put(DATA)
    (tmp_path / digest[:2] / digest).write_bytes(left)
    with pytest.raises(ContentLost):
        await blobs.get(digest)
    await blobs.put(DATA)
    assert await blobs.get(digest) == DATA


async def test_what_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ContentLost):
        await Blobs(tmp_path).get(digest_of(DATA))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "", f"{'a' * 63}/"])
async def test_no_other_name_leads_anywhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        await Blobs(tmp_path).get(name)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [503, "disk_full", "small"]
    assert files(tmp_path) == [digest_of(b"small")]


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(AppError) as refused:
        await Blobs(tmp_path / "taken").put(DATA)
    assert (refused.value.status, refused.value.code) == (503, "disk_unavailable")


async def test_what_a_killed_process_left_is_found_when_it_is_old(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = await blobs.put(DATA)
    (tmp_path / ".new-1").write_bytes(b"half")
    assert await blobs.older_than(time.time() - 60) == []
    assert len(files(tmp_path)) == 2
    assert await blobs.older_than(time.time() + 60) == [digest]
    assert files(tmp_path) == [digest]
