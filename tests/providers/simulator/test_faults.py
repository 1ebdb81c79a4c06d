from email.utils import parsedate_to_datetime

import pytest

from backend.providers.simulator.faults import CONTROLS, NONE, Break, Breakage, Faults, Refusal, parse
from backend.providers.simulator.refusals import Reason, Refused


def test_a_plain_name_has_no_faults() -> None:
    assert parse("swift") == ("swift", NONE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("429", Faults(refusal=Refusal(Reason.LIMITED))),
        ("429:2", Faults(refusal=Refusal(Reason.LIMITED, "seconds", 2))),
        ("429-ms:1500", Faults(refusal=Refusal(Reason.LIMITED, "ms", 1500))),
        ("429-date:2", Faults(refusal=Refusal(Reason.LIMITED, "date", 2))),
        ("401", Faults(refusal=Refusal(Reason.BAD_KEY))),
        ("500", Faults(refusal=Refusal(Reason.FAILED))),
        ("503", Faults(refusal=Refusal(Reason.UNAVAILABLE))),
        ("529", Faults(refusal=Refusal(Reason.OVERLOADED))),
        ("hang", Faults(hang=True)),
        ("slow-headers:0.5", Faults(slow_headers=0.5)),
        ("stall:3", Faults(breakage=Breakage(Break.STALL, 3))),
        ("stall-pings:3", Faults(breakage=Breakage(Break.STALL_PINGS, 3))),
        ("cut:3", Faults(breakage=Breakage(Break.CUT, 3))),
        ("reset:3", Faults(breakage=Breakage(Break.RESET, 3))),
        ("end:3", Faults(breakage=Breakage(Break.END, 3))),
        ("no-end", Faults(breakage=Breakage(Break.END, 1_000_000))),
        ("error:0", Faults(breakage=Breakage(Break.ERROR, 0))),
        ("broken-json:3", Faults(breakage=Breakage(Break.BROKEN_JSON, 3))),
        ("bad-utf8:3", Faults(breakage=Breakage(Break.BAD_UTF8, 3))),
        ("long-line", Faults(breakage=Breakage(Break.LONG_LINE, 0))),
        ("no-usage", Faults(usage=False)),
        ("content-type", Faults(html=True)),
        ("first:2", Faults(first=2)),
        ("tokens:9", Faults(tokens=9)),
        ("pace:0", Faults(pace=0)),
        ("ttft:250", Faults(ttft=0.25)),
        ("seed:7", Faults(seed=7)),
    ],
)
def test_a_control_means_the_same_in_the_name_and_in_the_header(written: str, meant: Faults) -> None:
    assert parse(f"swift@{written}") == ("swift", meant)
    assert parse("swift", written) == ("swift", meant)


def test_every_control_is_tried_above() -> None:
    (mark,) = test_a_control_means_the_same_in_the_name_and_in_the_header.pytestmark
    tried = {written.split(":")[0] for written, _ in mark.args[1]}
    assert tried == set(CONTROLS)


def test_several_controls_go_together_and_the_header_has_the_last_word() -> None:
    name, faults = parse("sage@cut:5@pace:10", "pace:0 first:1")
    assert name == "sage"
    assert faults == Faults(breakage=Breakage(Break.CUT, 5), pace=0, first=1)


@pytest.mark.parametrize(
    "written",
    ["nonsense", "cut", "cut:x", "cut:-1", "cut:99999999", "hang:1", "", "429:", "pace:1e3", "cut:٣"],
)
def test_what_is_not_understood_is_refused_by_name(written: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(f"swift@{written}")
    assert refused.value.reason is Reason.UNKNOWN_FAULT
    assert refused.value.details["fault"] == written


def test_a_retry_date_is_a_date_of_http() -> None:
    header = Refusal(Reason.LIMITED, "date", 60).headers()["retry-after"]
    assert header.endswith("GMT")
    assert parsedate_to_datetime(header).tzinfo is not None


def test_what_is_past_leaves_the_controls() -> None:
    faults = parse("swift@cut:5@hang@429@no-usage@tokens:4@pace:0@ttft:0@seed:1")[1]
    assert faults.past() == Faults(tokens=4, pace=0, ttft=0, seed=1)
