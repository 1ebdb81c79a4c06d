"""What a soak did and found, for eyes, for Markdown and for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from soak.evidence import Evidence
from soak.plan import Plan
from soak.samples import Memory
from soak.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Report:
    where: str
    """Server and database."""
    plan: Plan
    done: dict[str, int]
    verdicts: tuple[Verdict, ...]
    memory: tuple[Memory, ...] = ()

    @classmethod
    def of(cls, where: str, plan: Plan, evidence: Evidence) -> "Report":
        return cls(where, plan, _done(evidence), tuple(evidence.verdicts()), tuple(evidence.memory))

    @property
    def broken(self) -> bool:
        return any(verdict.broken for verdict in self.verdicts)

    def markdown(self) -> str:
        lines = [
            f"# Soak: {self.plan.seconds / 60:g} minutes on {self.where}, seed {self.plan.seed}",
            "",
            *_table(("done", "times"), [(what, f"{count:,}") for what, count in self.done.items()]),
            "",
            *_table(
                ("invariant", "looked at", "verdict"),
                [(each.name, each.looked_at, each.word) for each in self.verdicts],
            ),
        ]
        for verdict in self.verdicts:
            if verdict.broken:
                lines += ["", f"## {verdict.name}", "", "```text", *verdict.broken, "```"]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "soak.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "soak.json").write_text(json.dumps(self._as_json(), indent=2), encoding="utf-8")

    def _as_json(self) -> dict[str, Any]:
        return {
            "where": self.where,
            "plan": asdict(self.plan),
            "done": self.done,
            "memory": [asdict(each) for each in self.memory],
            "verdicts": [{**asdict(each), "verdict": each.word} for each in self.verdicts],
        }


def _done(evidence: Evidence) -> dict[str, int]:
    outcomes = Counter(f"responses {row['status']}" for row in evidence.facts.responses.values())
    weather = Counter(f"faults: {window.kind}" for window in evidence.weather.windows)
    away = sum(
        (window.ended or window.began) - window.began
        for window in evidence.weather.windows
        if window.kind in {"kill", "terminate"}
    )
    done = evidence.tally.done
    return {
        **{what: done[what] for what in sorted(done)},
        **{what: outcomes[what] for what in sorted(outcomes)},
        **{what: weather[what] for what in sorted(weather)},
        "seconds without the server": round(away),
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    ]
