"""Lines of a Postfix log → the life cycles of its messages, joined by queue id.

Read are the lines that tell of a message in the queue: `message-id=`, `from=`, `to=… status=…`, what a server said,
notifications and `removed`. All others (connections, TLS, screening, statistics) tell of no message; a line refused
before there is a queue id (NOQUEUE) tells of one that we never had. Formats: postfix.org, DEBUG_README and postlogd(8);
the syslog forms of RFC 3164 (no year) and RFC 5424 (ISO 8601).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

# Hexadecimal, or with enable_long_queue_ids 52 letters and digits that begin with a time.
QUEUE_ID = (
    r"[0-9A-F]{6,16}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10,}z[0-9A-Za-z]+|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{11,20}"
)
LINE = (
    r"^(?:<\d+>\d? ?)?(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)) "
    r"(?P<host>\S+) postfix[\w.-]*(?:/[\w.-]+)*/(?P<program>[\w-]+)\[(?P<pid>\d+)\]: (?P<message>.*)$"
)
MESSAGE = rf"^(?P<queue_id>{QUEUE_ID}): (?P<told>.*)$"
FIELDS = {
    "message_id": r"^(?:resent-)?message-id=(?:<([^>]*)>|(\S.*))$",
    "sender": r"^from=<([^>]*)>",
    "recipient": r"^to=<?([^>,]*)>?,",
    "relay": r"^to=.*?, relay=([^,]+),",
    "dsn": r"^to=.*?, dsn=([245]\.\d+\.\d+),",
    "status": r"^(?:to|from)=.*?, status=([a-z-]+)",
    "response": r"^to=.*?, status=[a-z-]+ \((.*)\)$",
    "next_id": r"^to=.*?, status=sent \(.*queued as ([0-9A-Za-z]+)\)$",
    "notification": r"^sender (non-delivery|delay|delivery status) notification: ",
    "notification_id": r"^sender (?:non-delivery|delay|delivery status) notification: ([0-9A-Za-z]+)$",
    "said": r"^host \S+ (?:said|refused to talk to me): (.*?)(?: \(in reply to .*\))?$",
}
COLUMNS = ("at", "program", "queue_id", *FIELDS, "is_removed")
LEAVES = {"smtp": "outbound", "error": "outbound", "lmtp": "inbound", "local": "inbound", "virtual": "inbound"}


def read_lines(lines: pl.Series) -> pl.DataFrame:
    """COLUMNS and `line` (its place in `lines`, from 0) of the lines that tell of a message in the queue; texts,
    NULL where the line does not tell, `is_removed` Boolean. Times stay as they are written."""
    parsed = (
        pl.DataFrame({"text": lines})
        .with_row_index("line")
        .filter(pl.col("text").str.contains(r"postfix[\w./-]*\[\d+\]: [0-9A-Za-z]{6,20}: "))
        .with_columns(pl.col("text").str.strip_chars_end("\r").str.extract_groups(LINE).alias("parts"))
        .unnest("parts")
        .with_columns(pl.col("message").str.extract_groups(MESSAGE).alias("parts"))
        .drop_nulls("message")
        .unnest("parts")
        .drop_nulls("queue_id")
    )
    return parsed.select(
        "line",
        "at",
        "program",
        "queue_id",
        *(pl.coalesce(_take(pattern)).alias(name) for name, pattern in FIELDS.items()),
        is_removed=pl.col("told") == "removed",
    )


def _take(pattern: str) -> list[pl.Expr]:
    count = 2 if pattern.count("(") - pattern.count("(?:") - pattern.count(r"\(") > 1 else 1
    return [pl.col("told").str.extract(pattern, group) for group in range(1, count + 1)]


def date_lines(lines: pl.DataFrame, written_at: datetime) -> pl.DataFrame:
    """`at` as ISO 8601: a syslog time has no year, so it is the last one in which it is not after `written_at` (UTC,
    with a day for the zones)."""
    bare = ~pl.col("at").str.contains(r"^\d{4}-")
    this_year, last_year = (
        pl.format("{} {}", pl.lit(str(year)), pl.col("at").str.replace("  ", " ")).str.to_datetime(
            "%Y %b %e %H:%M:%S", strict=False
        )
        for year in (written_at.year, written_at.year - 1)
    )
    is_later = this_year.is_null() | (this_year > pl.lit(written_at) + pl.duration(days=1))
    told = pl.when(is_later).then(last_year).otherwise(this_year).dt.strftime("%Y-%m-%dT%H:%M:%S")
    return lines.with_columns(at=pl.when(bare).then(told).otherwise("at"))


def join_lives(lines: pl.DataFrame) -> pl.DataFrame:
    """One row a message and recipient: queue_id, message_id, sender, recipient, sent_at (first line of the message),
    delivery (delivered, deferred or bounced), dsn, direction (by the program that delivered, NULL where none tells),
    line. `lines`: as of `date_lines`, in the order of the log.

    A queue id may come again after `removed`: that is another message. A delivery to our own filter (`queued as` an id
    of the same log) is no end; the id it was given carries on. A bounce is final, else the last line counts.
    """
    lives = lines.with_columns(
        life=pl.col("is_removed").shift(1, fill_value=False).cum_sum().over("queue_id"), place=pl.int_range(pl.len())
    )
    key = ["queue_id", "life"]
    told = lives.group_by(key, maintain_order=True).agg(
        pl.col("at").first().alias("sent_at"),
        pl.col("message_id").drop_nulls().first(),
        pl.col("sender").drop_nulls().first(),
        is_expired=(pl.col("status").is_in(["expired", "force-expired"]) & pl.col("recipient").is_null()).any(),
    )
    known = lives.get_column("queue_id").unique()
    ends = lives.filter(
        pl.col("recipient").is_not_null()
        & pl.col("status").is_in(["sent", "bounced", "deferred", "expired", "undeliverable"])
        & ~pl.col("next_id").is_in(known.implode()).fill_null(False)
    )
    deliveries = ends.with_columns(
        delivery=pl.col("status").replace_strict(
            {"sent": "delivered", "deferred": "deferred"}, default="bounced", return_dtype=pl.String
        ),
        direction=pl.col("program").replace_strict(LEAVES, default=None, return_dtype=pl.String),
    )
    last = (
        deliveries.sort((pl.col("delivery") == "bounced"), "place")
        .unique([*key, "recipient"], keep="last", maintain_order=True)
        .join(told, on=key, suffix="_told")
    )
    expired = pl.col("is_expired") & (pl.col("delivery") == "deferred")
    return last.sort("place").select(
        "line",
        "queue_id",
        "recipient",
        "dsn",
        "direction",
        "sent_at",
        message_id=pl.col("message_id_told"),
        sender=pl.col("sender_told"),
        delivery=pl.when(expired).then(pl.lit("bounced")).otherwise("delivery"),
    )
