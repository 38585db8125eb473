"""What a run learned of one source."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.ops import Counts


@dataclass(frozen=True)
class FileReport:
    """`status`: loaded, unchanged (this content was loaded before), refused, or unsettled (it changed while it was
    read; the next run takes it)."""

    name: str
    status: str
    facts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass
class SourceReport:
    """What one source delivered in one run. `failure`: set by the caller where loading raised.

    A file whose content was loaded before counts as unchanged, rows that still wait in quarantine as quarantined.
    """

    source: str
    files: list[FileReport] = field(default_factory=list)
    streams: dict[str, Counts] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failure: str | None = None

    @property
    def rows_in(self) -> int:
        return sum(counts.rows_in for counts in self.streams.values())

    @property
    def rows_loaded(self) -> int:
        return sum(counts.rows_loaded for counts in self.streams.values())

    @property
    def rows_unchanged(self) -> int:
        return sum(counts.rows_unchanged for counts in self.streams.values())

    @property
    def rows_quarantined(self) -> int:
        return sum(counts.rows_quarantined for counts in self.streams.values())

    @property
    def rows_tombstoned(self) -> int:
        return sum(counts.rows_tombstoned for counts in self.streams.values())

    def tell(self, file: FileReport) -> None:
        self.files.append(file)
        self.warnings += [f"{file.name}: {warning}" for warning in file.warnings]

    def count(self, stream: str, counts: Counts) -> None:
        self.streams.setdefault(stream, Counts()).add(counts)
