"""The rows of a planned table as parts for the loader: records, refused cells, and columns nobody mapped.

A row of the file is loaded or refused as one: where a cell means nothing, no record of that row is loaded, whatever
entities it would have given, and quarantine names the cell with the row whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import polars as pl

from connectors.core import REFUSED_SCHEMA, FileNotes, Part, PlainTable, Stream
from connectors.formats.tabular import Batch
from connectors.tables.canonical import write_json
from connectors.tables.mapping import Mapped
from connectors.tables.plain_table import offer_plain
from connectors.tables.planning import TablePlan

EMPTY_ROWS = {"_row_number": pl.Int64}


@dataclass
class _Counts:
    skipped: int = 0
    nowhere: int = 0


def read_parts(plan: TablePlan, stream_of: Callable[[str], Stream], notes: FileNotes) -> Iterator[Part | PlainTable]:
    """A part an entity and batch, at least one (empty) for the main entity; before them all the whole table, where it
    is plain. `notes` is whole once all have come."""
    counts = _Counts()
    batches = plan.table.batches()
    first = [part for batch in islice(batches, 1) for part in _map_batch(plan, batch, stream_of, counts)]
    whole = offer_plain(plan, first, stream_of)
    if whole is not None:
        yield whole
    if whole is not None and whole.taken is not None:
        plan.table.facts["rows"] = str(whole.taken)
    else:
        yield Part(stream_of(plan.bindings[0].entity.name), pl.DataFrame(schema=EMPTY_ROWS))
        yield from first
        for batch in batches:
            yield from _map_batch(plan, batch, stream_of, counts)
    _note(plan, notes, counts)


def _map_batch(plan: TablePlan, batch: Batch, stream_of: Callable[[str], Stream], counts: _Counts) -> Iterator[Part]:
    rows = batch.rows if plan.skip is None else batch.rows.filter(~plan.skip)
    counts.skipped += batch.rows.height - rows.height
    mapped = [binding.map_rows(rows) for binding in plan.bindings]
    came_anywhere = pl.select(pl.any_horizontal(*(m.came for m in mapped))).to_series()
    counts.nowhere += int((~came_anywhere).sum())
    refused = _refuse(rows, mapped)
    extras = _keep_extras(plan, rows, mapped)
    by_entity: dict[str, list[pl.DataFrame]] = {}
    bad_of: dict[str, list[pl.DataFrame]] = {}
    for place, (binding, result) in enumerate(zip(plan.bindings, mapped, strict=True)):
        frame = result.rows
        if place in extras:
            frame = frame.with_columns(_extra=extras[place])
        if refused is not None:
            frame = frame.join(refused, left_on="_row_number", right_on="row_number", how="anti", maintain_order="left")
            mine = refused.filter(pl.col("place") == place)
            bad_of.setdefault(binding.entity.name, []).append(mine)
        if binding.one_per_key:
            frame = frame.unique(list(binding.entity.key), keep="last", maintain_order=True)
        by_entity.setdefault(binding.entity.name, []).append(frame)
    for place, (name, frames) in enumerate(by_entity.items()):
        bad = pl.concat(bad_of[name]) if name in bad_of else None
        yield _make_part(stream_of(name), frames, bad, batch if place == 0 else None)


def _make_part(stream: Stream, frames: list[pl.DataFrame], bad: pl.DataFrame | None, batch: Batch | None) -> Part:
    """`batch`: for the main entity, whose part also tells what the reader of the format refused."""
    rows = frames[0]
    if len(frames) > 1:
        rows = pl.concat(frames, how="diagonal").sort("_row_number", maintain_order=True)
    refused, refused_rows = [], 0
    if batch is not None and batch.refused.height:
        refused.append(batch.refused)
        refused_rows += batch.refused_rows
    if bad is not None and bad.height:
        refused.append(bad.select(*REFUSED_SCHEMA))
        refused_rows += bad.get_column("row_number").n_unique()
    return Part(stream, rows, pl.concat(refused) if refused else None, refused_rows)


def _refuse(rows: pl.DataFrame, mapped: list[Mapped]) -> pl.DataFrame | None:
    """Every bad cell once, with its whole row, under the first binding (`place`) that has one in that row."""
    bad = [m.bad.with_columns(place=pl.lit(place)) for place, m in enumerate(mapped) if m.bad.height]
    if not bad:
        return None
    cells = pl.concat(bad).unique(["_row_number", "column", "value"], keep="first", maintain_order=True)
    cells = cells.with_columns(place=pl.col("place").min().over("_row_number"))
    affected = rows.join(cells, on="_row_number", how="semi")
    columns = [name for name in rows.columns if name != "_row_number"]
    records = affected.select("_row_number", record=write_json((name, pl.col(name)) for name in columns))
    joined = cells.join(records, on="_row_number", how="left", maintain_order="left")
    return joined.rename({"_row_number": "row_number"}).select(*REFUSED_SCHEMA, "place")


def _keep_extras(plan: TablePlan, rows: pl.DataFrame, mapped: list[Mapped]) -> dict[int, pl.Series]:
    """place of a binding → `_extra` of its rows: each row's columns that no record of it holds whole, told once, with
    the first record the row gives."""
    whole: set[str] = set()
    partly: dict[str, list[int]] = {}
    for place, (binding, result) in enumerate(zip(plan.bindings, mapped, strict=True)):
        if result.came.all():
            whole |= binding.kept_columns
        else:
            for name in binding.kept_columns:
                partly.setdefault(name, []).append(place)
    loose = [name for name in plan.table.header if name not in whole]
    if not loose:
        return {}
    masks = {f"came:{place}": result.came for place, result in enumerate(mapped)}

    def piece(name: str) -> pl.Expr:
        held = [pl.col(f"came:{place}") for place in partly.get(name, ())]
        return pl.when(~pl.any_horizontal(*held) if held else pl.lit(True), pl.col(name) != "").then(pl.col(name))

    told = rows.with_columns(**masks).select(write_json((name, piece(name)) for name in loose)).to_series()
    extras: dict[int, pl.Series] = {}
    open_rows = pl.repeat(True, rows.height, eager=True)
    for place, (binding, result) in enumerate(zip(plan.bindings, mapped, strict=True)):
        if not binding.one_per_key and (open_rows & result.came).any():
            extras[place] = told.set(~open_rows, None).filter(result.came)
            open_rows = open_rows & ~result.came
    return extras


def count_rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _note(plan: TablePlan, notes: FileNotes, counts: _Counts) -> None:
    prefix = f"{plan.table.sheet}: " if plan.table.sheet else ""
    notes.facts |= {f"{prefix}{name}": value for name, value in plan.table.facts.items()}
    notes.facts[f"{prefix}profile"] = plan.name
    notes.facts[f"{prefix}header_row"] = str(plan.table.header_row)
    unmapped = plan.unmapped
    if unmapped:
        notes.facts[f"{prefix}unmapped"] = ", ".join(unmapped)
        if plan.fit is None:
            notes.warnings.append(f"{prefix}no field of {plan.bindings[0].entity.name}: {', '.join(unmapped)}")
    if counts.skipped:
        notes.warnings.append(f"{prefix}{count_rows(counts.skipped)} left out: totals, or what the profile skips")
    if counts.nowhere:
        notes.warnings.append(f"{prefix}{count_rows(counts.nowhere)} without any record")
    told: set[tuple[int, ...]] = set()
    for binding in plan.bindings:
        for name, made in binding.made_up.items():
            if made.repeated_rows and tuple(made.repeated_rows) not in told:
                told.add(tuple(made.repeated_rows))
                shown = ", ".join(map(str, made.repeated_rows[:5]))
                notes.warnings.append(
                    f"{prefix}{count_rows(len(made.repeated_rows))} whose {name} stood above (row {shown}"
                    f"{' …' if len(made.repeated_rows) > 5 else ''}): exact repeats count once, others as further lines"
                )
