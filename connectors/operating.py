"""What tsunagu.yml says of the machine and of daily operation: memory, versions kept, how long persons are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from connectors.terms import Strict


class WarehouseLimits(Strict):
    """What DuckDB may take. `memory_limit` None leaves DuckDB's own default, 80 % of the machine."""

    memory_limit: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
    threads: int | None = Field(default=None, ge=1)


class Publishing(Strict):
    """`keep`: how many earlier published files stay, each as large as marts.duckdb. Three: what a Friday's run and the
    weekend's replaced is still there on Monday, when people look."""

    keep: int = Field(default=3, ge=0)


class Alerts(Strict):
    """`webhook`: where {"text": …} is sent when a run failed, as Slack, Teams and Google Chat take it; with
    `level: warning` also when a source failed or is stale, rows were refused or a check warned."""

    webhook: str = Field(pattern=r"^https?://\S+$")
    level: Literal["failure", "warning"] = "failure"


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
