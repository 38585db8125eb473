"""How fast is an API read and loaded, against a bare loop of requests over the same pages?

    .venv/bin/python -m benchmarks.http [pages]

A server in a process of its own gives Lever-like pages of 100 records, at once and after WAIT: real services take 100
to 400 ms a page. The bare loop keeps its session and reads each page as JSON, nothing else; ours also spools, loads and
commits. Limit: 1.15 of the bare loop's time. Memory, with MEMORY for the engine: the peak with all pages beside that
with a tenth of them.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import requests

from connectors import load
from connectors.core import Run, discover
from connectors.kit.server import Asked, FakeApi, Reply, serving

RECORDS = 100
WAIT = 0.02  # seconds
MEMORY = "100MB"


def serve(pages: int, wait: float, pipe: Connection) -> None:
    """Lever's /opportunities in `pages` pages; every other resource answers 404."""
    stages = [{"toStageId": "s1", "toStageIndex": 0, "updatedAt": 1_750_000_000_000}] * 4

    def answer(asked: Asked) -> Reply:
        if asked.path != "/v1/opportunities":
            return Reply({}, 404)
        page = int(asked.query.get("offset", 0))
        records = [
            {"id": f"{page}-{n}", "updatedAt": 1_750_000_000_000, "stageChanges": stages, "tags": ["x"] * 20}
            for n in range(RECORDS)
        ]
        return Reply({"data": records, "hasNext": page + 1 < pages, "next": str(page + 1)}, delay=wait)

    with serving(FakeApi(answer)) as api:
        pipe.send(api.base)
        pipe.recv()


def read_bare(base: str) -> float:
    """Seconds."""
    begun, offset = time.perf_counter(), "0"
    with requests.Session() as session:
        while True:
            data = session.get(f"{base}/v1/opportunities", params={"offset": offset}, timeout=60).json()
            if not data["hasNext"]:
                return time.perf_counter() - begun
            offset = data["next"]


def read_ours(base: str, pipe: Connection) -> None:
    """Sends seconds and the peak of memory in MB."""
    connector = discover()["lever"]
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(f"{folder}/warehouse.duckdb", config={"memory_limit": MEMORY})
        load.prepare(connection)
        run = Run("ats", connector.settings.model_validate({"api_key": "x", "base_url": f"{base}/v1"}), Path(folder))
        begun = time.perf_counter()
        report = load.load_source(connection, connector, run)
        seconds = time.perf_counter() - begun
        pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, report.rows_loaded))


def measure(pages: int, wait: float) -> tuple[float, float, float, int]:
    """Seconds of the bare loop and of ours, the peak of ours in MB, and the rows it loaded."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(pages, wait, there))
    server.start()
    base = here.recv()
    bare = read_bare(base)
    mine, theirs = spawn.Pipe()
    reader = spawn.Process(target=read_ours, args=(base, theirs))
    reader.start()
    told = mine.recv()
    reader.join()
    here.send("end")
    server.join()
    return bare, *told


def main(pages: int) -> None:
    _, _, low, _ = measure(pages // 10, 0)
    for wait in (0.0, WAIT):
        bare, ours, high, rows = measure(pages, wait)
        print(
            f"{pages:,} pages of {RECORDS}, {wait * 1000:.0f} ms each: bare loop {bare:.1f} s,"
            f" spooled and loaded ({rows:,} rows) {ours:.1f} s, ratio {ours / bare:.2f} (limit 1.15)"
        )
    print(f"peak memory {low:.0f} MB with {pages // 10} pages, {high:.0f} MB with {pages}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
