"""Workable as it answers: a token, whole URLs to the next page, and candidates that each have one job."""

from __future__ import annotations

import random
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply
from tests.fakes.greenhouse import STAGES, moment
from tests.fakes.vendor import Vendor

TOKEN = "workable-secret-token"


class Workable:
    def __init__(self, count: int = 60) -> None:
        self.page = 100
        self.candidates = {f"w{n:03d}": make_candidate(n) for n in range(count)}
        self.api = FakeApi(self.answer)

    def change(self, key: str, **fields: Any) -> None:
        self.candidates[key].update(fields, updated_at=moment(10_000))

    def answer(self, asked: Asked) -> Reply:
        if asked.authorization != f"Bearer {TOKEN}":
            return Reply({"error": "Not authorized"}, 401)
        name, *rest = asked.path.removeprefix("/spi/v3/").split("/")
        if name == "candidates" and rest:
            record = self.candidates[rest[0]]
            if rest[1] == "activities":
                return Reply({"activities": make_activities(record)})
            return Reply({"state": "sent"}) if record["stage"] == "Offer" else Reply({"error": "Not found"}, 404)
        if name != "candidates":
            return Reply({"jobs": [{"shortcode": "J1", "title": "Job"}], "stages": [{"slug": "s", "name": "S"}]})
        after = asked.query.get("updated_after", "")
        records = [record for record in self.candidates.values() if record["updated_at"] >= after]
        start = int(asked.query.get("since_id", 0))
        size = min(int(asked.query["limit"]), self.page)
        data: dict[str, Any] = {"candidates": records[start : start + size], "paging": {}}
        if start + size < len(records):
            data["paging"]["next"] = (
                f"{self.api.base}{asked.path}?limit={size}&since_id={start + size}&updated_after={after}"
            )
        return Reply(data)


def make_candidate(n: int) -> dict[str, Any]:
    chance = random.Random(n)
    depth, ended = chance.randint(1, 4), chance.choice(["", "hired", "disqualified", "withdrew"])
    return {
        "id": f"w{n:03d}", "name": f"Person No{n}", "email": f"person{n}@example.com", "job": {"shortcode": "J1"},
        "stage": STAGES[depth - 1], "depth": depth, "disqualified": ended in ("disqualified", "withdrew"),
        "withdrew": ended == "withdrew",
        "disqualification_reason": "Not enough experience" if ended[:1] == "d" else None,
        "hired_at": moment(n + 9) if ended == "hired" else None, "created_at": moment(n), "updated_at": moment(n + 10),
    }  # fmt: skip


def make_activities(record: dict[str, Any]) -> list[dict[str, Any]]:
    n, moves = int(record["id"][1:]), ["applied", "moved", "moved", "reverted"]
    return [
        {"id": f"{record['id']}-{k}", "action": moves[k], "stage_name": STAGES[k], "created_at": moment(n + k)}
        for k in range(record["depth"])
    ] + [{"id": f"{record['id']}-c", "action": "comment", "stage_name": STAGES[0], "created_at": moment(n + 9)}]


vendor = Vendor(
    "workable",
    Workable,
    first="candidates",
    path="/candidates",
    settings=lambda base: {"token": TOKEN, "base_url": f"{base}/spi/v3"},
    secrets=(TOKEN,),
)
