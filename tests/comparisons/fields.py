"""Which fields a refusal names."""

from backend.kit.errors import Invalid


def named(refusal: Invalid) -> list[str]:
    return [problem.field for problem in refusal.details or ()]
