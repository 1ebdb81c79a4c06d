"""Rows for a spreadsheet, as RFC 4180 has them. What people named is never taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | float | Decimal | None

_FORMULA_STARTS: Final = frozenset("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001 - their wide forms count too


def csv_of(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return sheet.getvalue()


def _written(cell: Cell) -> str | int | float | None:
    match cell:
        case str():
            # A leading apostrophe makes text of what a spreadsheet would compute.
            return f"'{cell}" if cell.lstrip(" ")[:1] in _FORMULA_STARTS else cell
        case Decimal():
            return f"{cell.normalize():f}"
        case _:
            return cell
