"""The page that `tsunagu inspect` prints: for a recruiter, so every finding says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.tables.parts import count_rows

if TYPE_CHECKING:
    from connectors.tables.inspect import Inspection, TableView

SHOWN_FITS = 3
CELL_CHARS = 40
# Columns of a terminal from which three sample rows fit beside the mapping.
WIDE = 110
FACT_NAMES = {
    "encoding": "encoding",
    "delimiter": "delimiter",
    "format": "format",
    "date_system": "dates from",
    "rows_above_header": "rows above the header",
    "blank_lines": "blank lines",
    "hidden_sheets_skipped": "hidden sheets, not read",
    "sheets_without_table": "sheets without a table",
}


def render(inspection: Inspection, console: Console) -> None:
    """Print the page. Cells of the file are shown: it is for the person at the terminal, and goes to no log."""
    _say(console, str(inspection.path), "bold")
    for view in inspection.tables:
        _render_table(view, console)
    for view in inspection.left_out:
        _render_unknown(view, console, is_refused=not inspection.tables)
    if inspection.refusal is not None:
        _say(console, f"\nThis file would be refused: {inspection.refusal}", "bold red")
        return
    refused = sum(view.rows_refused for view in inspection.tables)
    if not inspection.tables:
        _say(console, "\nThere is no table in this file: it would load nothing.", "yellow")
    elif refused:
        _say(
            console,
            f"\n{count_rows(refused)} would go to quarantine, the rest would load. Mend those cells in the source and"
            " drop the file again: rows that have not changed are not loaded twice.",
            "yellow",
        )
    else:
        _say(console, "\nEverything in this file would load. Drop it into the inbox of a table source.", "green")


def _render_table(view: TableView, console: Console) -> None:
    title = f"read as {view.reading}" + (f"  {view.title}" if view.title else "")
    _say(console, f"\n{_place(view)}: {title}", "bold")
    _render_facts(view, console)
    if view.ranked:
        best, *others = view.ranked
        _say(console, f"  fits: {best.matched} of {best.required} required headers, score {best.score:g}")
        near = [fit.tell() for fit in others[:SHOWN_FITS] if fit.matched]
        if near:
            _say(console, "  next: " + "\n        ".join(near), "dim")
    _render_columns(view, console)
    if view.made:
        _say(console, "  filled without a column of its own:")
        for name, source in view.made.items():
            _say(console, f"    {name} ← {source}", "dim")
    counts = ", ".join(f"{name} {count:,}" for name, count in view.counts.items() if count) or "none"
    _say(console, f"  {count_rows(view.rows_in)} in the file; records: {counts}; refused: {view.rows_refused:,}")
    for warning in view.warnings:
        _say(console, f"  warning: {warning}", "yellow")
    _render_problems(view, console)


def _render_unknown(view: TableView, console: Console, *, is_refused: bool) -> None:
    _say(console, f"\n{_place(view)}: {'not known' if is_refused else 'left out, not known'}", "bold yellow")
    _render_facts(view, console)
    near = [fit.tell() for fit in view.ranked[:SHOWN_FITS] if fit.matched]
    if near:
        _say(console, "  nearest profiles: " + "\n                    ".join(near))
    _render_columns(view, console)


def _place(view: TableView) -> str:
    return (f"sheet {view.sheet}, " if view.sheet else "") + f"header in row {view.header_row}"


def _render_facts(view: TableView, console: Console) -> None:
    for fact, name in FACT_NAMES.items():
        if fact in view.facts:
            reason = view.facts.get(f"{fact}_reason")
            _say(console, f"  {name}: {view.facts[fact]}" + (f" ({reason})" if reason else ""))
    if "header_found_by" in view.facts:
        _say(console, f"  header found by: {view.facts['header_found_by']}")


def _render_columns(view: TableView, console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="bold")
    # On a narrow terminal the mapping is what a person needs; rich would squeeze just these columns to nothing.
    shown = view.first_rows if console.width >= WIDE else view.first_rows[:1]
    table.add_column("column in the file", min_width=12, overflow="fold")
    if view.reading:
        table.add_column("becomes", min_width=30, overflow="fold")
    for row in shown:
        table.add_column(f"row {row.get('_row_number')}", overflow="ellipsis", no_wrap=True, max_width=CELL_CHARS)
    for name in view.header:
        fields = view.sources.get(name)
        becomes = (
            Text(", ".join(fields) or "decides which rows are meant")
            if fields is not None
            else Text("kept as it is", "dim")
        )
        cells = [Text((row.get(name) or "").replace("\n", "⏎")[:CELL_CHARS]) for row in shown]
        table.add_row(Text(name), *([becomes] if view.reading else []), *cells)
    console.print(table)


def _render_problems(view: TableView, console: Console) -> None:
    if not view.problems:
        return
    table = Table(title="problems", title_justify="left", box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in ("row", "column", "value", "what is wrong"):
        table.add_column(name, justify="right" if name == "row" else "left")
    for problem in view.problems:
        value = (problem.value or "")[:CELL_CHARS]
        table.add_row(str(problem.row or ""), Text(problem.column or ""), Text(value), Text(problem.reason))
    console.print(table)
    total = sum(view.reasons.values())
    if total > len(view.problems):
        _say(console, f"  … {total:,} in all:")
        for reason, count in view.reasons.most_common(8):
            _say(console, f"    {count:,} × {reason}")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style), highlight=False, soft_wrap=True)
