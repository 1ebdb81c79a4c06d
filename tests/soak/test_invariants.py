"""Each invariant can fail: every one is handed evidence in which just that is broken."""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from soak.delivered import Delivered, End
from soak.evidence import Evidence
from soak.invariants import log
from soak.invariants.leaks import MIB_A_MINUTE, leaks
from soak.models import STEADY
from soak.samples import Holding, Memory
from soak.weather import Weather

Break = Callable[[Evidence], Evidence]


def facts(**changed: Callable[[Any], Any]) -> Break:
    def change(evidence: Evidence) -> Evidence:
        found = evidence.facts
        new = {name: make(deepcopy(getattr(found, name))) for name, make in changed.items()}
        return replace(evidence, facts=replace(found, **new))

    return change


def first(
    where: Callable[[Mapping[str, Any]], bool] = lambda _row: True, **fields: Any
) -> Callable[[Any], Any]:
    """The first row with that changed; a function is given what stood there."""

    def change(rows: Any) -> Any:
        listed = rows.values() if isinstance(rows, dict) else rows
        row = next(each for each in listed if where(each))
        row.update({name: new(row[name]) if callable(new) else new for name, new in fields.items()})
        return rows

    return change


def more(value: Any) -> Any:
    return value + 1


def a_little_more(cost: Decimal) -> Decimal:
    return cost + Decimal("1e-12")


def twice(rows: Any) -> Any:
    return [*rows, rows[0]]


def owing(evidence: Evidence) -> Evidence:
    delivered = deepcopy(evidence.delivered)
    key, row = next(iter(evidence.facts.responses.items()))
    delivered.owed[str(key)] = (row["text"] + "x", "")
    return replace(evidence, delivered=delivered)


def told_otherwise(evidence: Evidence) -> Evidence:
    delivered = deepcopy(evidence.delivered)
    key, end = next(iter(delivered.ended.items()))
    delivered.ended[key] = replace(end, text=end.text + "x")
    return replace(evidence, delivered=delivered)


def reported(evidence: Evidence) -> Evidence:
    answers = deepcopy(evidence.answers)
    answers.costs["model"]["rows"][0]["tokens"] += 1
    return replace(evidence, answers=answers)


def not_found(evidence: Evidence) -> Evidence:
    answers = deepcopy(evidence.answers)
    word, (there, _) = next(iter(answers.searched.items()))
    answers.searched[word] = (there, [str(uuid4())])
    return replace(evidence, answers=answers)


def met(evidence: Evidence) -> Evidence:
    tally = deepcopy(evidence.tally)
    tally.found("GET /api/comparisons: 500 internal")
    return replace(evidence, tally=tally)


def left(**fields: Any) -> Break:
    return lambda evidence: replace(evidence, left=replace(evidence.left, **fields))


def holding(evidence: Evidence, **fields: Any) -> Evidence:
    return replace(evidence, left=replace(evidence.left, after=replace(evidence.left.before, **fields)))


def grown(evidence: Evidence) -> Evidence:
    return replace(evidence, memory=samples(MIB_A_MINUTE + 1))


def samples(mib_a_minute: float) -> list[Memory]:
    """Ten minutes that begin with a rise of 80 MiB, as every start does."""
    return [
        Memory(second, 1, int((100 + min(second, 80) + mib_a_minute * second / 60) * 2**20), quiet=False)
        for second in range(600)
    ]


def logged(**line: object) -> Break:
    def change(evidence: Evidence) -> Evidence:
        last = {"timestamp": evidence.lines[-1]["timestamp"], "level": "error", **line}
        return replace(evidence, lines=[*evidence.lines, last])

    return change


