from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from opening import Reading, read_only_table


def write_sheets(path: Path, sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = ()) -> Path:
    """A workbook by a real writer; a value `=…` is a formula with the value behind `→`."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy/mm/dd"})
    moment = book.add_format({"num_format": "yyyy/mm/dd hh:mm"})
    clock = book.add_format({"num_format": "hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, datetime | date | time):
                    shown = moment if isinstance(value, datetime) else day if isinstance(value, date) else clock
                    sheet.write(r, c, value, shown)
                elif isinstance(value, str) and value.startswith("="):
                    formula, _, result = value.partition("→")
                    sheet.write(r, c, formula, None, result)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value)
                elif value is not None:
                    sheet.write(r, c, value)
        if name in hidden:
            sheet.hide()
    book.close()
    return path


def read_sheet(tmp_path: Path, rows: list[list[Any]], known: str = "") -> Reading:
    return read_only_table(write_sheets(tmp_path / "book.xlsx", {"応募者": rows}), known=known)
