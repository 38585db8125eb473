"""Spark beyond one process, started here on loopback: a standalone cluster of one worker, and a Connect server."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from orchestration.spark import SETTINGS, STARTED
from tests.ports import find_port

PATIENCE = 120


@contextmanager
def serve(through: str, work: Path) -> Iterator[str]:
    """The `master` to name in tsunagu.yml. `through`: local (nothing is started), cluster, or connect; what is started
    ends with the context, and logs into `work`."""
    if through == "local":
        yield "local[*]"
        return
    work.mkdir(parents=True, exist_ok=True)
    port, page = find_port(), find_port()
    if through == "connect":
        settings = {**SETTINGS, **STARTED, "spark.connect.grpc.binding.port": str(port), "spark.driver.memory": "4g"}
        commands = [
            [
                "spark-submit",
                *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[*]"),
                *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
                *("--conf", "spark.connect.grpc.binding.address=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1"),
                *("--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.sql.shuffle.partitions=4"),
                "spark-internal",
            ]
        ]
        address = f"sc://127.0.0.1:{port}"
    else:
        address = f"spark://127.0.0.1:{port}"
        deploy, here = "org.apache.spark.deploy", ("--host", "127.0.0.1", "--webui-port")
        commands = [
            ["spark-class", f"{deploy}.master.Master", "--port", str(port), *here, str(page)],
            ["spark-class", f"{deploy}.worker.Worker", *here, "0", "--memory", "3g", address],
        ]
    home = Path(find_spec("pyspark").origin).parent  # pyright: ignore
    told = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(work / "worker")}
    started = []
    try:
        for place, command in enumerate(commands):
            log = work / f"{through}-{place}.log"
            started.append(
                subprocess.Popen(
                    [str(home / "bin" / command[0]), *command[1:]],
                    stdout=log.open("w", encoding="utf-8"),
                    stderr=subprocess.STDOUT,
                    cwd=work,
                    env={**os.environ, **told},
                )
            )
            _wait(port, started[-1], log)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise SystemExit(f"Spark did not start; {log} says why")
