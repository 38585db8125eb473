"""How far the cells of an ODS sheet reach, which are merged and which formulas failed, read from its XML without laying
the sheet out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from connectors.errors import FileRefused
from connectors.formats.extent import Box, FormulaErrors
from connectors.formats.header_rows import MERGES, Merge

FORMULA_ERROR = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|(?:Err|エラー):\d{3}")
ERRORS = 100_000  # failed formulas of a sheet; 1 kB of XML can repeat one a million times


def measure_ods(
    pieces: Iterator[bytes], where: str, merges: dict[str, list[Merge]], errors: dict[str, FormulaErrors]
) -> list[Box]:
    """The box of each table of content.xml with its repeated rows and cells multiplied out, as the reader does.
    `merges` gets the merged cells of each table by its name, `errors` the formulas that failed: ODF has no value for
    them, and the reader takes the empty text or the 0 that is written in its place
    (https://github.com/tafia/calamine/issues/720).

    Repeated empty cells at the end of a row, and repeated empty rows at the end of a table, cost nothing and do not
    count.
    """
    boxes: list[Box] = []
    found: list[Merge] = []
    failed: FormulaErrors = {}
    in_row: dict[int, str] = {}
    text: list[str] = []  # of a formula's cell
    state = {
        "formula": 0,
        "row": 0,
        "rows": 0,
        "column": 0,
        "last": 0,
        "columns": 0,
        "repeat": 1,
        "cell": 1,
        "filled": 0,
    }

    def start(name: str, attributes: dict[str, Any]) -> None:
        nonlocal found, failed
        tag = name.rpartition(":")[2]
        if tag == "table":
            state.update(row=0, rows=0, columns=0)
            found = merges.setdefault(attributes.get("table:name", ""), [])
            failed = errors.setdefault(attributes.get("table:name", ""), {})
        elif tag == "table-row":
            in_row.clear()
            state.update(column=0, last=0, repeat=int(attributes.get("table:number-rows-repeated", 1)))
        elif tag in ("table-cell", "covered-table-cell"):
            state["cell"] = int(attributes.get("table:number-columns-repeated", 1))
            if "table:formula" in attributes:
                # 2 where LibreOffice itself says that it is an error.
                state["formula"] = 1 + (attributes.get("calcext:value-type") == "error")
                parser.CharacterDataHandler = text.append
            down, right = (int(attributes.get(f"table:number-{n}-spanned", 1)) for n in ("rows", "columns"))
            if (down > 1 or right > 1) and len(found) < MERGES:
                row, column = state["row"], state["column"]
                found.append((row, column, row + down - 1, column + right - 1))
            state["filled"] = int(
                any(key.startswith(("office:value", "office:date-", "office:boo")) for key in attributes)
            )
        elif tag == "p":
            state["filled"] = 1

    def keep_error(told: str) -> None:
        if state["formula"] == 2 or FORMULA_ERROR.fullmatch(told):
            if state["cell"] > ERRORS:
                raise too_many
            in_row.update(dict.fromkeys(range(state["column"], state["column"] + state["cell"]), told or "error"))
        parser.CharacterDataHandler = None
        text.clear()
        state["formula"] = 0

    def end(name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("table-cell", "covered-table-cell"):
            if state["formula"]:
                keep_error("".join(text).strip())
            state["column"] += state["cell"]
            if state["filled"]:
                state["last"] = state["column"]
            state["filled"] = 0
        elif tag == "table-row":
            if in_row:
                rows = range(state["row"], state["row"] + state["repeat"])
                if (len(failed) + len(rows)) * len(in_row) > ERRORS:
                    raise too_many
                failed.update({row: dict(in_row) for row in rows})
            state["row"] += state["repeat"]
            if state["last"]:
                state["rows"] = state["row"]
                state["columns"] = max(state["columns"], state["last"])
        elif tag == "table":
            boxes.append(Box(state["rows"], state["columns"]))

    too_many = FileRefused(f"more than {ERRORS:,} formulas of a sheet have an error", where=where, mend="mend them")
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise FileRefused(f"the XML is broken: {error}", where=where, mend="open it and save it again") from None
    return boxes
