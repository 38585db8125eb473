"""Lever, Data API v1 (https://api.lever.co/v1).

Settings: `api_key`; `base_url` and `requests_per_second` only where they differ from Lever's own; `load`.

An opportunity is one candidacy, here an application; its contact is the person, and candidate_id: a person who comes
again has one contact and several opportunities. Stage changes and the archive reason stand in the opportunity itself;
offers, interviews and feedback are asked for once for each opportunity that changed.

Quirks: times are epoch milliseconds; `next` is an offset token, sent back as `offset` beside the same parameters; lists
leave confidential records out unless asked for; updated_at_start and updated_at_end bound the update time, never the
creation; deletions are told by /opportunities/deleted; 10 requests a second.
Checked against: recorded answers of /opportunities and /users (amp-labs/connectors), Fivetran's Lever tables, and the
vendor's public documentation from memory of 2025; the fields of offers and feedback are from those tables.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api import Api
from connectors.bookmark import to_milliseconds
from connectors.core import Connector
from connectors.credentials import KeyAsUser
from connectors.http import Client, budget_for
from connectors.paging import by_token

REQUESTS_PER_SECOND = 10


class LeverSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: SecretStr
    base_url: str = "https://api.lever.co/v1"
    requests_per_second: float | None = None
    load: Literal["delta", "full"] | None = None


def open_lever(settings: LeverSettings) -> Client:
    budget = budget_for(settings.base_url, settings.requests_per_second, REQUESTS_PER_SECOND)
    return Client(settings.base_url, KeyAsUser(settings.api_key.get_secret_value()), budget=budget)


connector = Connector("lever", LeverSettings)
api = Api(
    connector,
    open_lever,
    records="data",
    next_page=by_token("next", sent_as="offset", more="hasNext"),
    since=lambda start, end: {"updated_at_start": to_milliseconds(start), "updated_at_end": to_milliseconds(end)},
)
PAGE = {"limit": 100}

api.resource(
    "opportunities",
    "opportunities",
    params={**PAGE, "confidentiality": "all", "expand": "applications"},
    updated="updatedAt",
    optional=False,
)
api.resource(
    "deleted_opportunities",
    "opportunities/deleted",
    params=PAGE,
    updated="deletedAt",
    since=lambda start, end: {"deleted_at_start": to_milliseconds(start)},
)
api.resource("offers", "opportunities/{id}/offers", parent="opportunities", params=PAGE)
api.resource("interviews", "opportunities/{id}/interviews", parent="opportunities", params=PAGE)
api.resource("feedback", "opportunities/{id}/feedback", parent="opportunities", params=PAGE)
api.resource("postings", "postings", params={**PAGE, "confidentiality": "all"}, write="full")
api.resource("requisitions", "requisitions", params={**PAGE, "confidentiality": "all"}, write="full")
api.resource("stages", "stages", params=PAGE, write="full")
api.resource("archive_reasons", "archive_reasons", params=PAGE, write="full")
api.resource("users", "users", params={**PAGE, "includeDeactivated": "true"}, write="full")
