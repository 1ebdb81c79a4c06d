"""What was said: it is on the record as it was delivered, whole, and can be found again."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from soak.delivered import Delivered
from soak.facts import Facts
from soak.models import BAD, ENDS
from soak.verdict import Verdict

_ENDED = frozenset({"completed", "error", "cancelled", "interrupted"})


def records(
    facts: Facts, delivered: Delivered, stopped: set[str], unwritten: Sequence[float]
) -> Iterator[Verdict]:
    responses = f"{len(facts.responses)} responses"
    yield Verdict.of("every response has ended", responses, _unended(facts))
    yield Verdict.of("models end as they say", responses, _otherwise(facts, stopped))
    looked_at = f"{len(delivered.ended)} responses, told {sum(delivered.seen_by.values())} times"
    yield Verdict.of("delivered = stored", looked_at, _not_as_delivered(facts, delivered))
    ages = ", ".join(f"{age:.2f}" for age in unwritten)
    owed = f"{len(delivered.owed)} that ran when the server was ended; unwritten since {ages or 'never'} s"
    yield Verdict.of("what was delivered before an end is stored", owed, _lost(facts, delivered))
    yield Verdict.of("nothing is left half written", "chunks, reservations", _left_over(facts))
    yield Verdict.of(
        "no row refers to nothing",
        f"{len(facts.orphans)} references",
        (f"{column}: {count}" for column, count in facts.orphans.items() if count),
    )
    yield Verdict.of("all that was said is in the index", f"{len(facts.indexed)} texts", _unindexed(facts))
    yield _integrity(facts)


def _unended(facts: Facts) -> Iterator[str]:
    for key, row in facts.responses.items():
        started = facts.turns[row["turn_id"]]["started_at"] is not None
        if started and (row["status"] not in _ENDED or row["ended_at"] is None):
            yield f"{key} is {row['status']}"
    for key, turn in facts.turns.items():
        if turn["started_at"] is not None and turn["ended_at"] is None:
            yield f"turn {key} has not ended"
    for key, row in facts.comparisons.items():
        if row["status"] == "in_progress":
            yield f"comparison {key} is in progress"


def _otherwise(facts: Facts, stopped: set[str]) -> Iterator[str]:
    """Stopped ones, and those that a restart ended, excepted."""
    for key, row in facts.responses.items():
        if row["status"] not in {"completed", *BAD} or row["error_kind"] == "restart":
            continue
        if str(row["comparison_id"]) not in stopped and row["status"] not in ENDS[row["model_id"]]:
            yield f"{key} of {row['model_id']} is {row['status']}: {row['error_kind']} {row['error_message']}"


def _not_as_delivered(facts: Facts, delivered: Delivered) -> Iterator[str]:
    yield from delivered.differences
    for key, end in delivered.ended.items():
        row = facts.responses.get(UUID(key))
        if row is None:
            yield f"{key} was delivered and is not there"
        elif (row["status"], row["text"], row["reasoning"]) != (end.status, end.text, end.reasoning):
            if key in delivered.unstored and row["error_kind"] == "restart":
                continue  # it was told as not stored, and then the server was killed
            yield (
                f"{key}: delivered {end.status}, {len(end.text)} and {len(end.reasoning)} characters;"
                f" stored {row['status']}, {len(row['text'])} and {len(row['reasoning'])}"
            )


def _lost(facts: Facts, delivered: Delivered) -> Iterator[str]:
    for key, (text, reasoning) in delivered.owed.items():
        row = facts.responses.get(UUID(key))
        if row is None or not row["text"].startswith(text) or not row["reasoning"].startswith(reasoning):
            stored = None if row is None else (len(row["text"]), len(row["reasoning"]))
            yield f"{key}: {len(text)} and {len(reasoning)} characters were delivered, {stored} are stored"


def _left_over(facts: Facts) -> Iterator[str]:
    if facts.chunks:
        yield f"{facts.chunks} chunks of responses that have ended"
    if facts.reservations:
        yield f"{facts.reservations} reservations of calls that have ended"


def _unindexed(facts: Facts) -> Iterator[str]:
    there = facts.comparisons.keys() | facts.turns.keys() | facts.responses.keys()
    for ref in facts.indexed - there:
        yield f"{ref} is in the index and nowhere else"
    for key, row in facts.responses.items():
        if row["text"] and row["status"] in _ENDED and key not in facts.indexed:
            yield f"the answer {key} is not in the index"
    for key, turn in facts.turns.items():  # one that waits to be started can still be changed
        if turn["started_at"] is not None and key not in facts.indexed:
            yield f"the prompt {key} is not in the index"


def _integrity(facts: Facts) -> Verdict:
    name = "the database is sound"
    if not facts.integrity:
        return Verdict(name, "PRAGMA integrity_check is SQLite's own", judged=False)
    return Verdict.of(name, "PRAGMA integrity_check", (each for each in facts.integrity if each != "ok"))
