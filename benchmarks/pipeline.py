"""What `tsunagu run` takes on the sample company, by phase: from nothing, and again without news.

`python -m benchmarks.pipeline`: each in a process of its own, as a person calls it; wall and CPU seconds.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
TSUNAGU = Path(sys.executable).with_name("tsunagu")


def run_once(home: Path) -> tuple[float, float, list[str]]:
    """Wall seconds, CPU seconds, and the lines that tell the phases."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    before, started = used.ru_utime + used.ru_stime, time.perf_counter()
    done = subprocess.run([TSUNAGU, "run", "--home", home], capture_output=True, text=True)
    wall, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    phases = [line for line in done.stdout.splitlines() if line.endswith(" s")]
    return wall, used.ru_utime + used.ru_stime - before, phases


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "sample"
        home.mkdir()
        for item in ("tsunagu.yml", "labels.csv"):
            shutil.copy2(SAMPLE / item, home)
        shutil.copytree(SAMPLE / "inbox", home / "inbox")
        for title in ("from nothing", "again, no news"):
            wall, cpu, phases = run_once(home)
            print(f"\ntsunagu run, sample company, {title}: wall {wall:.1f} s, CPU {cpu:.1f} s")
            told = sum(float(line.split()[-2]) for line in phases)
            for line in [*phases, f"{'start of Python, summary':<28} {wall - told:6.1f} s"]:
                print(f"  {line}")


if __name__ == "__main__":
    main()
