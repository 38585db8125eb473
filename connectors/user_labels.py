"""The user's own aliases: a CSV or workbook with the columns vocabulary, label and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from connectors.errors import SettingsError
from connectors.formats.tabular import open_tables
from connectors.yaml_lines import nearest

COLUMNS = ("vocabulary", "label", "key")
VOCABULARIES = ("stage", "channel", "reason", "status")
SCHEMA: dict[str, Any] = dict.fromkeys(COLUMNS, pl.String)


def read_user_labels(path: Path | None) -> pl.DataFrame:
    """vocabulary, label, key as text, one row an alias; empty where no file is named. The last of two alike wins.

    Raises SettingsError naming file, line and the words allowed.
    """
    if path is None:
        return pl.DataFrame(schema=SCHEMA)
    tables = open_tables(path, known_headers=frozenset(COLUMNS))
    if not tables:
        return pl.DataFrame(schema=SCHEMA)
    table = tables[0]
    missing = [name for name in COLUMNS if name not in table.header]
    if missing:
        raise SettingsError(
            f"no column {', '.join(missing)}; found: {', '.join(table.header)}",
            where=f"{path}:{table.header_row}",
            mend=f"make the header {','.join(COLUMNS)}",
        )
    frames = [batch.rows.select(*COLUMNS, "_row_number") for batch in table.batches()]
    rows = pl.concat(frames) if frames else pl.DataFrame(schema={**SCHEMA, "_row_number": pl.Int64})
    rows = rows.with_columns(pl.col("vocabulary", "key").str.strip_chars())
    # Written in the plural or the singular, both are meant.
    rows = rows.with_columns(pl.col("vocabulary").str.to_lowercase().str.strip_suffix("s").replace("statu", "status"))
    wrong = rows.filter(~pl.col("vocabulary").is_in(VOCABULARIES) | pl.col("vocabulary").is_null())
    if wrong.height:
        word, line = wrong.item(0, "vocabulary"), wrong.item(0, "_row_number")
        raise SettingsError(
            f"{word!r} is no vocabulary{nearest(str(word), VOCABULARIES)}; allowed: {', '.join(VOCABULARIES)}",
            where=f"{path}:{line}",
            mend="correct the first column",
        )
    filled = rows.filter(pl.col("label").is_not_null() & pl.col("key").is_not_null() & (pl.col("key") != ""))
    return filled.unique(["vocabulary", "label"], keep="last", maintain_order=True).select(*COLUMNS)
