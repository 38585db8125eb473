"""Tables from files: CSV, TSV, Excel and OpenDocument, in the template's format or by a profile; or from the resources
of a dlt source.

Settings: path (a file, a folder, a pattern) or dlt (tables/dlt_source.py says what it takes), profile (auto, template,
or a profile's name), load (delta | full), encoding, delimiter (comma, tab, semicolon, pipe, or any one sign) and
header_row (from 1), each only where the file's own signs mislead, sheet (only this one), hidden_sheets,
max_unpacked_mib and max_sheet_cells (formats.archive.Limits says why these), tax_rate (goes before the profile's own).
A profile is one YAML in connectors/profiles or in the home's profiles folder, which wins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.core import Connector, FileNotes, Part, PlainTable, Run, SourceFile, Stream
from connectors.entities import ENTITIES
from connectors.errors import FileRefused, ProfileError
from connectors.formats.archive import DEFAULT_LIMITS, Limits
from connectors.formats.dialect import DELIMITER_NAMES, Asked
from connectors.tables.dlt_source import DltSettings, open_resources
from connectors.tables.parts import read_parts
from connectors.tables.planning import AUTO, How, known_headers, plan_file, plan_tables
from connectors.tables.profile import read_profiles

SUFFIXES = frozenset(
    {
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".log",
        ".xlsx",
        ".xlsm",
        ".xltx",
        ".xls",
        ".xlsb",
        ".ods",
        ".htm",
        ".html",
        ".gz",
        ".zip",
    }
)
# Raised whenever the same bytes and settings would be read differently by new code, so that files are read again.
READER = "2"


class TableSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    dlt: DltSettings | None = None
    profile: str = AUTO
    load: Literal["delta", "full"] = "delta"
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = Field(default=None, ge=1, le=200)
    sheet: str | None = None
    hidden_sheets: bool = False
    max_unpacked_mib: int = Field(default=DEFAULT_LIMITS.unpacked_bytes >> 20, ge=1, le=65_536)
    max_sheet_cells: int = Field(default=DEFAULT_LIMITS.sheet_cells, ge=1_000)
    tax_rate: float | None = Field(default=None, ge=0, lt=1)

    @model_validator(mode="after")
    def _has_a_source(self) -> TableSettings:
        if (self.path is None) == (self.dlt is None):
            raise ValueError("needs either path (files) or dlt (resources of a dlt source)")
        return self

    @field_validator("delimiter")
    @classmethod
    def take_delimiter(cls, value: str | None) -> str | None:
        """A name or one character, as that character; a quote or a letter cannot part fields."""
        if value is None:
            return None
        named = {name: sign for sign, name in DELIMITER_NAMES.items()}.get(value.strip().lower(), value)
        if len(named) != 1 or named.isalnum() or named in "\"'\r\n" or not named.isascii():
            raise ValueError(f"{value!r} is no delimiter; allowed: comma, tab, semicolon, pipe, or one ASCII sign")
        return named

    def overrides(self) -> dict[str, float]:
        return {} if self.tax_rate is None else {"tax_rate": self.tax_rate}


def fingerprint(run: Run) -> str:
    """Changes with the settings and with any profile that could be chosen. Raises ProfileError where a profile is wrong
    or none has the name that the settings give: then no file of the source is read at all."""
    settings: TableSettings = run.settings
    how = read_how(run)
    known_headers(how)
    asked = [p for name, p in sorted(how.profiles.items()) if settings.profile in (AUTO, name)]
    text = "\n".join(
        [READER, settings.model_dump_json(exclude={"path", "dlt"}), *(p.path.read_text("utf-8") for p in asked)]
    )
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_how(run: Run) -> How:
    settings: TableSettings = run.settings
    return How(
        profiles=read_profiles(run.home / "profiles"),
        profile=settings.profile,
        asked=Asked(settings.encoding, settings.delimiter, settings.header_row),
        sheet=settings.sheet,
        hidden_sheets=settings.hidden_sheets,
        limits=Limits(settings.max_sheet_cells, settings.max_unpacked_mib << 20),
        settings=settings.overrides(),
    )


connector = Connector("table", TableSettings)


@connector.files(entities=tuple(ENTITIES), suffixes=SUFFIXES, fingerprint=fingerprint)
def read_tables(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part | PlainTable]:
    """Parts of every table in the file. Raises FileRefused, also where no profile fits or two fit alike."""
    settings: TableSettings = run.settings
    try:
        plan = plan_file(file.path, read_how(run))
    except ProfileError as error:
        raise FileRefused(error.message, where=error.where, mend=error.mend) from None
    for table, _ in plan.ignored:
        notes.warnings.append(f"sheet {table.sheet} is no entity and fits no profile; it was left out")
    for table_plan in plan.tables:
        yield from read_parts(table_plan, lambda name: replace(connector.streams[name], write=settings.load), notes)


@connector.feed
def resources(run: Run) -> Iterator[tuple[Part, str]]:
    """Parts of every resource that the settings name, the whole of each. Raises SettingsError and SourceError as
    `open_resources` does, ProfileError where a resource is nothing known: none is left out in silence."""
    settings: TableSettings = run.settings
    if settings.dlt is None:
        return

    def stream_of(name: str) -> Stream:
        return replace(connector.streams[name], write=settings.load)

    how, named = read_how(run), Path(f"{settings.dlt.module}.{settings.dlt.source}")
    with open_resources(settings.dlt, run.home) as tables:
        for table in tables:
            for plan in plan_tables([table], named, how).tables:
                for part in read_parts(plan, stream_of, FileNotes()):
                    assert isinstance(part, Part)
                    yield part, ""
