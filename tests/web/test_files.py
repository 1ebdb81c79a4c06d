from pathlib import Path

from backend.web.files import find_dist, read_files


def test_every_file_answers_to_its_path_and_keeps_its_compressed_copies(dist: Path):
    files = read_files(dist)
    assert set(files) == {
        "/index.html",
        "/reference.html",
        "/robots.txt",
        "/assets/index-abc123.js",
        "/assets/pixel-def456.png",
    }
    script = files["/assets/index-abc123.js"]
    assert script.type == "text/javascript"
    assert script.br is not None
    assert script.gzip is not None
    assert files["/assets/pixel-def456.png"].br is None


def test_the_tag_changes_with_the_content(tmp_path: Path):
    page = tmp_path / "index.html"
    page.write_text("one")
    first = read_files(tmp_path)["/index.html"].etag
    page.write_text("two")
    assert read_files(tmp_path)["/index.html"].etag != first


def test_what_was_not_built_has_no_files(tmp_path: Path):
    assert read_files(tmp_path / "nothing") == {}


def test_a_checkout_finds_the_page_beside_the_package():
    assert find_dist().parts[-2:] == ("frontend", "dist")
