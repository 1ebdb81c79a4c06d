"""The three servers that are measured beside each other, all of them running at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.harness.processes import Running, launched, listening

PROGRAM = ("-m", "benchmarks.served.program")
KINDS = {"native": "native", "portable": "portable (granian)", "uvicorn": "uvicorn"}


@contextmanager
def all_kinds() -> Iterator[dict[str, Running]]:
    """One that has nothing to do costs the others nothing that could be measured."""
    with ExitStack() as stack:
        processes = {name: stack.enter_context(launched(*PROGRAM, kind)) for kind, name in KINDS.items()}
        yield {name: listening(process) for name, process in processes.items()}
