"""Ashby as it answers: POST, `success`, cursors within a list and sync tokens between extractions."""

from __future__ import annotations

import random
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply
from tests.fakes.greenhouse import STAGES, moment
from tests.fakes.vendor import Vendor

KEY = "ashby-secret-key"
KINDS = [("Active", None), ("Hired", None), ("Archived", "RejectedByOrg"), ("Archived", "RejectedByCandidate")]


class Ashby:
    """`changed`: at which version each application changed last; a sync token names a version."""

    def __init__(self, count: int = 60) -> None:
        self.page, self.version = 100, 1
        self.applications = {f"a{n:03d}": make_application(n) for n in range(count)}
        self.changed = dict.fromkeys(self.applications, 0)
        self.api = FakeApi(self.answer)

    def change(self, key: str, **fields: Any) -> None:
        self.applications[key].update(fields)
        self.changed[key] = self.version
        self.version += 1

    def answer(self, asked: Asked) -> Reply:
        if asked.basic_user != KEY:
            return Reply({}, 401)
        name = asked.path.removeprefix("/")
        since = asked.body.get("syncToken")
        if since == "expired":
            return Reply({"success": False, "errorInfo": {"code": "sync_token_expired", "message": "of someone"}})
        if name == "application.list":
            least = int(since or 0)
            records = [record for key, record in self.applications.items() if self.changed[key] >= least]
        elif name == "application.listHistory":
            records = make_history(self.applications[asked.body["applicationId"]])
        elif name == "candidate.list":
            ids = sorted({record["candidate"]["id"] for record in self.applications.values()})
            records = [{"id": i, "name": f"Person {i}", "emailAddresses": [{"value": f"{i}@example.com"}]} for i in ids]
            records = [] if since else records
        elif name in (
            "job.list",
            "offer.list",
            "interviewSchedule.list",
            "department.list",
            "applicationFeedback.list",
        ):
            records = [{"id": "j1", "title": "Job"}] if name == "job.list" and not since else []
        else:
            return Reply({"success": False, "errors": ["unknown_endpoint"]})
        start = int(asked.body.get("cursor", 0))
        size = min(int(asked.body["limit"]), self.page)
        data: dict[str, Any] = {"success": True, "results": records[start : start + size]}
        data["moreDataAvailable"] = start + size < len(records)
        if data["moreDataAvailable"]:
            data["nextCursor"] = str(start + size)
        else:
            data["syncToken"] = str(self.version)
        return Reply(data)


def make_application(n: int) -> dict[str, Any]:
    chance = random.Random(n)
    status, kind = chance.choice(KINDS)
    depth = chance.randint(1, 4)
    return {
        "id": f"a{n:03d}", "candidate": {"id": f"c{n - 4 if n % 5 == 4 else n:03d}"}, "job": {"id": "j1"},
        "status": status, "archiveReason": {"text": f"Reason {kind}", "reasonType": kind} if kind else None,
        "currentInterviewStage": {"title": STAGES[depth - 1]}, "source": {"title": "Indeed"}, "depth": depth,
        "createdAt": moment(n), "updatedAt": moment(n + 10), "archivedAt": moment(n + 9) if kind else None,
    }  # fmt: skip


def make_history(record: dict[str, Any]) -> list[dict[str, Any]]:
    n = int(record["id"][1:])
    return [
        {"id": f"{record['id']}-{k}", "title": STAGES[k], "enteredStageAt": moment(n + k), "leftStageAt": None}
        for k in range(record["depth"])
    ]


vendor = Vendor(
    "ashby",
    Ashby,
    first="applications",
    path="/application.list",
    settings=lambda base: {"api_key": KEY, "base_url": base},
    secrets=(KEY,),
)
