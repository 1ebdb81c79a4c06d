"""Every benchmark runs and reports; what it measures on so few tries means nothing."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.harness.effort import TINY
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.report import Line, Report, at_least, side_by_side, under


@pytest.mark.usefixtures("kept_for_all")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_and_writes_what_it_found(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([name], TINY, tmp_path)
    printed = capsys.readouterr().out
    lines = json.loads((tmp_path / "latest.json").read_text())["lines"]
    assert lines
    assert {line["benchmark"] for line in lines} == {name}
    assert all(line["value"] >= 0 and line["rounds"] for line in lines)
    markdown = (tmp_path / "latest.md").read_text()
    assert all(line["what"] in printed and line["what"] in markdown for line in lines)


def test_an_unknown_benchmark_is_refused_with_the_names_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["speed"], TINY, tmp_path)
    assert "there is no benchmark speed; there are requests, rooms" in capsys.readouterr().err


def test_the_others_are_held_against_the_median_of_the_native_server() -> None:
    rates = {"native": [90.0, 100.0, 400.0], "other": [10.0, 20.0, 30.0]}
    native, other = side_by_side("rooms", "rate", rates, more_is_better=True, at_least_better_by=6)
    assert native.first_better_by is None
    assert native.bar is None
    assert other.first_better_by == 5
    markdown = Report((native, other)).markdown()
    assert "| benchmark | what | native | other | bar |" in markdown
    assert "| rooms | rate | 100 | 20.0 (5.0 x) | at least 6 x: MISSED |" in markdown
    assert other.cells()[-3:] == ("5.0 x", "at least 6 x", "MISSED")


def test_less_is_better_for_what_something_costs() -> None:
    costs = {"native": [2.0], "other": [8.0]}
    assert side_by_side("rooms", "cost", costs, more_is_better=False)[1].first_better_by == 4


def test_what_was_measured_beside_others_stands_in_a_table_with_the_same_others() -> None:
    servers = side_by_side("rooms", "rate", {"native": [4.0], "other": [2.0]}, more_is_better=True)
    readers = side_by_side(
        "providers", "cost", {"ours": [2.0], "theirs": [8.0]}, first="ours", more_is_better=False
    )
    markdown = Report((*servers, *readers, Line("start", "first", "ours", (1.0,), " s"))).markdown()
    assert (
        "| rooms | rate | 4.00 | 2.00 (2.0 x) |  |\n\nIn brackets: how many times better native is."
        in markdown
    )
    assert "| benchmark | what | ours | theirs | bar |" in markdown
    assert (
        "| providers | cost | 2.00 | 8.00 (4.0 x) |  |\n\nIn brackets: how many times better ours is."
        in markdown
    )
    assert "| start | first | ours | 1.00 s |  |" in markdown


def test_a_bar_says_whether_it_was_met() -> None:
    assert at_least(5, 5, " x").met
    assert not under(2, 2, " s").met


def test_a_table_shows_median_range_and_verdict() -> None:
    line = Line("start", "first", "bakeoff", (1.0, 3.0, 1.5), " s").against(under(2, 1.5, " s"))
    report = Report((line,), ("a note",))
    assert "start      first  bakeoff  1.50 s  1.00 - 3.00" in report.table()
    assert "| start | first | bakeoff | 1.50 s | under 2 s: met |" in report.markdown()
    assert report.table().endswith("a note")


def test_every_bar_stands_in_a_table_of_its_own_with_how_much_of_it_was_used() -> None:
    met = Line("start", "first", "bakeoff", (1.5,), " s").against(under(2, 1.5, " s"))
    missed = Line("rooms", "rate", "native", (90.0,)).against(at_least(100, 90, ""))
    free = Line("start", "second", "bakeoff", (9.0,), " s")
    report = Report((met, free, missed))
    _, bars = report.table().split("\n\n")[:2]
    assert "start: first  bakeoff  under 2 s     1.50 s  0.75        met" in bars
    assert "rooms: rate   native   at least 100  90.0    0.90        MISSED" in bars
    assert "second" not in bars
    markdown = report.markdown()
    assert "| start: first | bakeoff | under 2 s | 1.50 s | 0.75 | met |" in markdown
    assert markdown.index("## Bars") < markdown.index("## Figures")


def test_curves_are_pictures_beside_the_page_that_shows_them(tmp_path: Path) -> None:
    plot = Plot("lanes", "Cost by lanes", "lanes", "µs", (Curve("paced", ((1, 2.0), (24, 1.5))),))
    Report((Line("curves", "cost", "1 lane", (2.0,), " µs"),), plots=(plot,)).write(tmp_path)
    assert "![Cost by lanes](lanes.svg)" in (tmp_path / "latest.md").read_text()
    assert (tmp_path / "lanes.svg").read_text().startswith("<svg")
    (curves,) = json.loads((tmp_path / "latest.json").read_text())["curves"]
    assert curves["curves"][0]["points"] == [[1, 2.0], [24, 1.5]]
