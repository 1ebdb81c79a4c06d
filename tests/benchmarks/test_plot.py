"""A plot is a picture that any viewer can read, and that says nothing but its points."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from benchmarks.harness.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Curve, Plot

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*curves: Curve) -> ET.Element:
    return ET.fromstring(Plot("lanes", "Cost & lanes", "lanes", "µs <CPU>", curves).svg())  # noqa: S314 - our own


def spots(picture: ET.Element, curve: int) -> list[tuple[float, float]]:
    circles = [each for each in picture.iter(f"{SVG}circle") if each.get("class") == f"c{curve}"]
    return [(float(each.get("cx", "")), float(each.get("cy", ""))) for each in circles]


def words(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def test_equal_factors_lie_equally_far_apart_and_double_is_twice_as_high() -> None:
    picture = drawn(Curve("paced", ((1, 10), (10, 20), (100, 40))))
    (first, low), (second, middle), (third, high) = spots(picture, 0)
    assert abs((second - first) - (third - second)) < 0.2
    ground = HEIGHT - BOTTOM
    assert abs((ground - middle) - 2 * (ground - low)) < 0.3
    assert abs((ground - high) - 4 * (ground - low)) < 0.5


def test_everything_lies_within_the_axes() -> None:
    for highest in (0.003, 0.99, 1, 7, 1234567):
        for x, y in spots(drawn(Curve("a", ((1, highest / 3), (24, highest)))), 0):
            assert LEFT < x < WIDTH - RIGHT
            assert TOP <= y <= HEIGHT - BOTTOM


def test_every_point_has_its_value_and_the_axes_have_names_and_steps() -> None:
    found = words(drawn(Curve("paced", ((1, 190.4), (24, 84.26))), Curve("flooded", ((1, 43), (24, 7.6)))))
    for value in ("190", "84.3", "43", "7.6"):
        assert value in found
    for name in ("Cost & lanes", "lanes", "µs <CPU>", "1", "24", "0", "● paced", "● flooded"):
        assert name in found


def test_values_of_two_curves_stand_on_different_sides() -> None:
    picture = drawn(Curve("a", ((1, 5), (2, 5))), Curve("b", ((1, 5), (2, 5))))
    named = {
        (each.get("class"), float(each.get("y", "")))
        for each in picture.iter(f"{SVG}text")
        if each.text == "5" and each.get("class")
    }
    assert len({y for _, y in named}) == 2


def test_it_has_colours_for_light_and_for_dark_and_its_words_for_who_sees_none() -> None:
    picture = drawn(Curve("paced", ((1, 2), (10, 3))))
    style = picture.findtext(f"{SVG}style", "")
    light, dark = style.split("prefers-color-scheme: dark")
    assert re.findall(r"\.c\d { stroke", light) == re.findall(r"\.c\d { stroke", dark)
    assert picture.findtext(f"{SVG}title") == "Cost & lanes (lanes → µs <CPU>). paced: 1 → 2, 10 → 3"


def test_steps_of_the_axis_are_round_and_few() -> None:
    for highest in (0.9, 3, 43, 190, 12345):
        picture = drawn(Curve("a", ((1, highest), (2, highest))))
        lines = sorted(float(each.get("y1", "")) for each in picture.iter(f"{SVG}line"))
        assert 3 <= len(lines) <= 6
        gaps = [after - before for before, after in pairwise(lines)]
        assert max(gaps) - min(gaps) < 0.3


def test_a_curve_of_nothing_but_zeros_and_one_of_a_single_point_are_drawn() -> None:
    assert len(spots(drawn(Curve("a", ((1, 0.0), (10, 0.0)))), 0)) == 2
    assert len(spots(drawn(Curve("a", ((5, 3.0),))), 0)) == 1
