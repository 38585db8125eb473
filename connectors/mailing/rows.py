"""What was read of a file's mails → parts: messages with their direction, and the applications that media tell of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from connectors.core import REFUSED_SCHEMA, Part, WriteMode, entity_stream
from connectors.entities import ENTITIES
from connectors.formats.mail_direction import SHARED_DOMAINS, OwnSide, find_own_side
from connectors.formats.mail_notice import Notice
from connectors.mailing.reading import Reading

# Japanese company domains have a second level of their own.
SECOND_LEVELS = frozenset({"co", "or", "ne", "ac", "go", "ed", "gr", "ad", "lg", "com"})


@dataclass
class MailFile:
    """What the mails of one file, or one mailbox, have in common. `own`: our side, None until it is found."""

    own: OwnSide | None
    write: WriteMode = "delta"
    timezone: str = "Asia/Tokyo"
    labels_count: bool = True  # a mailbox's own marks of sent and received, and what a kind implies
    seen: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    drafts: int = 0
    redated: int = 0
    notices: int = 0
    nameless_notices: int = 0

    def make_parts(self, readings: Sequence[Reading]) -> Iterator[Part]:
        """The parts of one batch; the own side is found in the first."""
        self.messages += len(readings)
        self.drafts += sum(reading.row is None and reading.refused is None for reading in readings)
        self.redated += sum(reading.is_redated for reading in readings)
        read = [reading for reading in readings if reading.row is not None and reading.sides is not None]
        if self.own is None:
            self.own = find_own_side(reading.sides for reading in read if reading.sides is not None)
        rows = [self._finish(reading, self.own) for reading in read]
        refused = [reading.refused for reading in readings if reading.refused is not None]
        told = pl.DataFrame(refused, schema=REFUSED_SCHEMA) if refused else None
        yield Part(entity_stream("messages", self.write), _frame("messages", rows), told, len(refused))
        yield from self._make_applications(
            [
                (reading.notice, row)
                for reading, row in zip(read, rows, strict=True)
                if row["kind"] == "application_notice" and row["direction"] == "inbound"
            ]
        )

    def _finish(self, reading: Reading, own: OwnSide) -> dict[str, Any]:
        """The message's row with direction, delivery and addressee."""
        assert reading.row is not None and reading.sides is not None
        row, sides = reading.row, reading.sides
        if self.seen.setdefault(row["message_id"], reading.told) != reading.told:
            row["message_id"] += f"#{reading.told.to_bytes(6).hex()}"
        is_own = own.has(sides.sender)
        direction = "outbound" if is_own else "inbound"
        if reading.is_bounce:
            direction = "inbound"
        elif self.labels_count:
            direction = sides.label or (None if own.is_sure else reading.hint) or direction
        row["direction"] = direction
        row["delivery"] = "sent" if direction == "outbound" else "delivered"
        if direction == "inbound" and row.pop("answers"):
            row["relay_url_present"], row["relay_token"] = False, None  # a candidate's footer invites nobody
        receivers: list[str] = row["to_address"]
        strangers = [address for address in receivers if not own.has(address)] if is_own else receivers
        row["to_address"] = next(iter(strangers or receivers), None)
        row["relay_url_present"] = "true" if row["relay_url_present"] else "false"
        return row

    def _make_applications(self, told: list[tuple[Notice | None, dict[str, Any]]]) -> Iterator[Part]:
        candidates: list[dict[str, Any]] = []
        applications: list[dict[str, Any]] = []
        for notice, row in told:
            if notice is None:
                self.nameless_notices += 1
                continue
            self.notices += 1
            contact = (notice.email or "").lower() or "".join(filter(str.isdecimal, notice.phone or ""))
            channel = notice.channel_label or _name_medium(row["from_address"])
            applied_at = notice.applied_at or row["sent_at"]
            # Whom nothing can reach is known by the mail alone, and so never the same as another.
            person = contact or row["message_id"]
            candidate_id = _digest("candidate", person)
            candidates.append(
                {
                    "candidate_id": candidate_id,
                    "full_name": notice.full_name,
                    "family_name": notice.family_name,
                    "given_name": notice.given_name,
                    "kana": notice.kana,
                    "email": notice.email,
                    "phone": notice.phone,
                    "birth_date": notice.birth_date,
                    "_row_number": row["_row_number"],
                }
            )
            extra = {"message_id": row["message_id"]} | ({"job_title": notice.job_title} if notice.job_title else {})
            applications.append(
                {
                    "application_id": _digest("application", channel or "", self._local_day(applied_at), person),
                    "candidate_id": candidate_id,
                    "channel_label": channel,
                    "applied_at": applied_at,
                    "applied_at_basis": "mail",
                    "_extra": json.dumps(extra, ensure_ascii=False),
                    "_row_number": row["_row_number"],
                }
            )
        # A notice is no list of all: nothing vanishes because a file has none.
        if applications:
            yield Part(entity_stream("candidates"), _frame("candidates", candidates))
            yield Part(entity_stream("applications"), _frame("applications", applications))

    def _local_day(self, moment: str) -> str:
        if len(moment) == 10:
            return moment
        at = datetime.fromisoformat(moment)
        return (at if at.tzinfo is None else at.astimezone(ZoneInfo(self.timezone))).date().isoformat()


def _name_medium(address: str | None) -> str | None:
    """The company's domain of a sender: mail.media.example.co.jp → example.co.jp; None for a free mail provider's."""
    levels = (address or "").lower().rpartition("@")[2].split(".")
    count = 3 if len(levels) > 2 and len(levels[-1]) == 2 and levels[-2] in SECOND_LEVELS else 2
    domain = ".".join(levels[-count:])
    return domain if len(levels) > 1 and domain not in SHARED_DOMAINS else None


def _digest(*parts: str) -> str:
    return "mail-" + hashlib.blake2b("\0".join(parts).encode(), digest_size=10).hexdigest()


def _frame(entity: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = dict.fromkeys((*ENTITIES[entity].fields, "_extra"), pl.String)
    columns = {name: [row.get(name) for row in rows] for name in schema}
    numbers = pl.Series("_row_number", [row["_row_number"] for row in rows], dtype=pl.Int64)
    return pl.DataFrame(columns, schema=schema).with_columns(numbers)
