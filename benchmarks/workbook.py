"""How fast is a workbook read, against fastexcel alone on the same file?

    .venv/bin/python -m benchmarks.workbook [rows] [columns]

Fastexcel alone reads the sheet as text into Arrow. The connector's reader also walks the archive first (sizes,
entities, the furthest cell, merged cells), finds the header, writes dates as dates, and sets aside rows with errors.
Target: at most 1.3 times the CPU seconds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fastexcel
import xlsxwriter

from connectors.formats.tabular import open_tables

TARGET = 1.3
RUNS = 3


def write_workbook(path: Path, rows: int, columns: int) -> None:
    """Ids, names, dates, numbers and short texts in turn, as recruiting sheets hold them."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("応募者")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, [f"列{number}" for number in range(columns)])
    for row in range(1, rows + 1):
        for column in range(columns):
            match column % 4:
                case 0:
                    sheet.write_string(row, column, f"A{row:07d}-{column}")
                case 1:
                    sheet.write_number(row, column, 45_000 + row % 700, day)
                case 2:
                    sheet.write_number(row, column, row * 17 % 9973)
                case _:
                    sheet.write_string(row, column, f"見本{row % 997}")
    book.close()


def read_alone(path: Path) -> int:
    return fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_arrow().num_rows


def read_as_connector(path: Path) -> int:
    [table] = open_tables(path)
    return sum(batch.rows.height for batch in table.batches())


def measure(read: Callable[[Path], int], path: Path, rows: int) -> float:
    """CPU seconds. Raises SystemExit where rows are missing: a fast reader that loses some has no speed."""
    before = time.process_time()
    found = read(path)
    spent = time.process_time() - before
    if found != rows:
        raise SystemExit(f"{read.__name__} found {found:,} of {rows:,} rows")
    return spent


def main() -> None:
    rows, columns = (int(number) for number in (*sys.argv[1:], *("100000", "20")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        write_workbook(path, rows, columns)
        # In turn, so that what else the machine does meets both alike.
        pairs = [(measure(read_alone, path, rows), measure(read_as_connector, path, rows)) for _ in range(RUNS)]
    alone, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"XLSX {rows:,} × {columns}: fastexcel alone {alone:.2f} CPU s, connector {ours:.2f} CPU s")
    print(f"ratio {ours / alone:.2f} (limit {TARGET})", "ok" if ours <= TARGET * alone else "TOO SLOW")


if __name__ == "__main__":
    main()
