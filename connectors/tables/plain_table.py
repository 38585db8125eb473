"""When a planned table is so plain that the loader may take the file as it is (core.PlainTable)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from connectors.core import Part, PlainTable, Stream
from connectors.tables.canonical import CERTAIN
from connectors.tables.planning import TablePlan

# Keys of these kinds are their text without the white space around it; others need reading (007 is 7).
TEXT_KEYS = ("id", "text")


def offer_plain(plan: TablePlan, sample: Sequence[Part], stream_of: Callable[[str], Stream]) -> PlainTable | None:
    """`sample`: the parts of the first rows. None where a cell, a row or a column of the table needs anything done."""
    text = plan.table.plain
    if text is None or plan.skip is not None or len(plan.bindings) != 1 or len(sample) != 1:
        return None
    binding, rows = plan.bindings[0], sample[0].rows
    kinds = binding.entity.fields
    if binding.made_up or binding.where is not None or binding.one_per_key or binding.skips_blank_keys:
        return None
    if any(kinds[name] not in TEXT_KEYS for name in binding.entity.key) or sample[0].refused is not None:
        return None
    if not {"_parsed", "_extra"}.isdisjoint(rows.columns):
        return None
    fields: dict[str, str] = {}
    for name, cell in binding.cells.items():
        if not cell.is_plain or len(cell.keeps) != 1 or not cell.raw.meta.eq(pl.col(cell.keeps[0])):
            return None
        fields[cell.keeps[0]] = name
    if len(fields) != len(binding.cells) or fields.keys() != set(plan.table.header):
        return None
    columns = tuple(fields[name] for name in plan.table.header)
    return PlainTable(
        stream=stream_of(binding.entity.name),
        columns=columns,
        header=plan.table.header,
        delimiter=text.delimiter,
        patterns={name: CERTAIN[kinds[name]] for name in columns if kinds[name] in CERTAIN},
        sample=rows,
        cut=text.cut,
    )
