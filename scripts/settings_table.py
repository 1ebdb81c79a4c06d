"""Writes the table of settings into README.md, from the one list in backend/settings.py."""

import re
from pathlib import Path

from backend.settings import markdown_table

README = Path(__file__).parents[1] / "README.md"
BETWEEN = re.compile(r"(<!-- settings:[^\n]*-->\n).*?(<!-- end of settings -->)", re.DOTALL)


def with_table(text: str) -> str:
    return BETWEEN.sub(lambda marks: f"{marks[1]}{markdown_table()}{marks[2]}", text)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
