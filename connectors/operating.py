"""What tsunagu.yml says of the machine and of daily operation: memory, versions kept, how long persons are kept."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from connectors.terms import Strict


class WarehouseLimits(Strict):
    """What DuckDB may take. `memory_limit` None leaves DuckDB's own default, 80 % of the machine."""

    memory_limit: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
    threads: int | None = Field(default=None, ge=1)


class Publishing(Strict):
    """`keep`: how many earlier published files stay, each as large as marts.duckdb. Three: what a Friday's run and the
    weekend's replaced is still there on Monday, when people look. `engine`: whose tables are published; spark builds
    every model again from the lake, at the end of a run (docs/spark.md)."""

    keep: int = Field(default=3, ge=0)
    engine: Literal["duckdb", "spark"] = "duckdb"


class Alerts(Strict):
    """`webhook`: where {"text": …} is sent when a run failed, as Slack, Teams and Google Chat take it; with
    `level: warning` also when a source failed or is stale, rows were refused or a check warned."""

    webhook: str = Field(pattern=r"^https?://\S+$")
    level: Literal["failure", "warning"] = "failure"


class LakeSettings(Strict):
    """`folder`: where the change log is exported to as Parquet at the end of every run, from the home on."""

    folder: str = Field(min_length=1)


class SparkSettings(Strict):
    """Where Spark works, with `publish: {engine: spark}`. `master`: this machine's cores, a standalone cluster, or a
    Spark Connect server, whose machines all see the home's folder under one path. `memory`: the driver's where it is
    started here, which on one machine does all the work. What else a cluster needs stands where Spark itself looks:
    SPARK_CONF_DIR/spark-defaults.conf."""

    master: str = Field(default="local[*]", pattern=r"^(local\[(\*|[1-9]\d*)\]|(spark|sc)://[^\s/:]+:\d+)$")
    memory: str = Field(default="2g", pattern=r"^[1-9]\d*[mg]$")

    @property
    def is_remote(self) -> bool:
        """Whether all of Spark runs elsewhere: this machine then needs no Java."""
        return self.master.startswith("sc://")


class Scheduling(Strict):
    """How Dagster keeps its history and watches its runs. `storage`: a postgresql:// address, for a history that
    outlives this machine or is shared by several; without it, files in the home. `max_run_hours`: a scheduled run that
    takes longer is ended, so that one that hangs does not keep the next ones waiting for ever; six hours are many
    times what a million applications take."""

    storage: SecretStr | None = None
    max_run_hours: int = Field(default=6, ge=1)

    @field_validator("storage")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        address = urlsplit("" if value is None else value.get_secret_value())
        if value is not None and not (address.scheme == "postgresql" and address.hostname and address.path.strip("/")):
            raise ValueError("allowed is postgresql://USER:PASSWORD@HOST:5432/DATABASE, best from a ${VARIABLE}")
        return value


Days = Literal["never"] | int


class Retention(Strict):
    """Days after an application ended until its applicant is erased, by how it ended; `never` keeps them."""

    rejected: Days = Field(default="never")
    withdrawn: Days = Field(default="never")
    offer_declined: Days = Field(default="never")
    not_considered: Days = Field(default="never")
    duplicate: Days = Field(default="never")
    hired: Days = Field(default="never")

    def days(self) -> dict[str, int]:
        """outcome → days, of those with a limit."""
        return {name: value for name, value in self.model_dump().items() if isinstance(value, int)}

    @field_validator("*")
    @classmethod
    def _is_positive(cls, value: Days) -> Days:
        if isinstance(value, int) and value < 1:
            raise ValueError("allowed are whole days from 1 on, or never")
        return value


class Consent(Strict):
    """`match_agency_list`: may the agency's registrations be matched to applicants? Where not, whoever registered stays
    unknown here: the agency's list alone counts."""

    match_agency_list: bool = True
