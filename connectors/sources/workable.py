"""Workable, SPI v3 (https://SUBDOMAIN.workable.com/spi/v3).

Settings: `subdomain`, `token`; `base_url` and `requests_per_second` only where they differ from Workable's own; `load`.

Quirks: a candidate is one person's candidacy for one job, so it is both candidate and application here, and the same
person's next one is linked by identity. `paging.next` is the next page's whole URL. updated_after bounds the update
time, in seconds of ISO 8601. The stage history is the activities `applied`, `sourced`, `moved` and `reverted`, asked
for once for each candidate that changed; one without an offer answers 404. Deletions are not told: `load: full` reads
everything and buries what is gone. 10 requests in 10 seconds.
Checked against: Nango's models of jobs and candidates and published answers of SPI v3; activities and offers by the
vendor's public documentation from memory of 2025.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api import Api
from connectors.core import Connector
from connectors.credentials import Bearer
from connectors.http import Client, budget_for
from connectors.paging import by_url

REQUESTS_PER_SECOND = 1


class WorkableSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    subdomain: str = "www"
    token: SecretStr
    base_url: str | None = None
    requests_per_second: float | None = None
    load: Literal["delta", "full"] | None = None


def open_workable(settings: WorkableSettings) -> Client:
    base = settings.base_url or f"https://{settings.subdomain}.workable.com/spi/v3"
    budget = budget_for(base, settings.requests_per_second, REQUESTS_PER_SECOND)
    return Client(base, Bearer(settings.token.get_secret_value()), budget=budget)


connector = Connector("workable", WorkableSettings)
api = Api(
    connector,
    open_workable,
    next_page=by_url("paging", "next"),
    since=lambda start, end: {"updated_after": start},
)
PAGE = {"limit": 100}

api.resource("candidates", "candidates", records="candidates", params=PAGE, updated="updated_at", optional=False)
api.resource("activities", "candidates/{id}/activities", records="activities", params=PAGE, parent="candidates")
api.resource("offers", "candidates/{id}/offer", key="", parent="candidates", absent=(404,))
api.resource("jobs", "jobs", key="shortcode", records="jobs", params=PAGE, write="full")
api.resource("stages", "stages", key="slug", records="stages", write="full")
