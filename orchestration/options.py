"""What a person may choose for one run, the same on the command line and in Dagster's launchpad."""

from __future__ import annotations

from datetime import date

import dagster as dg
from pydantic import Field


class Options(dg.ConfigurableResource):
    as_of: str = Field(default="", description="YYYY-MM-DD; empty: the newest extraction of anything loaded")
    full_refresh: bool = Field(default=False, description="read every file again; let a full export delete over 20 %")

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.as_of) if self.as_of else None
