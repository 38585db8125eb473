"""What loading costs beside DuckDB's own bare reading of the same file, in this run, on this machine.

`python -m benchmarks.load [rows]`: 1M rows × 12 columns unless said. Three loads by the table connector: a first load,
the same bytes again, and the same rows in other bytes (exported again); and a first load by a plain polars reader that
checks nothing, which is the loader's own share. CPU and wall seconds, each the best of three,
and their ratio to `create table as select * from read_csv(…, all_varchar = true)`. For CP932 the bare reading is of the
same table in UTF-8, since DuckDB reads no CP932.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from connectors import load
from connectors.core import Connector, FileNotes, Part, Run, SourceFile, entity_stream
from connectors.sources.table import TableSettings, connector

ROWS = 1_000_000
TURNS = 3
# A first load may cost this much of the bare reading, a load without news this much of a first load.
FIRST = {"utf-8": 1.25, "cp932": 2.0}
AGAIN = 0.5
PLAIN_BYTES = 16 << 20
ROW_NUMBER = {"_row_number": pl.Int64}
HEADER = (
    "application_id,candidate_id,job_id,channel_label,agency_label,referrer_label,"
    "applied_at,status_label,outcome,closed_at,current_stage_label,updated_at"
)
CHANNELS = ("リクナビNEXT", "ビズリーチ", "社員紹介", "自社HP", "Indeed", "doda", "Wantedly")
STAGES = ("応募", "書類選考", "一次面接", "二次面接", "最終面接", "内定")
AGENCIES = ("", "", "株式会社エージェント東", "人材紹介西")


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


def write_table(path: Path, rows: int, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(HEADER + "\n")
        for n in range(rows):
            day = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}"
            file.write(
                f"A{n:08},C{n // 2:08},J{n % 997:04},{CHANNELS[n % 7]},{AGENCIES[n % 4]},紹介者{n % 5003},"
                f"{day} 10:{n % 60:02}:00,{STAGES[n % 6]},,,{STAGES[n % 6]},{day}T12:{n % 60:02}:00+09:00\n"
            )


def measure(work: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def read_bare(path: Path, folder: Path) -> Cost:
    target = folder / "bare.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute("set preserve_insertion_order = false")
        return measure(
            lambda: connection.execute(
                f"create table bare as select * from read_csv('{path}', all_varchar = true)"
            ).fetchall()
        )


def read_plainly(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
    names, line, carry = HEADER.split(","), 2, b""
    with file.path.open("rb") as handle:
        handle.readline()
        while block := handle.read(PLAIN_BYTES):
            block = carry + block
            end = block.rfind(b"\n") + 1
            block, carry = block[:end], block[end:]
            frame = pl.read_csv(block, has_header=False, new_columns=names, infer_schema=False)
            yield Part(entity_stream("applications"), frame.with_row_index("_row_number", line).cast(ROW_NUMBER))
            line += frame.height


def load_plainly(path: Path, folder: Path) -> Cost:
    plain = Connector("plain", TableSettings)
    plain.files(entities=("applications",))(read_plainly)
    target = folder / "plain.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute("set preserve_insertion_order = false")
        load.prepare(connection)
        run = Run("plain", TableSettings(path=path.name), folder)
        return measure(lambda: load.load_source(connection, plain, run))


def load_thrice(path: Path, folder: Path, encoding: str) -> dict[str, Cost]:
    """A first load, the same bytes, the same rows in other bytes."""
    home = folder / "home"
    (home / "inbox").mkdir(parents=True, exist_ok=True)
    for leftover in home.glob("warehouse.duckdb*"):
        leftover.unlink()
    inbox = home / "inbox" / "applications.csv"
    inbox.write_bytes(path.read_bytes())
    run = Run("ats", TableSettings(path="inbox"), home)
    costs: dict[str, Cost] = {}
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("set preserve_insertion_order = false")
        load.prepare(connection)
        for name, loaded in (("first load", True), ("same bytes", False), ("exported again", False)):
            if name == "exported again":
                # The same rows, but for a blank line at the end.
                with inbox.open("ab") as file:
                    file.write("\n".encode(encoding))
            reports: list[load.SourceReport] = []
            costs[name] = measure(lambda: reports.append(load.load_source(connection, connector, run)))  # noqa: B023
            counts = reports[-1]
            if bool(counts.rows_loaded) != loaded or counts.rows_quarantined:
                raise SystemExit(f"{name}: {counts}")
    return costs


def main(rows: int = ROWS) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {encoding: folder / f"{encoding}.csv" for encoding in ("utf-8", "cp932")}
        for encoding, path in files.items():
            write_table(path, rows, encoding)
        for encoding, path in files.items():
            best: dict[str, Cost] = {}
            for _ in range(TURNS):
                costs = {"bare read_csv": read_bare(files["utf-8"], folder), **load_thrice(path, folder, encoding)}
                if encoding == "utf-8":
                    costs["plain reader"] = load_plainly(path, folder)
                for label, cost in costs.items():
                    known = best.get(label, cost)
                    best[label] = Cost(min(known.cpu, cost.cpu), min(known.wall, cost.wall))
            report(encoding, rows, best)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def report(encoding: str, rows: int, best: dict[str, Cost]) -> None:
    bare, first = best["bare read_csv"], best["first load"]
    print(f"\n{encoding}, {rows:,} rows × {HEADER.count(',') + 1} columns")
    for label, cost in best.items():
        is_first = label in ("first load", "plain reader")
        base, limit, of = (bare, FIRST[encoding], "bare") if is_first else (first, AGAIN, "first")
        told = ""
        if label != "bare read_csv":
            told = f"   × {of}: CPU {cost.cpu / base.cpu:.2f}, wall {cost.wall / base.wall:.2f} (aim ≤ {limit})"
        print(f"  {label:<16} CPU {cost.cpu:6.2f} s  wall {cost.wall:6.2f} s{told}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
