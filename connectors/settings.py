"""tsunagu.yml read into typed settings, and the home it stands in.

Every mistake is a SettingsError that names file, line, key, the value found, the values allowed and the mend, and
all mistakes of a file are told at once, before anything is read or loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import BaseModel, Field, field_validator

from connectors.core import Connector, discover
from connectors.errors import SettingsError
from connectors.linkage import Linkage
from connectors.operating import (
    Alerts,
    Consent,
    LakeSettings,
    Publishing,
    Retention,
    Scheduling,
    SparkSettings,
    WarehouseLimits,
)
from connectors.terms import AgencyTerms, RelayTerms, Strict
from connectors.variables import fill_variables
from connectors.yaml_lines import LinedYaml, explain, nearest, read_yaml

SETTINGS_FILE = "tsunagu.yml"
# The name becomes the schema raw_<name> and a part of every key, so it must be a plain SQL identifier.
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class Company(Strict):
    name: str
    timezone: str = "Asia/Tokyo"
    fiscal_year_start: int = Field(default=4, ge=1, le=12)

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in available_timezones():
            hint = nearest(value, available_timezones())
            raise ValueError(f"no such time zone{hint}; allowed are IANA names such as Asia/Tokyo")
        return value


@dataclass(frozen=True)
class Source:
    """One connection: its name in tsunagu.yml, its connector, and the connector's own typed settings."""

    name: str
    connector: Connector
    settings: BaseModel


class _File(Strict):
    company: Company
    sources: dict[str, dict[str, Any]]
    relay: list[RelayTerms] = Field(default=[])
    agencies: list[AgencyTerms] = Field(default=[])
    labels: str | None = None
    warehouse: WarehouseLimits = WarehouseLimits()
    publish: Publishing = Publishing()
    identity: Linkage = Linkage()
    alerts: Alerts | None = None
    freshness: dict[str, Annotated[int, Field(ge=1)]] = Field(default={})
    retention: Retention = Retention()
    consent: Consent = Consent()
    dagster: Scheduling = Scheduling()
    lake: LakeSettings | None = None
    spark: SparkSettings = SparkSettings()


@dataclass(frozen=True)
class Home:
    """One company's folder and what its tsunagu.yml says. `relay` is sorted by valid_from, `agencies` by name, then
    valid_from."""

    root: Path
    company: Company
    sources: Mapping[str, Source]
    relay: tuple[RelayTerms, ...]
    labels: Path | None
    limits: WarehouseLimits
    agencies: tuple[AgencyTerms, ...] = ()
    publishing: Publishing = field(default_factory=Publishing)
    linkage: Linkage = field(default_factory=Linkage)
    alerts: Alerts | None = None
    freshness: Mapping[str, int] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    consent: Consent = field(default_factory=Consent)
    scheduling: Scheduling = field(default_factory=Scheduling)
    lake: LakeSettings | None = None
    spark: SparkSettings = field(default_factory=SparkSettings)

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        return self.root / "marts.duckdb"

    @property
    def versions(self) -> Path:
        """The folder of the marts that were published before."""
        return self.root / "versions"

    @property
    def profiles(self) -> Path:
        return self.root / "profiles"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """What the tools keep between runs and may always be deleted: dbt's parse, Dagster's history."""
        return self.root / ".tsunagu"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.company.timezone)


