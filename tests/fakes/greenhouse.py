"""Greenhouse Harvest v3 as it answers: OAuth tokens that expire, lists by descending id, cursors that go alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply
from tests.fakes.vendor import Vendor

CLIENT, SECRET = "client-id", "greenhouse-secret"
START = datetime(2025, 6, 1, tzinfo=UTC)
STAGES = ["Application Review", "Phone Screen", "Onsite", "Offer"]
REASONS = [(1, "Lacking skills", "WE_REJECTED_THEM"), (2, "Took another job", "THEY_REJECTED_US")]


def moment(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Greenhouse:
    """`lists` by resource; `lives`: how many requests a token is good for."""

    def __init__(self, count: int = 60, lives: int = 10_000) -> None:
        self.lives, self.left, self.tokens = lives, 0, 0
        self.page = 500
        self.cursors: dict[str, tuple[str, list[dict[str, Any]], int, int]] = {}
        self.lists: dict[str, list[dict[str, Any]]] = make_company(count)
        self.api = FakeApi(self.answer)

    def change(self, key: str, **fields: Any) -> None:
        record = next(each for each in self.lists["applications"] if str(each["id"]) == key)
        record.update(fields)
        record["updated_at"] = moment(10_000)

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            if asked.basic_user != CLIENT or asked.body.get("grant_type") != "client_credentials":
                return Reply({"error": "invalid_client"}, 401)
            self.tokens, self.left = self.tokens + 1, self.lives
            return Reply({"access_token": f"token-{self.tokens}", "expires_in": 3600})
        if asked.authorization != f"Bearer token-{self.tokens}" or self.left <= 0:
            return Reply({"errors": ["expired"]}, 401)
        self.left -= 1
        name = asked.path.removeprefix("/v3/")
        if name not in self.lists:
            return Reply({"errors": ["not found"]}, 404)
        if "cursor" in asked.query:
            if len(asked.query) > 1:
                return Reply({"errors": ["When passing a cursor, do not include other query params."]}, 422)
            of, records, start, size = self.cursors[asked.query["cursor"]]
            assert of == name
        else:
            records, start = self._find(name, asked.query.get("updated_at")), 0
            size = min(int(asked.query.get("per_page", 100)), self.page)
        headers = {}
        if start + size < len(records):
            cursor = f"c{len(self.cursors)}"
            self.cursors[cursor] = (name, records, start + size, size)
            headers["Link"] = f'<{self.api.base}/v3/{name}?cursor={cursor}>; rel="next"'
        return Reply(records[start : start + size], headers=headers)

    def _find(self, name: str, window: str | None) -> list[dict[str, Any]]:
        records = sorted(self.lists[name], key=lambda record: -record["id"])
        if window is None:
            return records
        least, first, most, last = window.split("|")
        assert (least, most) == ("gte", "lte")
        return [record for record in records if first <= record["updated_at"] <= last]


def make_company(count: int) -> dict[str, list[dict[str, Any]]]:
    chance = random.Random(count)
    lists: dict[str, list[dict[str, Any]]] = {
        "jobs": [{"id": n, "name": f"Job {n}", "status": "open", "opened_at": moment(0), "department_id": 7,
                  "updated_at": moment(0)} for n in range(1, 4)],
        "departments": [{"id": 7, "name": "Engineering"}],
        "openings": [{"id": n, "job_id": n % 3 + 1, "target_start_on": "2025-10-01"} for n in range(1, 6)],
        "job_interview_stages": [{"id": n, "name": name} for n, name in enumerate(STAGES, 1)],
        "job_interviews": [{"id": n, "job_interview_stage_id": n} for n in range(1, 5)],
        "rejection_reasons": [{"id": n, "name": name, "type": {"key": key}} for n, name, key in REASONS],
        "sources": [{"id": 1, "name": "Indeed", "type": {"name": "Third-party boards"}}],
        "users": [{"id": 1, "name": "Interviewer One"}],
        "referrers": [],
        "applications": [], "candidates": [], "application_stages": [], "offers": [], "interviews": [],
        "scorecards": [], "rejection_details": [],
    }  # fmt: skip
    for n in range(1, count + 1):
        begun, depth, status = n, chance.randint(1, 4), chance.choice(["in_process", "rejected", "hired"])
        person = n - 4 if n % 5 == 0 else n
        same = {"created_at": moment(begun), "updated_at": moment(begun + 10)}
        if person == n:
            lists["candidates"].append({
                "id": n, "first_name": "Person", "last_name": f"No{n}", **same,
                "email_addresses": [{"value": f"person{n}@example.com", "type": "personal"}], "phone_numbers": [],
            })  # fmt: skip
        lists["applications"].append({
            "id": n, "candidate_id": person, "job_id": n % 3 + 1, "source_id": 1, "status": status, "prospect": False,
            "stage_name": STAGES[depth - 1], "rejected_at": moment(begun + 9) if status == "rejected" else None, **same,
        })  # fmt: skip
        for k in range(depth):
            lists["application_stages"].append({
                "id": n * 10 + k, "application_id": n, "job_interview_stage_id": k + 1, "days_in_stage": n,
                "entered_at": moment(begun + k), "exited_at": moment(begun + k + 1) if k + 1 < depth else None,
                "updated_at": moment(begun + 10),
            })  # fmt: skip
        if status == "rejected":
            lists["rejection_details"].append(
                {"id": n, "application_id": n, "rejection_reason_id": chance.choice([1, 2]), **same}
            )
        if depth == 4:
            lists["offers"].append({
                "id": n, "version": 1, "application_id": n, "sent_on": "2025-07-01", "resolved_at": moment(begun + 8),
                "status": {"in_process": "Created", "rejected": "Rejected", "hired": "Accepted"}[status], **same,
            })  # fmt: skip
            lists["interviews"].append({
                "id": n, "application_id": n, "job_interview_id": 3, "starts_at": moment(begun), "status": "complete",
                **same,
            })  # fmt: skip
            lists["scorecards"].append({
                "id": n, "application_id": n, "interviewer_id": 1, "candidate_rating": "strong_yes",
                "status": "complete", "submitted_at": moment(begun), **same,
            })  # fmt: skip
    return lists


vendor = Vendor(
    "greenhouse",
    Greenhouse,
    first="applications",
    path="/applications",
    settings=lambda base: {"client_id": CLIENT, "client_secret": SECRET, "base_url": f"{base}/v3"},
    secrets=(SECRET,),
)
