"""Ashby (https://api.ashbyhq.com).

Settings: `api_key`; `base_url` and `requests_per_second` only where they differ from Ashby's own; `load`.

Quirks: every request is a POST; a page names the next by `nextCursor` and the last one carries a `syncToken`, which
asks later for what changed since and is kept as the bookmark; an expired one means reading all again. HTTP 200 with
`success: false` is an error. Merging candidates changes the ids: the applications are told anew with the one that
stays. The stage history and the feedback are asked for once for each application that changed.
Checked against: Airbyte's tests of its Ashby source (answers, errors, paging), Nango's models of candidates and
history; offers, schedules and feedback by the vendor's public documentation from memory of 2025.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api import Api
from connectors.core import Connector
from connectors.credentials import KeyAsUser
from connectors.errors import ApiError
from connectors.http import Client, budget_for
from connectors.paging import by_token

REQUESTS_PER_SECOND = 15
STATUS_OF_CODE = {"missing_endpoint_permission": 403, "application_not_found": 404, "unauthorized": 401}


class AshbySettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: SecretStr
    base_url: str = "https://api.ashbyhq.com"
    requests_per_second: float | None = None
    load: Literal["delta", "full"] | None = None


def refuse_failure(data: Any) -> None:
    """Raises ApiError where a 200 says that it failed; only its code is told, its message may quote a record."""
    if isinstance(data, dict) and data.get("success") is False:
        info = data.get("errorInfo") or {}
        code = str(info.get("code") or next(iter(data.get("errors") or []), "no reason given"))[:60]
        raise ApiError(f"Ashby refuses: {code}", status=STATUS_OF_CODE.get(code))


def open_ashby(settings: AshbySettings) -> Client:
    budget = budget_for(settings.base_url, settings.requests_per_second, REQUESTS_PER_SECOND)
    auth = KeyAsUser(settings.api_key.get_secret_value())
    return Client(settings.base_url, auth, budget=budget, check=refuse_failure)


connector = Connector("ashby", AshbySettings)
api = Api(
    connector,
    open_ashby,
    records="results",
    next_page=by_token("nextCursor", sent_as="cursor", more="moreDataAvailable"),
    since=lambda start, end: {"syncToken": start},
    sync_token=lambda answer: answer.data.get("syncToken"),
    is_expired=lambda error: "sync_token" in error.message,
)
PAGE = {"limit": 100}

api.resource("applications", "application.list", body=PAGE, optional=False)
api.resource("candidates", "candidate.list", body=PAGE, optional=False)
history = {**PAGE, "applicationId": "{id}"}
api.resource("history", "application.listHistory", body=history, parent="applications")
api.resource("feedback", "applicationFeedback.list", body=history, parent="applications")
for name, path in (("jobs", "job.list"), ("offers", "offer.list"), ("interview_schedules", "interviewSchedule.list")):
    api.resource(name, path, body=PAGE)
api.resource("departments", "department.list", body={**PAGE, "includeArchived": True}, write="full")
