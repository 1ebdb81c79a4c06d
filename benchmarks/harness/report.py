"""What was measured, as tables for eyes, a page of Markdown, and for programs. Knows no benchmark."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from benchmarks.harness.plot import Plot

HEAD = ("benchmark", "what", "of", "figure", "range of rounds", "first is better by", "bar", "verdict")
BARS_HEAD = ("what", "of", "bar", "figure", "of the bar", "verdict")
NATIVE = "native"  # what the others are held against, where nothing else is said


@dataclass(frozen=True, slots=True)
class Bar:
    words: str
    met: bool
    ratio: float | None = None
    """What was measured, as a part of what is allowed or as a multiple of what is asked for."""

    @property
    def outcome(self) -> str:
        return "met" if self.met else "MISSED"


def at_least(limit: float, value: float, unit: str) -> Bar:
    return Bar(f"at least {limit:,g}{unit}", value >= limit, value / limit)


def under(limit: float, value: float, unit: str) -> Bar:
    return Bar(f"under {limit:,g}{unit}", value < limit, value / limit)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: `rounds` are all its measurements, its value is their median."""

    benchmark: str
    what: str
    of: str
    rounds: tuple[float, ...]
    unit: str = ""
    first_better_by: float | None = None
    bar: Bar | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.rounds)

    @property
    def figure(self) -> str:
        return f"{shown(self.value)}{self.unit}"

    @property
    def verdict(self) -> str:
        return f"{self.bar.words}: {self.bar.outcome}" if self.bar else ""

    def against(self, bar: Bar) -> Self:
        return replace(self, bar=bar)

    def cells(self) -> tuple[str, ...]:
        many = len(self.rounds) > 1
        return (
            self.benchmark,
            self.what,
            self.of,
            self.figure,
            f"{shown(min(self.rounds))} - {shown(max(self.rounds))}" if many else "",
            f"{self.first_better_by:.1f} x" if self.first_better_by is not None else "",
            self.bar.words if self.bar else "",
            self.bar.outcome if self.bar else "",
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "benchmark": self.benchmark,
            "what": self.what,
            "of": self.of,
            "value": self.value,
            "unit": self.unit.strip(),
            "rounds": self.rounds,
            "firstBetterBy": self.first_better_by,
            "bar": self.bar.words if self.bar else None,
            "ratioToBar": self.bar.ratio if self.bar else None,
            "met": self.bar.met if self.bar else None,
        }


def side_by_side(
    benchmark: str,
    what: str,
    rounds: Mapping[str, Sequence[float]],
    unit: str = "",
    *,
    more_is_better: bool,
    first: str = NATIVE,
    at_least_better_by: float | None = None,
) -> list[Line]:
    """One line for each, the others held against the first one by their medians."""
    held_against = statistics.median(rounds[first])
    lines = []
    for of, figures in rounds.items():
        median = statistics.median(figures)
        better_by = (
            None if of == first else held_against / median if more_is_better else median / held_against
        )
        bar = (
            at_least(at_least_better_by, better_by, " x")
            if at_least_better_by is not None and better_by is not None
            else None
        )
        lines.append(Line(benchmark, what, of, tuple(figures), unit, better_by, bar))
    return lines


@dataclass(frozen=True, slots=True)
class Report:
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()

    def table(self) -> str:
        """Every figure, then every bar by itself."""
        parts = [_printed([HEAD, *(line.cells() for line in self.lines)])]
        if bars := self._bars():
            parts.append(_printed([BARS_HEAD, *bars]))
        return "\n\n".join([*parts, "\n".join(self.notes)])

    def markdown(self) -> str:
        """Every bar, the curves, then all figures: what was measured beside the same others in one table,
        what stands for itself in another."""
        parts = ["# What was measured", "\n".join(self.notes)]
        if bars := self._bars():
            parts += ["## Bars", _markdown_table([BARS_HEAD, *bars])]
        if self.plots:
            parts += ["## Curves", *(f"![{plot.title}]({plot.name}.svg)" for plot in self.plots)]
        return "\n\n".join([*parts, "## Figures", *self._figures()]) + "\n"

    def _bars(self) -> list[tuple[str, ...]]:
        return [
            (
                f"{line.benchmark}: {line.what}",
                line.of,
                line.bar.words,
                line.figure,
                "" if line.bar.ratio is None else f"{line.bar.ratio:.2f}",
                line.bar.outcome,
            )
            for line in self.lines
            if line.bar
        ]

    def _figures(self) -> list[str]:
        groups: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            groups.setdefault((line.benchmark, line.what), []).append(line)
        compared: dict[tuple[str, ...], list[list[Line]]] = {}
        alone: list[Line] = []
        for group in groups.values():
            if any(line.first_better_by is not None for line in group):
                compared.setdefault(tuple(line.of for line in group), []).append(group)
            else:
                alone += group
        tables = [_compared_table(names, rows) for names, rows in compared.items()]
        return [*tables, _table_alone(alone)] if alone else tables

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for plot in self.plots:
            (folder / f"{plot.name}.svg").write_text(plot.svg(), encoding="utf-8")
        (folder / "latest.md").write_text(self.markdown(), encoding="utf-8")
        content = {
            "lines": [line.as_json() for line in self.lines],
            "notes": self.notes,
            "curves": [asdict(plot) for plot in self.plots],
        }
        (folder / "latest.json").write_text(json.dumps(content, indent=2), encoding="utf-8")


def _printed(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    head, *rest = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([head, "-" * len(head), *rest])


def _compared_table(names: Sequence[str], groups: Sequence[Sequence[Line]]) -> str:
    rows = [("benchmark", "what", *names, "bar")]
    for group in groups:
        cells = [
            line.figure + (f" ({line.first_better_by:.1f} x)" if line.first_better_by is not None else "")
            for line in group
        ]
        bars = dict.fromkeys(line.verdict for line in group if line.bar)
        rows.append((group[0].benchmark, group[0].what, *cells, "; ".join(bars)))
    return f"{_markdown_table(rows)}\n\nIn brackets: how many times better {names[0]} is."


def _table_alone(lines: Sequence[Line]) -> str:
    rows = [("benchmark", "what", "of", "figure", "bar")]
    rows += [(line.benchmark, line.what, line.of, line.figure, line.verdict) for line in lines]
    return _markdown_table(rows)


def _markdown_table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rest))


def together(reports: Iterable[Report], took: Mapping[str, float], prepared: float) -> Report:
    """`took`: seconds, by benchmark. `prepared`: seconds before, for what is filled and installed once."""
    found: Sequence[Report] = tuple(reports)
    machine = (
        f"Medians. Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores that servers and load generators share."
    )
    times = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())
    once = f" What is kept for later runs took {prepared / 60:.1f} minutes before." if prepared > 1 else ""
    notes = dict.fromkeys(note for report in found for note in report.notes)
    return Report(
        tuple(line for report in found for line in report.lines),
        (machine, f"It took {sum(took.values()) / 60:.1f} minutes: {times}.{once}", *notes),
        tuple(plot for report in found for plot in report.plots),
    )


def shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
