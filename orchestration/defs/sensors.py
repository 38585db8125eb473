"""A run when a file in an inbox has settled: once a content, however often it is touched."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster import SensorEvaluationContext

from connectors import inbox
from connectors.settings import Home

TICK_SECONDS = 30
# A file is settled when a whole tick passes without its size or time changing: a copy over a slow share pauses for
# seconds, not for half a minute.

Seen = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Look:
    """One look at the inboxes: what was seen, and the contents that have settled and were never reported."""

    cursor: dict[str, dict[str, str]]
    settled: list[str]


def look_at_inboxes(home: Home, seen: Seen) -> Look:
    """Pure but for reading the folders: a file's content counts when its stamp is the same as at the last look.

    What was seen of a file that is gone is kept, so that a content moved, copied or dropped again is no news.
    """
    cursor = {key: dict(was) for key, was in seen.items() if was["content"]}
    known = {(key.split("/", 1)[0], was["content"]) for key, was in cursor.items()}
    settled: list[str] = []
    for source in home.sources.values():
        if source.connector.file_reader is None:
            continue
        for file in inbox.list_files(home.root, source, home.company.timezone).files:
            key = f"{source.name}/{file.name}"
            before = seen.get(key, {})
            now = {"hashed": before.get("hashed", ""), "content": before.get("content", "")}
            try:
                stamp = _stamp(file.path)
                if before.get("stamp") == stamp and before.get("hashed") != stamp:
                    now = {"hashed": stamp, "content": _digest(file.path)}
            except FileNotFoundError:
                # Taken away since the folder was listed.
                continue
            cursor[key] = {"stamp": stamp, **now}
            if now["content"] and (source.name, now["content"]) not in known:
                known.add((source.name, now["content"]))
                settled.append(f"{key}={now['content']}")
    return Look(cursor, settled)


def _stamp(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def build_inbox_sensor(home: Home, job_name: str) -> dg.SensorDefinition:
    @dg.sensor(
        name="inbox",
        job_name=job_name,
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when a file dropped into an inbox has settled; each content once.",
    )
    def watch(context: SensorEvaluationContext) -> dg.SensorResult:
        look = look_at_inboxes(home, json.loads(context.cursor or "{}"))
        requests = []
        if look.settled:
            run_key = hashlib.blake2b("\n".join(sorted(look.settled)).encode(), digest_size=16).hexdigest()
            requests.append(dg.RunRequest(run_key=run_key, tags={"tsunagu/trigger": "inbox"}))
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(look.cursor))

    return watch
