"""Greenhouse, Harvest API v3 (https://harvest.greenhouse.io/v3; v1 and v2 ended on 2026-08-31).

Settings: `client_id`, `client_secret` (a Harvest v3 credential), `user_id` where the credential acts for a user;
`base_url`, `token_url` and `requests_per_second` only where they differ from Greenhouse's own; `load`.

Quirks: lists run by primary key descending, so what changes while they are read may be missed or repeated: the update
time is bounded on both sides, and the next extraction begins where this one began. A request with a cursor may carry
nothing else (422), so the URL of the header Link is taken whole. A token lasts shorter than a long extraction: a 401
renews it once. Users leave service accounts out unless asked for. `days_in_stage` changes every day by itself and is
not kept. Deletions are not told: `load: full` reads everything and buries what is gone. A merged candidate's
applications move to the one that stays. 50 requests in 30 seconds are allowed. A prospect that became a candidate
(`converted`) is another application's beginning and none by itself.
Checked against: the v3 schemas of tap-greenhouse (MeltanoLabs) field by field, and Airbyte's notes on v3 for paging,
filters and limits.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api import Api
from connectors.core import Connector
from connectors.credentials import ClientCredentials
from connectors.http import Client, budget_for
from connectors.paging import by_link_header

BASE = "https://harvest.greenhouse.io/v3"
REQUESTS_PER_SECOND = 50 / 30


class GreenhouseSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str
    client_secret: SecretStr
    user_id: str | None = None
    base_url: str = BASE
    token_url: str | None = None
    requests_per_second: float | None = None
    load: Literal["delta", "full"] | None = None


def open_greenhouse(settings: GreenhouseSettings) -> Client:
    own = "https://auth.greenhouse.io/token" if settings.base_url == BASE else urljoin(settings.base_url, "/token")
    form = {"sub": settings.user_id} if settings.user_id else {}
    secret = settings.client_secret.get_secret_value()
    auth = ClientCredentials(settings.token_url or own, settings.client_id, secret, **form)
    budget = budget_for(settings.base_url, settings.requests_per_second, REQUESTS_PER_SECOND)
    return Client(settings.base_url, auth, budget=budget)


connector = Connector("greenhouse", GreenhouseSettings)
api = Api(
    connector,
    open_greenhouse,
    next_page=by_link_header,
    since=lambda start, end: {"updated_at": f"gte|{start}|lte|{end}"},
)
PAGE = {"per_page": 500}

api.resource("applications", "applications", params=PAGE, updated="updated_at", optional=False)
api.resource("candidates", "candidates", params=PAGE, updated="updated_at", optional=False)
api.resource(
    "application_stages", "application_stages", params=PAGE, updated="updated_at", leave_out=("days_in_stage",)
)
for name in ("jobs", "offers", "interviews", "scorecards", "rejection_details"):
    api.resource(name, name, params=PAGE, updated="updated_at")
for name in ("openings", "job_interview_stages", "job_interviews", "rejection_reasons", "sources", "departments"):
    api.resource(name, name, params=PAGE, write="full")
api.resource("referrers", "referrers", params=PAGE, write="full")
api.resource("users", "users", params={**PAGE, "show_service_accounts": "true"}, write="full")