BROKEN: list[tuple[str, Break]] = [
    ("payer counters = ledger", facts(payer_counters=first(completed=more))),
    ("payer counters = ledger", facts(payer_counters=lambda rows: rows[1:])),
    ("model counters = ledger", facts(model_counters=first(output_tokens=more))),
    ("comparison counters = ledger", facts(comparison_counters=first(cost=a_little_more))),
    ("comparison counters = ledger", facts(comparison_counters=first(unknown_costs=more))),
    ("distributions = ledger", facts(model_counters=first(lambda row: row["completed"], histograms=b"\x90"))),
    ("each call is in the ledger once, as its response has it", facts(ledger=lambda lines: lines[1:])),
    ("each call is in the ledger once, as its response has it", facts(ledger=twice)),
    ("each call is in the ledger once, as its response has it", facts(ledger=first(input=more))),
    ("totals of comparisons = their responses", facts(comparisons=first(total_tokens=more))),
    ("totals of comparisons = their responses", facts(comparisons=first(completed_ms=more))),
    ("every response has ended", facts(responses=first(status="streaming"))),
    ("every response has ended", facts(turns=first(lambda row: row["ended_at"], ended_at=None))),
    ("every response has ended", facts(comparisons=first(status="in_progress"))),
    ("models end as they say", lambda evidence: facts(
        responses=first(lambda row: row["model_id"].startswith(STEADY) and row["status"] == "completed"
                        and str(row["comparison_id"]) not in evidence.stopped, status="error")
    )(evidence)),
    ("delivered = stored", told_otherwise),
    ("delivered = stored", facts(responses=lambda _responses: {})),
    ("what was delivered before an end is stored", owing),
    ("nothing is left half written", facts(chunks=more)),
    ("nothing is left half written", facts(reservations=more)),
    ("no row refers to nothing", facts(orphans=lambda counts: {**counts, "lanes.comparison_id": 1})),
    ("all that was said is in the index", facts(indexed=lambda refs: refs | {uuid4()})),
    ("all that was said is in the index", facts(indexed=lambda _refs: frozenset())),
    ("the database is sound", facts(integrity=lambda _said: ("row 7 missing from index ix_lanes",))),
    ("reports = ledger", reported),
    ("stored words are found", not_found),
    ("nobody met anything unexpected", met),
    ("sockets, rooms, turns and lines are empty", left(metrics="bakeoff_rooms_open 1.0\n")),
    ("sockets, rooms, turns and lines are empty", left(metrics='bakeoff_turns_waiting{place="user"} 2.0\n')),
    ("no model server is still read", left(upstream_streams=1)),
    ("no descriptor and no connection is left", lambda evidence: holding(
        evidence, descriptors=evidence.left.before.descriptors + Counter(socket=99))),
    ("no descriptor and no connection is left", lambda evidence: holding(evidence, established=99)),
    ("no thread is left", lambda evidence: holding(evidence, threads=99)),
    ("memory is flat", grown),
    ("the log has errors of injected faults only", logged(event="request.failed")),
    ("the log has errors of injected faults only", logged(event="Task exception was never retrieved")),
    ("the log has errors of injected faults only", logged(event="request.done", status=500)),
    ("nothing else is on standard error", lambda evidence: replace(evidence, others=["Traceback"])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change"), BROKEN, ids=[f"{number}: {name}" for number, (name, _) in enumerate(BROKEN, 1)]
)
def test_an_invariant_notices_what_breaks_it(evidence: Evidence, name: str, change: Break) -> None:
    [verdict] = [each for each in change(evidence).verdicts() if each.name == name]
    assert verdict.word == "BROKEN"
    assert all(verdict.broken)


def test_every_invariant_is_shown_to_fail(evidence: Evidence) -> None:
    assert {verdict.name for verdict in evidence.verdicts()} == {name for name, _ in BROKEN}


def test_memory_that_rose_at_the_start_and_stays_is_flat(evidence: Evidence) -> None:
    [verdict] = [each for each in leaks(evidence.left, samples(0.1)) if each.name == "memory is flat"]
    assert verdict.word == "holds"


def test_memory_is_not_judged_by_a_life_that_was_too_short(evidence: Evidence) -> None:
    [verdict] = [each for each in leaks(evidence.left, samples(9.0)[:100]) if each.name == "memory is flat"]
    assert verdict.word == "not judged"


def test_an_error_is_of_a_fault_only_while_that_is_there(tmp_path: Path) -> None:
    weather = Weather()
    with weather.during("pause") as pause:
        pass
    assert pause.ended_at is not None
    moments = {"in time": pause.began_at, "late": pause.ended_at + timedelta(seconds=60)}
    lines = [
        f'{{"timestamp":"{at.isoformat()}","level":"warning","event":"recorder.waiting","{when}":1}}'
        for when, at in moments.items()
    ]
    (tmp_path / "log").write_text("\n".join([*lines, "Fatal Python error: Aborted"]))
    of_faults, beside = log.log(*log.read(tmp_path / "log"), weather)
    assert len(of_faults.broken) == 1
    assert "late" in of_faults.broken[0]
    assert beside.broken == ("Fatal Python error: Aborted",)


def test_an_end_that_was_told_as_not_stored_may_be_lost_with_the_server(evidence: Evidence) -> None:
    interrupted = facts(
        responses=first(lambda row: str(row["id"]) in evidence.delivered.ended, status="interrupted",
                        error_kind="restart", text="")
    )(evidence)  # fmt: skip
    key = next(
        str(key) for key, row in interrupted.facts.responses.items() if str(key) in evidence.delivered.ended
    )
    assert "delivered = stored" in broken_in(interrupted)
    delivered = Delivered(ended={key: End("completed", "all of it", "")}, unstored={key})
    assert "delivered = stored" not in broken_in(replace(interrupted, delivered=delivered))


def broken_in(evidence: Evidence) -> set[str]:
    return {verdict.name for verdict in evidence.verdicts() if verdict.broken}


def test_what_a_process_holds_is_counted_from_outside() -> None:
    import os  # noqa: PLC0415
    import socket  # noqa: PLC0415

    before = Holding.of(os.getpid())
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        with socket.create_connection(one.getsockname()):
            after = Holding.of(os.getpid())
    assert after.descriptors["socket"] == before.descriptors["socket"] + 2
    assert after.established == before.established + 1
