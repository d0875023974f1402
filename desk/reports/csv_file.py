"""Reports as CSV: for Excel (a byte order mark), and without formulas."""

import csv
import io
from typing import Any

from desk.reports.figures import Report, Table

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that a spreadsheet may take for a formula, in both widths."""
BOM = "\ufeff"


def write_csv(report: Report, heading: str) -> str:
    """All tables of a report, one below the other, each under its caption.

    Args:
        report: The report; hidden numbers are hidden here too.
        heading: Period and hub, for whoever finds the file later.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([guarded(report.title)])
    writer.writerow([guarded(heading)])
    writer.writerow([guarded(report.reading)])
    for table in report.tables:
        writer.writerow([])
        _write(writer, table)
    writer.writerow([])
    for note in report.notes:
        writer.writerow([guarded(note)])
    return BOM + file.getvalue()


def _write(writer: Any, table: Table) -> None:
    writer.writerow([guarded(table.caption)])
    writer.writerow(map(guarded, (table.corner, *table.columns)))
    for row in table.rows:
        values = (
            str(cell.value) if cell.value is not None else guarded(cell.text) for cell in row.cells
        )
        writer.writerow([guarded(row.head), *values])


def guarded(text: str) -> str:
    """The text, which no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_SIGNS) else text
