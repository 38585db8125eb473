"""`make bench`: every benchmark in turn, each figure beside the limit it was measured against in the same run."""

from __future__ import annotations

import subprocess
import sys

# load: a CSV into the change log beside DuckDB's bare read; workbook: an XLSX beside fastexcel alone;
# mail: a mailbox beside the standard library's parser;
# models: dbt's builds beside the same compiled SQL; pipeline: `tsunagu run` on the sample company, by phase;
# http: an API beside a bare loop of requests.
# identity: linking beside bare Splink on the same records.
PARTS = ("load", "workbook", "mail", "models", "pipeline", "http", "identity")


def main() -> int:
    """Run the parts named on the command line, else all; 1 where one of them could not be measured."""
    failed = 0
    for part in sys.argv[1:] or PARTS:
        print(f"== {part}", flush=True)
        failed |= subprocess.call([sys.executable, "-m", f"benchmarks.{part}"])
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
