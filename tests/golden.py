"""The comparer: what a mart says against what a CSV of expected rows says it must say.

Expected cells: empty is NULL; times are UTC as `YYYY-MM-DD HH:MM:SS`; `X or Y` allows either (strings in quotes);
`person` names a person by the smallest application id of the person, `interviewer` one by the smallest of
their evaluation ids. Numbers agree to a relative 1e-6, money to 0.01.
Columns that only the actual rows have are not looked at.

    python -m tests.golden MARTS_OR_WAREHOUSE.duckdb EXPECTED_DIR [table…]
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

KEYS: dict[str, tuple[str, ...]] = {
    "fct_applications": ("application_id", "source"),
    "fct_stage_visits": ("application_id", "visit_no"),
    "fct_relay_referrals": ("registration_id",),
    # entry_id is deterministic but unnamed by the specification, so an entry is known by what it says.
    "fct_quota_ledger": ("entry_type", "slot_no", "slot_use_id"),
    "mart_channel": ("channel_id", "applied_month"),
    "mart_stage_conversion": ("stage_key", "applied_month", "job_family", "department", "channel_id"),
    "mart_stage_curve": ("dimension", "member", "stage_key", "day"),
    "mart_rejection": ("closed_month", "stage_key", "department", "channel_id", "party", "reason_key"),
    "mart_retention": ("dimension", "member", "horizon_days"),
    "mart_talent_pool": ("application_id",),
    "mart_relay_funnel": ("closed_month", "department", "channel_id"),
    "mart_quota_balance": ("balance_date",),
    "mart_time_in_stage": ("stage_key", "job_family", "department"),
    "mart_stage_activity": ("event_month", "stage_key", "basis"),
    "mart_offer": ("extended_month", "job_family"),
    "mart_job": ("source", "job_id"),
    "mart_cost_per_hire": ("period", "period_start"),
    "mart_candidate_experience": ("applied_month", "channel_id"),
    "mart_interviewer": ("interviewer", "half_year"),
    "mart_department_calibration": ("department",),
    "mart_selection_validity": ("stage_key", "criterion"),
    "mart_data_quality": ("source", "entity"),
    "mart_reapplicant": ("application_id",),
}
MONEY = re.compile(
    r"cost_(gross|refunded|net|external|internal|to_come|per_\w+|net_of_slots)|(slot_)?value_used|amount"
)
ALTERNATIVE = re.compile(r"'[^']*' or |.* or (None|'[^']*')$|[-+\d.e]+ or [-+\d.e]+$")
SHOWN = 5  # differences a table prints before it only counts them


def canonical_text(value: Any) -> str:
    """One value as the expected files write it, so that keys of both sides can be looked up in one dictionary."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return value.isoformat(sep=" ")
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def agree(expected: str, actual: Any, *, money: bool = False) -> bool:
    """True where `actual` is what the expected cell says, or one of what it allows."""
    if ALTERNATIVE.match(expected):
        return any(agree(_unquote(part), actual, money=money) for part in expected.split(" or "))
    if expected == "" or actual is None:
        return expected == "" and actual in (None, "")
    if isinstance(actual, bool):
        return expected.lower() == str(actual).lower()
    if isinstance(actual, int | float | Decimal):
        try:
            wanted = float(expected)
        except ValueError:
            return False
        if money:
            return abs(wanted - float(actual)) <= 0.01 + 1e-6  # the last bits of a binary hundredth
        # The absolute part is for rates that are 0 up to rounding: the smallest honest rate is above 1e-7.
        return math.isclose(wanted, float(actual), rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(actual, datetime):
        return _same_moment(expected, canonical_text(actual))
    return expected == canonical_text(actual)


def _unquote(part: str) -> str:
    return "" if part == "None" else part[1:-1] if part.startswith("'") else part


def _same_moment(expected: str, actual: str) -> bool:
    try:
        return datetime.fromisoformat(expected) == datetime.fromisoformat(actual)
    except ValueError:
        return False


def name_persons(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], name: str = "person_id", by: str = "application_id"
) -> dict[str, str]:
    """person_id → the smallest application id of the person, from the rows of fct_applications (or another id)."""
    person, application = columns.index(name), columns.index(by)
    names: dict[str, str] = {}
    for row in rows:
        known = names.get(row[person])
        names[row[person]] = row[application] if known is None else min(known, row[application])
    return names


