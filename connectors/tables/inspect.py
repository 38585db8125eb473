"""How a file would be read, without loading it: what `tsunagu inspect` shows and `--write` starts from.

It plans and reads through the same modules as a run (planning.py, parts.py), so what is shown is what would be loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.core import FileNotes, Part, entity_stream
from connectors.errors import FileRefused, ProfileError, TsunaguError
from connectors.formats.tabular import NOTHING_ASKED, Asked, Batch, Tabular, open_tables
from connectors.tables.inspect_page import render
from connectors.tables.parts import read_parts
from connectors.tables.planning import AUTO, How, TablePlan, known_headers, plan_file
from connectors.tables.profile import LoadedProfile, read_profiles
from connectors.tables.recognise import Fit, rank_profiles
from connectors.tables.start_profile import write_profile

__all__ = ["Inspection", "Problem", "TableView", "inspect_file", "render", "write_profile"]

FIRST_ROWS = 3
# A page is read by a person: the first problems show the kind, the counts how many there are.
SHOWN_PROBLEMS = 12


@dataclass(frozen=True)
class Problem:
    row: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass
class TableView:
    """One table as it would be read. `sources`: header → the fields it feeds (`applications.applied_at`); `made`: the
    fields without a header of their own → what they are; `ranked`: profiles by how far they fit, best first."""

    sheet: str | None
    header: tuple[str, ...]
    header_row: int
    facts: dict[str, str]
    reading: str | None = None
    title: str | None = None
    ranked: tuple[Fit, ...] = ()
    sources: dict[str, list[str]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    first_rows: list[dict[str, Any]] = field(default_factory=list)
    rows_in: int = 0
    rows_refused: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    @property
    def unmapped(self) -> list[str]:
        return [name for name in self.header if name not in self.sources]


@dataclass
class Inspection:
    """`refusal`: why the file would go to quarantine whole; `left_out`: sheets that are nothing known."""

    path: Path
    profiles: dict[str, LoadedProfile]
    tables: list[TableView] = field(default_factory=list)
    left_out: list[TableView] = field(default_factory=list)
    refusal: TsunaguError | None = None

    @property
    def is_readable(self) -> bool:
        return self.refusal is None


def inspect_file(
    path: Path,
    home_profiles: Path | None,
    *,
    profile: str = AUTO,
    asked: Asked = NOTHING_ASKED,
    sheet: str | None = None,
) -> Inspection:
    """Read the whole file and keep nothing of it but the first rows and the first problems. Raises ProfileError only
    where a profile itself is wrong, or none has the name asked for."""
    profiles = read_profiles(home_profiles)
    how = How(profiles, profile, asked, sheet)
    known_headers(how)  # a wrong profile name is the caller's mistake, not the file's
    inspection = Inspection(path, profiles)
    try:
        plan = plan_file(path, how)
    except (FileRefused, ProfileError) as refusal:
        inspection.refusal = refusal
        inspection.left_out = _look_anyway(path, how)
        return inspection
    inspection.left_out = [_view(table, profiles) for table, _ in plan.ignored]
    for table_plan in plan.tables:
        view = _describe(table_plan)
        inspection.tables.append(view)
        try:
            _read(table_plan, view)
        except FileRefused as refusal:
            inspection.refusal = refusal
            break
    return inspection


def _look_anyway(path: Path, how: How) -> list[TableView]:
    """The header and first rows of a file that would be refused, where it can be opened at all."""
    try:
        tables = open_tables(path, known_headers=known_headers(how), asked=how.asked)
    except FileRefused:
        return []
    views = []
    for table in tables:
        view = _view(table, how.profiles)
        try:
            first = next(iter(table.batches()), None)
        except FileRefused:
            first = None
        if first is not None:
            view.first_rows = first.rows.head(FIRST_ROWS).to_dicts()
        views.append(view)
    return views


def _view(table: Tabular, profiles: dict[str, LoadedProfile] | Any) -> TableView:
    ranked = tuple(rank_profiles(profiles.values(), table.header))
    return TableView(table.sheet, table.header, table.header_row, table.facts, ranked=ranked)


def _describe(plan: TablePlan) -> TableView:
    view = TableView(plan.table.sheet, plan.table.header, plan.table.header_row, plan.table.facts, plan.name)
    view.ranked = plan.ranked
    view.title = plan.fit.loaded.profile.title_ja if plan.fit else None
    for binding in plan.bindings:
        name = binding.entity.name
        for header in binding.used_columns:
            fields = [f"{name}.{field}" for field in binding.feeds(header)]
            known = view.sources.setdefault(header, [])
            known += [field for field in fields if field not in known]
        for entity_field, source in binding.describe().items():
            cell = binding.cells.get(entity_field)
            if cell is None or not cell.uses:
                said = view.made.setdefault(f"{name}.{entity_field}", source)
                if source not in said:  # a constant a column, where columns are unpivoted
                    view.made[f"{name}.{entity_field}"] = f"{said}, {source.removeprefix('always ')}"
    return view


def _read(plan: TablePlan, view: TableView) -> None:
    def watch() -> Iterator[Batch]:
        for batch in plan.table.batches():
            missing = FIRST_ROWS - len(view.first_rows)
            if missing > 0:
                view.first_rows += batch.rows.head(missing).to_dicts()
            view.rows_in += batch.rows.height + batch.refused_rows
            yield batch

    notes = FileNotes()
    for part in read_parts(replace(plan, table=replace(plan.table, read=watch, plain=None)), entity_stream, notes):
        assert isinstance(part, Part)  # nothing is plain here, so that every row passes by
        view.counts[part.stream.name] += part.rows.height
        view.rows_refused += part.refused_rows
        if part.refused is not None:
            for line in part.refused.iter_rows(named=True):
                view.reasons[f"{line['column'] or 'row'}: {line['reason']}"] += 1
                if len(view.problems) < SHOWN_PROBLEMS:
                    view.problems.append(Problem(line["row_number"], line["column"], line["value"], line["reason"]))
    view.warnings = notes.warnings