def find_home(explicit: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """--home, else TSUNAGU_HOME, else the current folder if it is one, else the sample company of the checkout."""
    sample = Path(__file__).resolve().parents[1] / "data" / "sample"
    if explicit is not None:
        places = [(explicit, "--home")]
    elif environ.get("TSUNAGU_HOME"):
        places = [(Path(environ["TSUNAGU_HOME"]), "TSUNAGU_HOME")]
    else:
        places = [(Path.cwd(), "the current folder"), (sample, "the sample company")]
    for place, _ in places:
        if (place / SETTINGS_FILE).is_file():
            return place.resolve()
    looked = "\n".join(f"  {place / SETTINGS_FILE}  ({why})" for place, why in places)
    raise SettingsError(f"no {SETTINGS_FILE} found. Looked at:\n{looked}", mend="tsunagu init DIR makes a new home")


def _read_env(path: Path) -> dict[str, str]:
    if path.exists() and path.stat().st_mode & 0o004:
        raise SettingsError(
            "everybody on this machine can read the secrets in it", where=str(path), mend=f"chmod 600 {path}"
        )
    return {key: value for key, value in dotenv_values(path).items() if value is not None}


def load_home(root: Path, environ: Mapping[str, str] = os.environ) -> Home:
    """Read and check `root`/tsunagu.yml. Raises SettingsError with every mistake found."""
    root = root.resolve()
    path = root / SETTINGS_FILE
    document = read_yaml(path)
    variables = {**_read_env(root / ".env"), **environ}
    mistakes: list[str] = []
    data = fill_variables(document, variables, mistakes)
    parsed = explain(_File, data, document, mistakes)
    sources: dict[str, Source] = {}
    raw_sources = data.get("sources") if isinstance(data, dict) else None
    if isinstance(raw_sources, dict):
        connectors = discover()
        for name, entry in raw_sources.items():
            source = _read_source(str(name), entry, connectors, document, mistakes)
            if source is not None:
                sources[source.name] = source
    labels = None
    if parsed is not None and parsed.labels is not None:
        labels = root / parsed.labels
        if not labels.is_file():
            mistakes.append(
                f"{document.at('labels')}: labels: no file {labels}\n→ write it (vocabulary,label,key) or drop the line"
            )
    if parsed is not None and len({t.valid_from for t in parsed.relay}) < len(parsed.relay):
        mistakes.append(f"{document.at('relay')}: relay: two entries with the same valid_from\n→ keep one of them")
    if parsed is not None and len({t.in_force for t in parsed.agencies}) < len(parsed.agencies):
        mistakes.append(
            f"{document.at('agencies')}: agencies: two entries of one agency with the same valid_from"
            "\n→ keep one of them"
        )
    for name in parsed.freshness if parsed is not None else ():
        if name not in sources and isinstance(raw_sources, dict) and name not in raw_sources:
            mistakes.append(
                f"{document.at('freshness', name)}: freshness.{name}: no such source{nearest(name, sources)}"
                "\n→ name one of sources:"
            )
    if mistakes or parsed is None:
        raise SettingsError("\n".join(mistakes))
    return Home(
        root=root,
        company=parsed.company,
        sources=sources,
        relay=tuple(sorted(parsed.relay, key=lambda terms: terms.valid_from)),
        agencies=tuple(sorted(parsed.agencies, key=lambda terms: terms.in_force)),
        labels=labels,
        limits=parsed.warehouse,
        publishing=parsed.publish,
        linkage=parsed.identity,
        alerts=parsed.alerts,
        freshness=parsed.freshness,
        retention=parsed.retention,
        consent=parsed.consent,
        scheduling=parsed.dagster,
        lake=parsed.lake,
        spark=parsed.spark,
    )


def _read_source(
    name: str, entry: Any, connectors: Mapping[str, Connector], document: LinedYaml, mistakes: list[str]
) -> Source | None:
    where = document.at("sources", name)
    if not SOURCE_NAME.fullmatch(name):
        mistakes.append(
            f"{where}: sources.{name}: a source name is lower-case letters, digits and _, starting with a letter"
            f"\n→ rename it, for example {re.sub(r'[^a-z0-9_]+', '_', name.lower()).strip('_0123456789') or 'ats'}"
        )
        return None
    if not isinstance(entry, dict):
        return None  # already told by the shape of _File
    kind = entry.get("connector")
    if kind not in connectors:
        known = ", ".join(sorted(connectors))
        found = "missing" if kind is None else f"{kind!r} is no connector{nearest(str(kind), connectors)}"
        mistakes.append(f"{where}: sources.{name}.connector: {found}; allowed: {known}\n→ name one of them")
        return None
    connector = connectors[str(kind)]
    settings = explain(
        connector.settings,
        {key: value for key, value in entry.items() if key != "connector"},
        document,
        mistakes,
        prefix=("sources", name),
    )
    if settings is None:
        return None
    path = getattr(settings, "path", None)
    if isinstance(path, str) and not _exists(document.path.parent / path):
        mistakes.append(
            f"{document.at('sources', name, 'path')}: sources.{name}.path: no such file or folder:"
            f" {document.path.parent / path}\n→ make the folder, or correct the path"
        )
        return None
    return Source(name, connector, settings)


def _exists(path: Path) -> bool:
    # A pattern may match nothing today; the folder it stands in must be there.
    while any(sign in path.name for sign in "*?["):
        path = path.parent
    return path.exists()