def read_expected(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of an expected file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return list(reader.fieldnames or []), rows


def compare(
    expected_csv: Path,
    actual_columns: Sequence[str],
    actual_rows: Iterable[Sequence[Any]],
    key: Sequence[str] | None = None,
    persons: Mapping[str, str] | None = None,
    interviewers: Mapping[str, str] | None = None,
) -> list[str]:
    """Every difference as a line of text; empty where the rows agree.

    `key` defaults to the table's own (KEYS, by the file's stem); `persons` maps person_id to the smallest application
    id and is only needed where the expected file has `person` and the actual rows have person_id, fct_applications
    excepted, which tells it itself.
    """
    columns, expected = read_expected(expected_csv)
    actual = [tuple(row) for row in actual_rows]
    key = tuple(key or KEYS[expected_csv.stem])
    places = {name: place for place, name in enumerate(actual_columns)}
    if "person" in columns and "person" not in places and "person_id" in places:
        names = persons if persons is not None else name_persons(actual_columns, actual)
        place = places["person_id"]
        actual = [(*row, names.get(row[place])) for row in actual]
        places["person"] = len(actual_columns)
    if "interviewer" in columns and "interviewer_id" in places:
        place = places["interviewer_id"]
        actual = [(*row, (interviewers or {}).get(str(row[place]))) for row in actual]
        places["interviewer"] = len(places)
    missing = [name for name in columns if name not in places]
    if missing:
        return [f"columns missing: {', '.join(missing)}"]

    wanted: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in expected:
        wanted[tuple(canonical_key(row[name]) for name in key)].append(row)
    found: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in actual:
        found[tuple(canonical_key(canonical_text(row[places[name]])) for name in key)].append(row)

    lines = []
    for at, rows in wanted.items():
        spoken = "/".join(at)
        others = found.get(at, [])
        if len(rows) != len(others):
            lines.append(f"{spoken}: {len(rows)} expected, {len(others)} actual")
            continue
        # Entries of one key (a slot reversed twice) stand in the order of what they say.
        rows = sorted(rows, key=lambda row: [row[name] for name in columns])
        others = sorted(others, key=lambda other: [canonical_text(other[places[name]]) for name in columns])
        for row, other in zip(rows, others, strict=True):
            lines += [
                f"{spoken}: {name} expected {row[name]!r}, actual {canonical_text(other[places[name]])!r}"
                for name in columns
                if not agree(row[name], other[places[name]], money=MONEY.fullmatch(name) is not None)
            ]
    lines += [f"{'/'.join(at)}: 0 expected, {len(rows)} actual" for at, rows in found.items() if at not in wanted]
    return lines


def canonical_key(text: str) -> str:
    """A key cell: `1.0` and `1` are one number; everything else is itself."""
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def read_actual(con: duckdb.DuckDBPyConnection, table: str) -> tuple[list[str], list[tuple[Any, ...]]] | None:
    """Columns and rows of a table in schema marts, else in main; None where neither has it."""
    schemas = con.execute(
        "select table_schema from information_schema.tables where table_name = ? and table_schema in ('marts', 'main')"
        " order by table_schema = 'main'",
        [table],
    ).fetchall()
    if not schemas:
        return None
    cursor = con.execute(f'select * from {schemas[0][0]}."{table}"')
    return [column[0] for column in cursor.description or []], cursor.fetchall()


def compare_database(
    database: Path, expected: Path, tables: Sequence[str] = ()
) -> dict[str, tuple[int, int, list[str]]]:
    """table → (rows expected, rows actual, differences), for the named tables or every CSV of the folder."""
    results: dict[str, tuple[int, int, list[str]]] = {}
    con = duckdb.connect(str(database), read_only=True)
    try:
        applications = read_actual(con, "fct_applications")
        persons = name_persons(*applications) if applications else {}
        sheets = read_actual(con, "fct_evaluations")
        interviewers = name_persons(*sheets, "interviewer_id", "evaluation_id") if sheets else {}
        for path in sorted(expected.glob("*.csv")):
            if tables and path.stem not in tables:
                continue
            actual = read_actual(con, path.stem)
            rows = len(read_expected(path)[1])
            if actual is None:
                results[path.stem] = (rows, 0, ["no such table"])
            else:
                results[path.stem] = (
                    rows,
                    len(actual[1]),
                    compare(path, *actual, persons=persons, interviewers=interviewers),
                )
    finally:
        con.close()
    return results


def main(arguments: Sequence[str]) -> int:
    """Print one line a table and its first differences; 0 where all agree, 1 where any differs, 2 for wrong usage."""
    if len(arguments) < 2:
        print((__doc__ or "").strip().splitlines()[-1].strip())
        return 2
    results = compare_database(Path(arguments[0]), Path(arguments[1]), arguments[2:])
    print(f"{'table':24}{'expected':>10}{'actual':>10}{'differing':>11}")
    for table, (rows, others, lines) in results.items():
        print(f"{table:24}{rows:>10}{others:>10}{len(lines):>11}")
        for line in lines[:SHOWN]:
            print(f"    {line}")
    return 1 if not results or any(lines for *_, lines in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
