"""A backup is looked through before any of it is believed."""

import tarfile
from pathlib import Path

import pytest

from backend.backups.reading import opened
from backend.backups.refused import BackupRefused
from tests.backups.archives import DIGEST, MANIFEST, MEMBERS, backup_of, manifest_of, tar_of


def refused(path: Path) -> str:
    with pytest.raises(BackupRefused) as no, opened(path) as archive:
        archive.verify()
    assert str(no.value).startswith(f"{path}: ")
    return str(no.value).removeprefix(f"{path}: ")


def odd(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_a_whole_one_gives_back_what_went_in(tmp_path: Path) -> None:
    with opened(backup_of(tmp_path / "a.tar")) as archive:
        archive.verify()
        assert {name: archive.read(name) for name in archive.manifest.members} == MEMBERS


@pytest.mark.parametrize(
    "stranger",
    [
        odd("/etc/passwd"),
        odd("../secret.key"),
        odd("attachments/../../x"),
        odd("attachments/" + "A" * 64),
        odd("secret.key", tarfile.SYMTYPE, "/etc/shadow"),
        odd("secret.key", tarfile.LNKTYPE, "/etc/shadow"),
        odd("secret.key", tarfile.CHRTYPE),
        odd("secret.key", tarfile.FIFOTYPE),
        odd("secret.key", tarfile.DIRTYPE),
        odd("secret.key", tarfile.GNUTYPE_SPARSE),
        odd("x" * 300),
        odd("././@PaxHeader", tarfile.XHDTYPE),
        odd("secret.key\n"),
        odd("attachments/" + DIGEST),  # and once more below
    ],
    ids=lambda info: f"{info.name[:20]!r} {info.type!r}",
)
def test_nothing_but_regular_files_of_known_names_is_taken(tmp_path: Path, stranger: tarfile.TarInfo) -> None:
    members = {**MEMBERS, MANIFEST: manifest_of(MEMBERS)}
    data = b"x" if stranger.isreg() else b""
    assert "holds something that is in none" in refused(tar_of(tmp_path / "a.tar", members, (stranger, data)))


def test_what_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    members = {**MEMBERS, "secret.key": b"made up", MANIFEST: manifest_of(MEMBERS)}
    assert "not what its manifest says" in refused(tar_of(tmp_path / "a.tar", members))


def test_what_the_manifest_names_and_is_not_there_is_refused(tmp_path: Path) -> None:
    members = {"database.sqlite": b"pages", MANIFEST: manifest_of(MEMBERS)}
    assert "not what its manifest says" in refused(tar_of(tmp_path / "a.tar", members))


def test_a_size_that_is_not_the_manifests_is_refused_before_it_is_read(tmp_path: Path) -> None:
    members = {**MEMBERS, "database.sqlite": b"pages and more", MANIFEST: manifest_of(MEMBERS)}
    assert "not what its manifest says" in refused(tar_of(tmp_path / "a.tar", members))


def test_a_name_in_the_manifest_that_is_in_no_backup_is_refused(tmp_path: Path) -> None:
    manifest = manifest_of({**MEMBERS, "../x": b""})
    assert "names what is in none" in refused(tar_of(tmp_path / "a.tar", {**MEMBERS, MANIFEST: manifest}))


def test_every_byte_counts(tmp_path: Path) -> None:
    """One that is turned over is seen, wherever it lies in a content or its name; padding may be anything."""
    whole = backup_of(tmp_path / "a.tar").read_bytes()
    for name, data in MEMBERS.items():
        for place in (whole.index(data), whole.index(name.encode())):
            broken = bytearray(whole)
            broken[place] ^= 1
            (tmp_path / "broken.tar").write_bytes(broken)
            refused(tmp_path / "broken.tar")


def test_no_beginning_of_one_is_one(tmp_path: Path) -> None:
    path = backup_of(tmp_path / "a.tar")
    whole = path.read_bytes()
    end = whole.rindex(b"}") + 1
    for length in (*range(0, end, 97), end):
        path.write_bytes(whole[:length])
        refused(path)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"program": "other"}, "a backup of another program"),
        ({"format": 2}, "written by a newer version"),
        ({"format": 2, "members": "in another way"}, "written by a newer version"),
        ({"database": "mysql"}, "its manifest cannot be read"),
        ({"members": {}}, "names what is in none"),
        ({"members": {"database.sqlite": {"size": -5, "sha256": ""}}}, "not what its manifest says"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    assert why in refused(backup_of(tmp_path / "a.tar", **changed))


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 2048, b"x" * 5000, b"SQLite format 3\0" * 100])
def test_what_is_no_backup_at_all_is_called_that(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    assert "it is not a backup of Bakeoff" in refused(path)


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"\xff\xfe", b"[" * 100_000, b"null"):
        path = tar_of(tmp_path / "a.tar", {**MEMBERS, MANIFEST: data})
        assert "its manifest cannot be read" in refused(path)


def test_a_size_of_petabytes_is_seen_through(tmp_path: Path) -> None:
    info = odd("database.sqlite")
    info.size = 2**50
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096)
    assert "its end is missing" in refused(path)


def test_what_is_not_there_or_may_not_be_read_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.tar") == "No such file or directory"
    assert refused(tmp_path) == "Is a directory"
