"""Answers as they are recorded from accounts that people work in: every list as it came, page after page, and 404 for
what was not recorded. None of the names and addresses is anybody's."""

from __future__ import annotations

import random
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply

START, HOUR, DAY = 1_700_000_000_000, 3_600_000, 86_400_000
STAGES = {"lead-new": "New lead", "applicant-new": "New applicant", "u-1": "Phone Screen", "u-2": "Homework 宿題",
          "u-3": "Onsite", "u-4": "Offer"}  # fmt: skip
REASONS = {"r-1": ("Hired", "hired"), "r-2": ("Underqualified", "non-hired"), "r-3": ("Withdrew", "non-hired"),
           "r-4": ("Offer declined", "non-hired"), "r-5": ("Position closed", "non-hired")}  # fmt: skip


def replay(prefix: str, lists: dict[str, list[Any]], page: int | None, wrap: Any) -> FakeApi:
    """`lists`: by path behind `prefix`; `page`: records of a page, None: all at once; `wrap(records, next, path)` is
    a page's body, `next` the place of the one after it."""

    def answer(asked: Asked) -> Reply:
        path = asked.path.removeprefix(prefix)
        if path not in lists:
            return Reply({"message": "not recorded"}, 404)
        told = {**asked.query, **asked.body}
        start = int(told.get("offset") or told.get("cursor") or 0)
        end = len(lists[path]) if page is None else start + page
        return Reply(wrap(lists[path][start:end], str(end) if end < len(lists[path]) else None, path))

    return FakeApi(answer)


