"""Lever as it answers: Basic auth by key, epoch milliseconds, offset tokens that belong to one set of parameters."""

from __future__ import annotations

import json
import random
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply
from tests.fakes.vendor import Vendor

KEY = "lever-secret-key"
START = 1_750_000_000_000  # 2025-06-15, in the past of every machine
STAGES = ["applicant-new", "Phone Screen", "Onsite", "Offer"]
REASONS = [("hired", "Hired", "hired"), ("under", "Underqualified", "non-hired"), ("wd", "Withdrew", "non-hired"),
           ("od", "Offer declined", "non-hired")]  # fmt: skip
HOUR = 3_600_000


class Lever:
    """`opportunities` by id; every fifth comes again for a person who came before."""

    def __init__(self, count: int = 60) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {
            "stages": [{"id": f"s{n}", "text": text} for n, text in enumerate(STAGES)],
            "archive_reasons": [{"id": key, "text": text, "type": kind} for key, text, kind in REASONS],
            "postings": [
                {"id": f"p{n}", "text": f"Job {n}", "state": "published", "createdAt": START,
                 "categories": {"team": "Web", "department": "Engineering", "commitment": "Full-time"}}
                for n in range(3)
            ],
            "requisitions": [],
            "users": [{"id": "u1", "name": "Interviewer One"}],
            "opportunities/deleted": [],
        }  # fmt: skip
        self.opportunities = {f"o{n:04d}": make_opportunity(n) for n in range(count)}
        self.api = FakeApi(self.answer)
        self.page = 100

    def change(self, key: str, **fields: Any) -> None:
        record = self.opportunities[key]
        record.update(fields)
        record["updatedAt"] = max(each["updatedAt"] for each in self.opportunities.values()) + 10 * HOUR

    def answer(self, asked: Asked) -> Reply:
        if asked.basic_user != KEY:
            return Reply({"code": "Unauthorized"}, 401)
        path = asked.path.removeprefix("/v1/")
        if path == "opportunities":
            first, last = int(asked.query.get("updated_at_start", 0)), int(asked.query.get("updated_at_end", 1 << 62))
            records = [r for _, r in sorted(self.opportunities.items()) if first <= r["updatedAt"] <= last]
        elif path in self.lists:
            records = self.lists[path]
        else:
            _, key, name = path.split("/")
            if key not in self.opportunities:
                return Reply({"code": "ResourceNotFound"}, 404)
            records = make_children(key, name, self.opportunities[key])
        return self._page(asked, records)

    def _page(self, asked: Asked, records: list[dict[str, Any]]) -> Reply:
        size = min(int(asked.query.get("limit", 100)), self.page)
        same = {name: value for name, value in sorted(asked.query.items()) if name != "offset"}
        start = 0
        if "offset" in asked.query:
            start, parameters = json.loads(asked.query["offset"])
            if parameters != same:
                return Reply({"code": "BadRequest", "message": "offset of another request"}, 400)
        more = start + size < len(records)
        data: dict[str, Any] = {"data": records[start : start + size], "hasNext": more}
        if more:
            data["next"] = json.dumps([start + size, same])
        return Reply(data)


def make_opportunity(n: int) -> dict[str, Any]:
    chance = random.Random(n)
    begun = START + n * HOUR
    depth = chance.randint(1, len(STAGES))
    changes = [{"toStageId": f"s{k}", "toStageIndex": k, "updatedAt": begun + k * HOUR} for k in range(depth)]
    ended = chance.choice([None, *REASONS])
    person = n - 4 if n % 5 == 4 else n
    return {
        "id": f"o{n:04d}", "contact": f"c{person:04d}", "name": f"Person {person}", "stage": f"s{depth - 1}",
        "emails": [f"person{person}@example.com"], "phones": [{"type": "mobile", "value": f"090-0000-{person:04d}"}],
        "stageChanges": changes, "sources": ["Added manually"], "origin": "applied",
        "archived": None if ended is None else {"reason": ended[0], "archivedAt": begun + 9 * HOUR},
        "applications": [{"id": f"a{n}", "posting": f"p{n % 3}"}], "createdAt": begun, "updatedAt": begun + 10 * HOUR,
        "isAnonymized": False,
    }  # fmt: skip


def make_children(key: str, name: str, parent: dict[str, Any]) -> list[dict[str, Any]]:
    if parent["stage"] != "s3":
        return []
    at = parent["createdAt"]
    return {
        "offers": [{"id": f"f-{key}", "status": "signed", "createdAt": at, "sentDocument": {"uploadedAt": at}}],
        "interviews": [{"id": f"i-{key}", "date": at, "stage": "s2", "canceledAt": None, "feedbackForms": ["x"]}],
        "feedback": [
            {"id": f"b-{key}", "user": "u1", "interview": f"i-{key}", "text": "Debrief", "completedAt": at,
             "fields": [{"type": "score-system", "value": "3 - Hire"}]}
        ],
    }[name]  # fmt: skip


vendor = Vendor(
    "lever",
    Lever,
    first="opportunities",
    path="/opportunities",
    settings=lambda base: {"api_key": KEY, "base_url": f"{base}/v1"},
    secrets=(KEY,),
)
