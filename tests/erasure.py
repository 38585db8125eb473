"""What tests of an erasure look at: the published numbers, and every byte that is left."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence
from pathlib import Path

import duckdb


def content(path: Path) -> dict[str, list[tuple]]:
    with duckdb.connect(str(path), read_only=True) as marts:
        tables = [row[0] for row in marts.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {t: marts.execute(f'select * from "{t}" order by all').fetchall() for t in tables}


def spell(text: str) -> set[bytes]:
    """Written apart from the program's own spelling: what a plain reader of the bytes would look for."""
    found = set()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp932", "iso2022_jp"):
        raw = text.encode(encoding, "ignore")
        found |= {raw, quopri.encodestring(raw).strip(b"=\n")}
        for pad in range(3):
            found.add(base64.b64encode(b"x" * pad + raw + b"x" * (3 - (pad + len(raw)) % 3))[4 if pad else 0 : -4])
    return {needle for needle in found if len(needle) > 7}


def find_left(home: Path, strings: Sequence[str]) -> list[str]:
    """Files outside the inbox that hold one of `strings` in any encoding, and tables that do."""
    needles = [needle for text in strings for needle in spell(text)]
    hits = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and "inbox" not in path.parts:
            raw = path.read_bytes()
            hits += [path.name for needle in needles if needle in raw]
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        for schema, table in warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            text = "\n".join(map(str, warehouse.execute(f'select * from "{schema}"."{table}"').fetchall()))
            hits += [f"{schema}.{table}" for string in strings if string in text]
    return hits
