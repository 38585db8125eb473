"""Files of strangers with bytes flipped, cut off, spliced and doubled: no crash, no hang, every row accounted for."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from connectors import load
from connectors.core import Run, discover
from tests.conftest import ROOT, SHARED

pytestmark = pytest.mark.torture

INPUTS = int(os.environ.get("TSUNAGU_FUZZED", "10000"))
BATCH = 25
PATIENCE_SECONDS = 30  # for a whole batch
LARGEST = 100_000  # bytes of a file to begin with
TABLES = ("csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "html", "zip", "gz")
MAIL = ("eml", "mbox", "msg", "log", "jsonl")
TEXTS = (".csv", ".tsv", ".txt", ".mbox", ".log", ".jsonl")
STRANGERS = SHARED / "fixtures"
UNBALANCED = """
    select source, file, stream, rows_in, rows_loaded, rows_unchanged, rows_quarantined from ops.loads
    where rows_in <> rows_loaded + rows_unchanged + rows_quarantined
"""


def read_seeds(kinds: tuple[str, ...], *folders: Path) -> list[tuple[str, bytes]]:
    """(name, bytes) of each file; of long texts the beginning."""
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    chosen = [path for path in found if path.suffix[1:].lower() in kinds]
    whole = [path for path in chosen if path.suffix in TEXTS or path.stat().st_size <= LARGEST]
    return [(path.name, path.read_bytes()[:LARGEST]) for path in whole]


def spoil(random: Random, data: bytes, other: bytes) -> bytes:
    at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    match random.randrange(5):
        case 0:
            flipped = bytearray(data)
            for _ in range(random.choice((1, 3, 30))):
                if flipped:
                    flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
            return bytes(flipped)
        case 1:
            return data[:at]
        case 2:
            return data[:at] + other[random.randrange(len(other) + 1) :]
        case 3:
            return data[:end] + data[at:end] * random.choice((1, 2, 20)) + data[end:]
        case _:
            return data[:at] + bytes(random.randrange(256) for _ in range(random.choice((1, 8, 100)))) + data[end:]


# Half of strangers, most of which no profile knows, half of companies whose files load.
SEEDS = {
    "table": (
        read_seeds(TABLES, *(STRANGERS / name for name in ("csv", "sheets", "jp", "ats", "hr"))),
        read_seeds(TABLES, ROOT / "data" / "sample" / "inbox", *SHARED.glob("golden/*/inbox")),
    ),
    "mail": (read_seeds(MAIL, STRANGERS / "mail", STRANGERS / "jp"), read_seeds(MAIL, ROOT / "data" / "sample")),
}


@pytest.mark.parametrize("source", SEEDS)
def test_spoiled_files_never_crash_hang_or_miscount(source: str, tmp_path: Path) -> None:
    random = Random(f"spoiled {source}")
    connector = discover()[source]
    settings = connector.settings.model_validate({"path": "inbox"})
    told: dict[str, int] = {}

    def give_up(*_: Any) -> None:
        raise TimeoutError(f"more than {PATIENCE_SECONDS} s for {BATCH} files")

    signal.signal(signal.SIGALRM, give_up)
    inbox = tmp_path / "inbox"
    with duckdb.connect() as connection:
        load.prepare(connection)
        for place in range(0, INPUTS // 2, BATCH):
            inbox.mkdir()
            for n in range(place, place + BATCH):
                (name, data), (_, other) = (random.choice(random.choice(SEEDS[source])) for _ in range(2))
                (inbox / str(n)).mkdir()
                (inbox / str(n) / name).write_bytes(spoil(random, data, other))
            signal.alarm(PATIENCE_SECONDS)
            report = load.load_source(connection, connector, Run("stranger", settings, tmp_path))
            signal.alarm(0)
            for file in report.files:
                told[file.status] = told.get(file.status, 0) + 1
            assert len(report.files) >= BATCH, sorted({path.name for path in inbox.iterdir()})
            shutil.rmtree(inbox)
        assert connection.execute(UNBALANCED).fetchall() == []
        assert connection.execute("select count(*) from ops.loads").fetchall()[0][0] > 0
        rows = connection.execute(
            "select sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from ops.loads"
        ).fetchall()
    print(f"\n{INPUTS // 2:,} spoiled files for {source}: {told}; rows in, loaded, quarantined: {rows[0]}")
