"""Messages: acknowledgements, rejections that bounce and are sent again, replies that quote the relay line."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tests.companies.people import AGENT, Person, dress_address
from tests.companies.writing import Row

COMPANY = "recruit@example.co.jp"


class Letters:
    """`rows` are the messages; `tokens` are (token, application id, when sent) of what was really sent out."""

    def __init__(self, until: datetime, lost: str, random: Random) -> None:
        self.until, self.lost, self.random = until, lost, random
        self.rows: list[Row] = []
        self.tokens: list[tuple[str, str, datetime]] = []

    def write_to(self, application: Row, person: Person | None, closed_at: datetime | None) -> None:
        """What an application got. Without an address of its own it is only found by its id."""
        random = self.random
        if random.random() < 0.5:
            sent_at = application["applied_at"] + timedelta(minutes=random.randrange(1, 60))
            self._send(application, person, sent_at, "acknowledgement")
        wants = {"rejected": 0.7, "open": 0.05, "withdrawn": 0.1, "offer_declined": 0.1}.get(application["truth"], 0.03)
        if random.random() > wants:
            return
        known_end: datetime = closed_at or application["applied_at"]
        sent_at = known_end + timedelta(seconds=random.choice((-7_200, 0, 1, 3_600, 90_000, 400_000)))
        token = f"tk{random.getrandbits(44):011x}"
        has_line = random.random() < 0.7
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            is_told = has_line if random.random() < 0.9 else not has_line
            row = self._send(application, person, sent_at, "rejection")
            row |= {"relay_url_present": is_told, "relay_token": token if is_told else None}
            row["delivery"] = random.choice(("delivered", "sent", "bounced", "deferred", "unknown", None))
            if is_told and sent_at <= self.until:
                self.tokens.append((token, application["application_id"], sent_at))
            sent_at += timedelta(hours=random.randrange(1, 60))
        if random.random() < 0.2:
            self._reply(application, person, sent_at, token)

    def _send(self, application: Row, person: Person | None, sent_at: datetime, kind: str) -> Row:
        random = self.random
        is_findable = person is not None and not person.is_anonymised and not person.has_shared_address
        named = application["application_id"]
        if is_findable and random.random() < 0.2:
            named = random.choice((None, None, self.lost))
        row: Row = {
            "direction": "outbound",
            "from_address": COMPANY,
            "to_address": self._address(person),
            "subject": "ご連絡",
            "sent_at": sent_at,
            "kind": kind,
            "relay_url_present": random.choice((None, False)),
            "delivery": "delivered",
            "application_id": named,
        }
        self._keep(row)
        return row

    def _address(self, person: Person | None) -> str:
        if person is None:
            return "gone@example.com"
        address = person.alternate if person.alternate and self.random.random() < 0.3 else person.email
        return AGENT if person.has_shared_address else dress_address(address, self.random)

    def _reply(self, application: Row, person: Person | None, sent_at: datetime, token: str) -> None:
        row: Row = {
            "direction": "inbound",
            "from_address": person.email if person else "gone@example.com",
            "to_address": COMPANY,
            "subject": "Re: 選考結果のご連絡",
            "sent_at": sent_at + timedelta(hours=1),
            "kind": self.random.choice(("other", "rejection")),
            "relay_url_present": True,
            "relay_token": token,
            "delivery": "delivered",
            "application_id": application["application_id"],
        }
        self._keep(row)

    def _keep(self, row: Row) -> None:
        if row["sent_at"] <= self.until:
            self.rows.append(row)

    def write_to_strangers(self) -> None:
        """Mail that belongs to nobody: unknown addresses, unknown applications."""
        for number in range(3):
            row: Row = {
                "direction": "inbound",
                "from_address": f"stranger{number}@example.com",
                "to_address": COMPANY,
                "subject": "質問",
                "sent_at": self.until - timedelta(days=number * 7 + 1),
                "kind": "other",
                "delivery": "unknown",
                "application_id": self.random.choice((None, self.lost)),
            }
            self._keep(row)

    def confuse(self) -> None:
        """A token in two people's mail names the earlier one's application, and nobody's where it only came in;
        a rejection can come before the application it answers."""
        carriers = [row for row in self.rows if row["direction"] == "outbound" and row.get("relay_token")]
        for _ in range(len(carriers) // 8):
            first, second = self.random.sample(carriers, 2)
            second["relay_token"] = first["relay_token"]
        for row in self.random.sample(carriers, len(carriers) // 8):
            early = {"direction": "inbound", "from_address": row["to_address"], "to_address": COMPANY}
            other = self.random.choice(self.rows)["application_id"]
            self._keep(row | early | {"sent_at": row["sent_at"] - timedelta(days=3), "application_id": other})
        for row in self.random.sample(carriers, len(carriers) // 12):
            if row["application_id"] in (None, self.lost):
                row["sent_at"] -= timedelta(days=900)

    def finish(self) -> list[Row]:
        self.random.shuffle(self.rows)
        for number, row in enumerate(self.rows, 1):
            row["message_id"] = f"M{number:06d}"
        return self.rows
