"""`bakeoff doctor`: all findings as lines or as JSON, and whether there is no problem among them."""

from collections.abc import Callable, Sequence

import msgspec

from backend.doctor.checks import examine
from backend.doctor.finding import Finding, State
from backend.doctor.patient import Patient
from backend.kit.redaction import Redactor
from backend.settings import Settings


class Line(msgspec.Struct, frozen=True):
    check: str
    state: State
    found: str
    next: str


class Report(msgspec.Struct, frozen=True):
    problems: int
    notes: int
    findings: tuple[Line, ...]


async def look_everywhere(
    settings: Settings, problems: Sequence[str], *, online: bool, as_json: bool
) -> tuple[str, bool]:
    """What to print, and whether all is well."""
    findings = await examine(Patient(settings, tuple(problems), online))
    clean = Redactor(settings.secret_values()).text
    lines = tuple(_line(check, finding, clean) for check, finding in findings)
    report = Report(
        problems=sum(line.state == "problem" for line in lines),
        notes=sum(line.state == "note" for line in lines),
        findings=lines,
    )
    said = _as_json(report) if as_json else _as_text(report)
    return said, not report.problems


def _line(check: str, finding: Finding, clean: Callable[[str], str]) -> Line:
    return Line(check=check, state=finding.state, found=clean(finding.found), next=clean(finding.next))


def _as_json(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def _as_text(report: Report) -> str:
    lines = [
        f"{line.state:<8} {line.check:<12} {line.found}{f' → {line.next}' if line.next else ''}"
        for line in report.findings
    ]
    lines.append(f"{_counted(report.problems, 'problem')}, {_counted(report.notes, 'note')}.")
    return "".join(f"{line}\n" for line in lines)


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
