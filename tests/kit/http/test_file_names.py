import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.kit.http.file_names import content_disposition
from tests.support.laws import law

HEADER = re.compile(r"attachment; filename=\"([ -~]+)\"; filename\*=UTF-8''([A-Za-z0-9%._~-]+)")


def names(title: str) -> tuple[str, str]:
    match = HEADER.fullmatch(content_disposition(title, "csv"))
    assert match is not None, content_disposition(title, "csv")
    return match[1], unquote(match[2], errors="strict")


@pytest.mark.parametrize(
    ("title", "plain", "full"),
    [
        ("Queues and stacks", "Queues and stacks.csv", "Queues and stacks.csv"),
        ("Größe: 3/4", "Große 3 4.csv".replace("ß", ""), "Größe 3 4.csv"),
        ("比較", "comparison.csv", "比較.csv"),
        ("", "comparison.csv", "comparison.csv"),
        ("../../etc/passwd", "etc passwd.csv", "etc passwd.csv"),
        ('a"; filename=b.exe\r\nX-Evil: 1', "a filename=b.exe X-Evil 1.csv", "a filename=b.exe X-Evil 1.csv"),
        ("CON", "comparison.csv", "comparison.csv"),
        ("com1.txt", "comparison.csv", "comparison.csv"),
        (".hidden.", "hidden.csv", "hidden.csv"),
        ("fdp\u202excod.exe", "fdp xcod.exe.csv", "fdp xcod.exe.csv"),
    ],
)
def test_a_title_becomes_a_name(title: str, plain: str, full: str) -> None:
    assert names(title) == (plain, full)


@law
@given(st.text())
@example("👩🏽‍🚀" * 200)
@example("\u0130\u2126;=")
def test_no_title_breaks_out_of_its_header(title: str) -> None:
    for name in names(title):
        assert len(name.encode()) < 200
        assert not set(name) & set('\\/:*?"<>|%\r\n\0')
        assert name.strip(". ") == name
