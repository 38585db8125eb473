"""Random histories of exports against a second, slow way of keeping a change log: row by row, in a Python list."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.loading import Company


@dataclass
class Version:
    key: str
    title: str | None
    day: int
    order: int
    is_deleted: bool = False


@dataclass
class SlowLog:
    """The rules of the change log, one row at a time."""

    versions: list[Version] = field(default_factory=list)
    day_of_file: dict[str, int] = field(default_factory=dict)
    newest_full: int = 0

    def newest(self, key: str, until: int = 99) -> Version | None:
        found = [version for version in self.versions if version.key == key and version.day <= until]
        return max(found, key=lambda version: (version.day, version.order), default=None)

    def add(self, key: str, title: str | None, day: int, *, is_deleted: bool = False) -> Version:
        version = Version(key, title, day, len(self.versions), is_deleted)
        self.versions.append(version)
        return version

    def load(self, name: str, day: int, rows: list[tuple[str, str]], *, is_full: bool) -> int:
        day = self.day_of_file[name] = max(day, self.day_of_file.get(name, 0))
        is_late = any(version.day > day for version in self.versions)
        before = {key: self.newest(key) for key, _ in rows}
        live = {version.key for version in self.versions if self.is_live(version.key)}
        added = []
        for key, title in rows:
            known = [self.newest(key, day)] + ([before[key]] if is_late else [])
            if not any(version and not version.is_deleted and version.title == title for version in known):
                added.append(self.add(key, title, day))
        loaded = len(added)
        if is_full and is_late and self.newest_full > day:
            for key in dict.fromkeys(version.key for version in added):
                if self.newest(key) in added:
                    self.add(key, None, self.newest_full, is_deleted=True)
        elif is_full and not is_late:
            for key in sorted(live - {key for key, _ in rows}):
                self.add(key, None, day, is_deleted=True)
        if is_full:
            self.newest_full = max(self.newest_full, day)
        return loaded

    def is_live(self, key: str) -> bool:
        newest = self.newest(key)
        return newest is not None and not newest.is_deleted

    def all(self) -> list[tuple[Any, ...]]:
        return sorted((v.key, v.title or "", v.day, v.is_deleted) for v in self.versions)

    def current(self) -> list[tuple[Any, ...]]:
        keys = sorted({version.key for version in self.versions if self.is_live(version.key)})
        return [(key, newest.title) for key in keys if (newest := self.newest(key))]


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_leaves_the_versions_that_a_row_by_row_log_leaves(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    company, slow = Company(tmp_path), SlowLog()
    for turn in range(8):
        name, day, is_full = dice.choice("ab"), dice.randint(1, 28), dice.random() < 0.5
        sheets = [
            [(f"J{dice.randint(1, 6)}", f"職{dice.randint(1, 2)}") for _ in range(dice.randint(0, 7))]
            for _ in range(dice.randint(1, 3))
        ]
        for file in (tmp_path / "inbox").iterdir():
            file.unlink()
        parts = [
            {"stream": "jobs", "rows": [{"job_id": key, "title": title} for key, title in sheet]} for sheet in sheets
        ]
        company.drop(f"{name}.json", *parts, day=f"2025-07-{day:02}", turn=turn)
        report = company.load(write="full" if is_full else "delta", full_refresh=True)
        rows = [row for sheet in sheets for row in sheet]
        assert report.rows_loaded == slow.load(name, day, rows, is_full=is_full), f"turn {turn}"
        assert report.rows_in == len(rows) == report.rows_loaded + report.rows_unchanged
        assert slow.current() == company.current("jobs", "title"), f"turn {turn}"
        assert slow.all() == sorted(
            company.rows("select _key, coalesce(title, ''), day(_extracted_at), _deleted from raw_ats.jobs")
        )
