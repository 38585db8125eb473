"""How fast is an API read and loaded, against a bare loop of requests over the same pages?

    .venv/bin/python -m benchmarks.http [pages]

A server in a process of its own gives Lever-like pages of 100 records. The bare loop keeps its session and reads each
page as JSON, nothing else; ours also spools, loads and commits. Limit: 1.15 of the bare loop's time. Memory: the peak
with all pages beside that with a tenth of them.
"""

from __future__ import annotations

import json
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


def serve(pages: int, pipe: Connection) -> None:
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
        return Reply({"data": records, "hasNext": page + 1 < pages, "next": str(page + 1)})

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
        connection = duckdb.connect(f"{folder}/warehouse.duckdb")
        load.prepare(connection)
        run = Run("ats", connector.settings.model_validate({"api_key": "x", "base_url": f"{base}/v1"}), Path(folder))
        begun = time.perf_counter()
        report = load.load_source(connection, connector, run)
        seconds = time.perf_counter() - begun
        pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, report.rows_loaded))


def main(pages: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    told = {}
    for count in (pages // 10, pages):
        here, there = spawn.Pipe()
        server = spawn.Process(target=serve, args=(count, there))
        server.start()
        base = here.recv()
        bare = read_bare(base)
        mine, theirs = spawn.Pipe()
        reader = spawn.Process(target=read_ours, args=(base, theirs))
        reader.start()
        told[count] = (bare, *mine.recv())
        reader.join()
        here.send("end")
        server.join()
    (_, _, low, _), (bare, ours, high, rows) = told[pages // 10], told[pages]
    print(json.dumps({"pages": pages, "rows": rows}))
    print(f"bare loop {bare:.1f} s, spooled and loaded {ours:.1f} s, ratio {ours / bare:.2f} (limit 1.15)")
    print(f"peak memory {low:.0f} MB with {pages // 10} pages, {high:.0f} MB with {pages}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