def lever(opportunities: int = 1004, contacts: int = 973) -> tuple[FakeApi, dict[str, list[Any]]]:
    """31 opportunities are later ones of a contact who has one already."""
    chance = random.Random(1004)
    records = [
        _opportunity(chance, n, n if n < contacts else chance.randrange(contacts // 10)) for n in range(opportunities)
    ]
    _make_odd(records)
    chance.shuffle(records)
    lists: dict[str, list[Any]] = {
        "opportunities": records,
        "opportunities/deleted": [{"id": "gone-1", "deletedAt": START}, {"id": records[7]["id"], "deletedAt": START}],
        "stages": [{"id": key, "text": text} for key, text in STAGES.items()],
        "archive_reasons": [{"id": k, "text": text, "status": "active", "type": t} for k, (text, t) in REASONS.items()],
        "postings": [{"id": "p-1", "text": "Engineer", "state": "closed", "categories": {"team": None}, "tags": []}],
        "users": [{"id": "w-1", "name": None, "email": None, "deactivatedAt": None}],
        "requisitions": [],
    }
    # Recorded for one opportunity in a hundred, and not for the first.
    for record in records[3::100]:
        offer = {"id": f"of-{record['id']}", "status": "signed", "createdAt": START, "fields": [], "sentDocument": None}
        lists[f"opportunities/{record['id']}/offers"] = [offer]
        lists[f"opportunities/{record['id']}/interviews"] = []
    # Such a recording has no hasNext.
    return replay(
        "/v1/", lists, 100, lambda found, more, path: {"data": found} | ({"next": more} if more else {})
    ), lists


def _opportunity(chance: random.Random, n: int, person: int) -> dict[str, Any]:
    begun = START + n * HOUR + (400 * DAY if n != person else 0)
    path = ["lead-new"] * (chance.random() < 0.2) + list(STAGES)[1 : chance.randint(2, len(STAGES))]
    if len(path) > 3 and chance.random() < 0.2:
        path += [path[-2], path[-1]]  # back, and forth again
    changes = [
        {"toStageId": stage, "toStageIndex": k, "updatedAt": begun + k * DAY, "userId": "w-1"}
        for k, stage in enumerate(path)
    ]
    reason = chance.choice([None, *REASONS])
    return {
        "id": f"0pp-{n:04d}", "contact": f"c0ntact-{person:04d}", "name": f"Sample Person{person}", "headline": "",
        "stage": path[-1], "confidentiality": "non-confidential", "location": None, "links": [], "tags": [],
        "phones": [{"type": "mobile", "value": f"0801000{person:04d}"}], "emails": [f"someone{person}@example.com"],
        "archived": None if reason is None else {"reason": reason, "archivedAt": begun + 30 * DAY},
        "sources": chance.choice([["LinkedIn"], [], ["Referral", "Added manually"]]), "stageChanges": changes,
        "origin": "applied", "owner": {"id": "w-1", "name": "x"}, "applications": [f"app-{n}"], "createdAt": begun,
        "updatedAt": begun + 31 * DAY, "snoozedUntil": None, "isAnonymized": False, "dataProtection": None,
        "resume": {"file": {"size": 1, "parts": [[1, [2]], []]}},
    }  # fmt: skip


def _make_odd(records: list[dict[str, Any]]) -> None:
    """What real answers hold and a clean one does not."""
    records[101].update(contact=None, emails=None, phones=None)
    records[102].update(emails=[], phones=[], name="")
    records[103].update(emails=["two103@example.com", "", "Two103@Example.com", "other103@example.com"])
    records[104].update(stageChanges=None)
    records[105].update(stageChanges=[], stage=None)
    records[106].update(stage={"id": "u-3", "text": "Onsite"}, contact={"id": "c0ntact-0106", "name": "x"})
    records[107].update(archived={"reason": None, "archivedAt": START + 200 * DAY})
    records[108].update(archived={"reason": "r-unknown", "archivedAt": START + 200 * DAY})
    records[109].update(archived={"reason": None, "archivedAt": None})
    records[110].update(confidentiality="confidential", name=None, isAnonymized=None)
    records[111].update(stage="u-unknown", stageChanges=[*records[111]["stageChanges"], {"toStageId": "u-unknown",
                        "toStageIndex": None, "updatedAt": START + 20 * DAY}])  # fmt: skip
    records[112].update(applications=[{"id": "a-1", "posting": "p-1"}, {"id": "a-2", "posting": "p-2"}])
    records[113].update(applications=None, sources=None, origin=None, tags=None)
    records[114].update(archived={})
    records[115].update(isAnonymized=True, name="Anonymized", emails=[], phones=[])
    del records[116]["archived"], records[116]["emails"], records[116]["sources"]


def greenhouse() -> tuple[FakeApi, dict[str, list[Any]]]:
    """Ids are integers; the list of candidates comes in one page though more may be asked for."""
    applications = [
        {"id": n, "candidate_id": 500 + n // 2, "job_id": 9, "status": status, "prospect": status == "converted",
         "source_id": 3 if n % 2 else None, "stage_name": "Whiteboard Talk",
         "applied_at": f"2024-03-{n + 1:02d}T10:00:00",
         "created_at": f"2024-03-{n + 1:02d}T10:00:00.123Z", "updated_at": "2024-05-01T00:00:00+09:00",
         "rejected_at": "2024-04-20" if status in ("rejected", "Rejected") else None, "custom_fields": {"a": [None]},
         "attachments": None}
        for n, status in enumerate(
            ["active", "in_process", "rejected", "rejected", "rejected", "hired", "converted", "on_leave", None,
             "Rejected"]
        )
    ]  # fmt: skip
    lists: dict[str, list[Any]] = {
        "applications": applications,
        "candidates": [
            {"id": 500 + n, "first_name": "Sample", "last_name": f"No{n}", "company": None, "email_addresses":
             [{"value": f"gh{n}@example.com", "type": "personal"}, {"value": None, "type": "work"}],
             "phone_numbers": None, "created_at": "2024-03-01T00:00:00Z"}
            for n in range(5)
        ],
        "application_stages": [
            {"id": 10 * n + k, "application_id": n, "job_interview_stage_id": 70 + k, "entered_at":
             f"2024-03-{n + 2 + k:02d}T00:00:00Z", "exited_at": None}
            for n in range(8) for k in range(3)
        ],
        "job_interview_stages": [{"id": 70, "name": "Phone Screen"}, {"id": 71, "name": "Whiteboard Talk"}],
        "rejection_details": [{"id": n, "application_id": n, "rejection_reason_id": n - 1} for n in (2, 3, 4)],
        "rejection_reasons": [
            {"id": 1, "name": "Skills", "type": {"id": 1, "name": "We rejected them"}},
            {"id": 2, "name": "Pay", "type": {"id": 2, "name": "They rejected us"}},
            {"id": 3, "name": "Spam", "type": None},
        ],
        "sources": [{"id": 3, "name": "LinkedIn", "type": None}],
        "jobs": [{"id": 9, "name": "Engineer", "status": None, "departments": [None]}],
        "offers": [],
    }  # fmt: skip
    api = replay("/v3/", lists, None, lambda found, more, path: found)
    lists["token"] = []
    answer = api.answer
    api.answer = lambda asked: Reply({"access_token": "t"}) if asked.path == "/token" else answer(asked)
    return api, lists


def ashby() -> tuple[FakeApi, dict[str, list[Any]]]:
    kinds = [("Active", None), ("Hired", None), ("Archived", "RejectedByOrg"), ("Archived", "RejectedByCandidate"),
             ("Archived", "Other"), ("Archived", None), ("Lead", None), ("Converted", None)]  # fmt: skip
    lists: dict[str, list[Any]] = {
        "application.list": [
            {"id": f"as-{n}", "status": status, "createdAt": f"2024-06-{n + 1:02d}T00:00:00.000Z", "updatedAt": None,
             "candidate": {"id": f"ac-{n % 5}", "name": "x"}, "job": {"id": "j"}, "source": None, "archivedAt": None,
             "archiveReason": {"id": "q", "text": f"Because {kind}", "reasonType": kind} if kind else None,
             "currentInterviewStage": {"id": "s", "title": "Onsite", "orderInInterviewPlan": 2}, "customFields": []}
            for n, (status, kind) in enumerate(kinds)
        ],
        "candidate.list": [
            {"id": f"ac-{n}", "name": f"Sample Ashby{n}", "primaryEmailAddress": None,
             "emailAddresses": [], "phoneNumbers": [], "customFields": None} for n in range(5)
        ],
        "job.list": [{"id": "j", "title": "Engineer", "status": "Draft?"}],
    }  # fmt: skip
    wrap = lambda found, more, path: {"success": True, "results": found} | ({"nextCursor": more} if more else {})  # noqa: E731
    return replay("/", lists, 3, wrap), lists


def workable() -> tuple[FakeApi, dict[str, list[Any]]]:
    people = [
        {"id": f"w{n}", "name": f"Sample Workable{n}", "firstname": None, "lastname": None, "email": None if n else "",
         "phone": None, "job": {"shortcode": "J"}, "stage": "Interview", "domain": "indeed.com" if n else None,
         "disqualified": n in (1, 2, 3),
         "disqualification_reason": [None, "Not qualified", None, "Offer declined", None][n],
         "withdrew": n == 2, "hired_at": "2024-07-20T00:00:00Z" if n == 4 else None, "sourced": False,
         "disqualified_at": "2024-07-15T00:00:00Z" if n in (1, 2, 3) else None,
         "created_at": f"2024-07-0{n + 1}T00:00:00Z", "updated_at": "2024-07-20T00:00:00Z"}
        for n in range(5)
    ]  # fmt: skip
    lists: dict[str, list[Any]] = {"candidates": people, "jobs": [{"shortcode": "J", "title": "Engineer", "id": 1}]}
    for n in (1, 3):
        lists[f"candidates/w{n}/activities"] = [
            {"id": f"e{n}-{k}", "action": action, "stage_name": stage, "created_at": f"2024-07-1{k}T00:00:00Z"}
            for k, (action, stage) in enumerate(
                [("applied", "Applied"), ("moved", "Phone Screen"), ("moved", "Interview"),
                 ("reverted", "Phone Screen"), ("commented", None), ("disqualified", "Phone Screen"),
                 ("teleported", "Interview")]
            )
        ]  # fmt: skip

    def wrap(found: list[Any], more: str | None, path: str) -> dict[str, Any]:
        url = f"{api.base}/spi/v3/{path}?offset={more}" if more else None
        return {path.rpartition("/")[2]: found, "paging": {"next": url} if url else None}

    api = replay("/spi/v3/", lists, 3, wrap)
    return api, lists
