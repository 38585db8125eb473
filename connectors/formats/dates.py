"""Text as written to canonical text, by kind, a column at a time.

Canonical: at `YYYY-MM-DD` or `YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]]` with or without `Z`, `±HH:MM`, `±HHMM`; date the same;
n `-?\\d+`; num and yen `-?\\d+(\\.\\d+)?`; flag true, false, 1 or 0 in any case; list joined by `;`. Text that is
canonical already passes as it is, found by a few vectorised expressions; only distinct others are read one by one
(moments.py, amounts.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import polars as pl

from connectors.entities import Kind
from connectors.formats.amounts import read_flag, read_number
from connectors.formats.moments import DateSystem, read_moment

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?"
CANONICAL: dict[Kind, str] = {
    "at": rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK})?$",
    "date": rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK})?$",
    "n": r"^-?[0-9]{1,18}$",
    "num": r"^-?[0-9]+(?:\.[0-9]+)?$",
    "yen": r"^-?[0-9]{1,16}(?:\.[0-9]+)?$",
    "flag": r"^(?i:true|false|1|0)$",
}
# 2025/3/1 9:05 is what Excel writes on a Japanese machine: up to a million different ones, too many to read one by one.
COMMON = r"^[0-9]{4}(?:/[0-9]{1,2}/|-[0-9]{1,2}-)[0-9]{1,2}(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?$"
GROUPED = r"^-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$"
LIST_SEPARATOR = re.compile(r"\s*[;；,，、\r\n]+\s*")

# Signs for "nothing here" that people type into a cell; in these kinds they cannot be anything else.
NOTHING = frozenset("- -- ー － ― — – ‐ − ... … n/a N/A NA na null NULL None #N/A".split())
NO_DATE = frozenset("未定 未 なし 無し 無 0000-00-00 0000/00/00".split()) | {"0000-00-00 00:00:00"}

EXPECTED: dict[Kind, str] = {
    "at": "a date or time such as 2025-03-11, 2025-03-11 14:05, 2025年3月11日 午後2時5分 or R7.3.11",
    "date": "a date such as 2025-03-11, 2025/3/11, 2025年3月11日 or 令和7年3月11日",
    "n": "a whole number",
    "num": "a number",
    "yen": "an amount such as 1234, ¥1,234 or 3.5万円",
    "flag": "true, false, 1, 0, ○, ×, 有 or 無",
}


def to_canonical(values: pl.Series, kind: Kind, *, date_system: DateSystem = "1900") -> tuple[pl.Series, pl.Series]:
    """`values` (String) as canonical text of `kind`, and a mask that is False where the text cannot be read so.

    Both have the length of `values`. Blank is null and ok. A sign for "nothing" (`-`, N/A, and 未定 in dates) is the
    empty text and ok. Where the mask is False the canonical text is null. Kinds id and text pass as they are.
    `date_system` is where the serial numbers of the values' workbook begin.
    """
    ok = pl.repeat(True, len(values), eager=True).alias("ok")
    if kind in ("id", "text"):
        return values, ok
    frame = pl.DataFrame({"raw": values}).with_columns(text=pl.col("raw").str.strip_chars())
    frame = frame.with_columns(text=pl.when(pl.col("text") != "").then("text"))
    frame = frame.with_columns(done=_pass_canonical(kind))
    open_rows = pl.col("text").is_not_null() & pl.col("done").is_null()
    if kind in ("at", "date") and frame.select(open_rows.any()).item():
        frame = frame.with_columns(done=pl.coalesce("done", _pad_common(pl.when(open_rows).then("text"))))
    rest = frame.filter(open_rows)["text"].unique()
    if rest.len():
        read = _reader(kind, date_system)
        known = {text: read(text) for text in rest}
        mapped = pl.col("text").replace_strict(known, default=None, return_dtype=pl.String)
        frame = frame.with_columns(done=pl.coalesce("done", mapped))
    done = frame["done"].alias(values.name)
    return done, (frame["text"].is_null() | done.is_not_null()).alias("ok")


def _pass_canonical(kind: Kind) -> pl.Expr:
    """The canonical text of what needs no closer look, null for the rest."""
    text = pl.col("text")
    if kind == "list":
        return pl.when(~text.str.contains(r"[；,，、\r\n]|\s;|;\s")).then(text)
    plain = text.str.contains(CANONICAL[kind])
    if kind in ("at", "date"):
        # The pattern lets 2025-02-30 through; the calendar does not.
        real = text.str.head(10).str.to_date("%Y-%m-%d", strict=False).is_not_null()
        return pl.when(plain & real).then(text)
    if kind in ("n", "num", "yen"):
        grouped = text.str.contains(GROUPED)
        bare = text.str.replace_all(",", "", literal=True)
        return pl.when(plain).then(text).when(grouped & bare.str.contains(CANONICAL[kind])).then(bare)
    return pl.when(plain).then(text)


def _pad_common(text: pl.Expr) -> pl.Expr:
    # Parsing takes 0.2 CPU seconds for a million, capturing the parts with the pattern 3.
    slashed = pl.when(text.str.contains(COMMON)).then(text.str.replace_all("-", "/", literal=True))
    day = slashed.str.to_date("%Y/%m/%d", strict=False).dt.to_string("%Y-%m-%d")
    times = (slashed.str.to_datetime(f"%Y/%m/%d {clock}", strict=False) for clock in ("%H:%M", "%H:%M:%S"))
    return pl.coalesce(day, *(time.dt.to_string("%Y-%m-%dT%H:%M:%S") for time in times))


def _reader(kind: Kind, date_system: DateSystem) -> Callable[[str], str | None]:
    if kind == "list":
        return _read_list
    if kind in ("at", "date"):
        return partial(_read_or_nothing, lambda text: read_moment(text, date_system), NOTHING | NO_DATE)
    if kind == "flag":
        return partial(_read_or_nothing, read_flag, NOTHING)
    return partial(_read_or_nothing, lambda text: read_number(text, kind), NOTHING)


def _read_or_nothing(read: Callable[[str], str | None], nothing: frozenset[str], text: str) -> str | None:
    return "" if text in nothing else read(text)


def _read_list(text: str) -> str:
    return ";".join(part for part in LIST_SEPARATOR.split(text.strip()) if part)
