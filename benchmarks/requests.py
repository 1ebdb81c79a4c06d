"""HTTP requests: the real application's `GET /health`, and a route that is nothing but ASGI.

The same application runs on three servers, all as one process with uvloop: native, portable (granian, whose
Rust side has threads of its own) and uvicorn. A load generator in a process of its own keeps 32 connections
busy, one request at a time on each, for 0.5 s after a warm-up; it reads the CPU time of all threads of the
server from /proc at the beginning and the end. Three rounds, in each of them every server in turn, so that a
noisy moment of the machine hits all of them; ratios are of medians. The log line of each request goes to
/dev/null.
"""

from collections import defaultdict

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load
from benchmarks.harness.report import Line, Report, side_by_side
from benchmarks.served.kinds import all_kinds
from benchmarks.served.on_uvicorn import http_parser

ROUTES = {"/health": "GET /health of the application", "/hello": "a trivial ASGI route"}


def run(effort: Effort) -> Report:
    rates: dict[str, dict[str, list[float]]] = {path: defaultdict(list) for path in ROUTES}
    costs: dict[str, dict[str, list[float]]] = {path: defaultdict(list) for path in ROUTES}
    with all_kinds() as servers:
        for _ in range(effort.rounds):
            for path in ROUTES:
                for name, server in servers.items():
                    measured = load("http", server.url + path, server.pid, effort.connections, effort.seconds)
                    rates[path][name].append(measured["done"] / measured["seconds"])
                    costs[path][name].append(measured["server_cpu"] / measured["done"] * 1e6)
    lines: list[Line] = []
    for path, what in ROUTES.items():
        lines += side_by_side("requests", f"{what}, requests/s", rates[path], more_is_better=True)
        lines += side_by_side(
            "requests", f"{what}, CPU per request", costs[path], " µs", more_is_better=False
        )
    return Report(tuple(lines), (f"uvicorn parsed HTTP with {http_parser()}.",))
