"""Many people in many rooms: how late a word of a model is in everybody's hands.

`bakeoff serve`, a model server that says the time thirty times a second in each room, and a process with all
members, each on a socket of its own. A delay is counted from the word's write at the model server to its
reading by a member, so the reading of the upstream is in it too. Each room has two people with half of the
sockets each; everybody is in two rooms. Rounds are windows of one life: nobody leaves in between.
"""

import resource

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load, server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.served import upstream_clock
from benchmarks.served.bakeoff import bakeoff

WORDS = "clock/clock@every:33"
P50_BAR, P99_BAR = 15, 100  # ms
LONG = 300


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    with server(*upstream_clock.PROGRAM) as clock, bakeoff({"clock": clock.url}, [WORDS]) as serving:
        plan = (effort.rooms, effort.members, effort.crowd_seconds, effort.stream_rounds)
        measured = load("crowd", serving.url, WORDS, *plan, patience=LONG)
    of = f"{effort.rooms} rooms x {effort.members}"

    def line(what: str, name: str, unit: str = "") -> Line:
        return Line("crowd", what, of, tuple(each[name] for each in measured), unit)

    p50, p99 = line("word to member, p50", "p50", " ms"), line("word to member, p99", "p99", " ms")
    lost = line("words that somebody missed", "lost")
    return Report(
        (
            p50.against(under(P50_BAR, p50.value, " ms")),
            p99.against(under(P99_BAR, p99.value, " ms")),
            line("deliveries/s", "rate"),
            lost.against(Bar("none", not any(lost.rounds))),
        )
    )
