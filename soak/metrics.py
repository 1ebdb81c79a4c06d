"""What /metrics says, read by name and label."""

import re
from collections.abc import Iterator

_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def values_in(text: str, name: str, **labels: str) -> Iterator[float]:
    for found, labelled, value in _LINE.findall(text):
        if found == name and labels.items() <= dict(_LABEL.findall(labelled)).items():
            yield float(value)


def value_in(text: str, name: str, **labels: str) -> float:
    """All that have these labels together."""
    return sum(values_in(text, name, **labels))
