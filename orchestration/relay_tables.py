"""The relay's facts as tables of schema marts: what each table and column says, kept as comments for BI tools."""

from __future__ import annotations

import duckdb
import polars as pl

from orchestration.frames import write_table

DESCRIPTIONS = {
    "fct_relay_referrals": "Which registrations count towards a slot, and why the others do not."
    " One row a registration. どの登録が枠に数えられ、残りはなぜ数えられないか。登録ごとに一行。",
    "fct_quota_ledger": "The book of free hire slots: earned, used, lapsed, taken back; no line is ever changed."
    " One row an entry. 無料採用枠の台帳。追記のみ。記入ごとに一行。",
    "fct_relay_invitations": "Who was invited to the relay by the rejection mail, and what came of it."
    " One row an eligible application. 不採用通知でリレーに招かれた応募とその結果。応募ごとに一行。",
}
COLUMNS = {
    "source": "The connection that reported the row. 接続名。",
    "registration_id": "The agency's own id of the registration. 登録ID。",
    "token": "The token of the relay URL. リレーURLのトークン。",
    "person_id": "Opaque id of the person, NULL if nobody matches. 人物の不透明ID。",
    "application_source": "The connection of the application. 応募の接続名。",
    "application_id": "The eligible application that the row belongs to. 対象の応募。",
    "registered_at": "When the person registered with the agency, UTC. 登録日時(UTC)。",
    "status": "pending, valid, duplicate or invalid, as the agency says. 代理店の判定。",
    "event_at": "When it counts by the terms: registered_at or status_at, UTC. 条件上の成立日時。",
    "is_counted": "Does it count towards a slot? 枠に数えられるか。",
    "not_counted_reason": "The first reason that bars it. 数えられない理由。",
    "counted_at": "The later of event_at and the rejection, UTC. 計上日時。",
    "referral_no": "1, 2, 3 … in order of counted_at. 計上順の番号。",
    "slot_no": "The slot that the row adds to, earns, uses or loses. 枠番号。",
    "completes_slot": "Does this referral complete its slot? この紹介で枠が満ちるか。",
    "terms_from": "valid_from of the terms it was judged by. 適用条件の開始日。",
    "offered_elsewhere": "Has an offer elsewhere by now; never used in counting. 他社内定の有無(計上に不使用)。",
    "entry_id": "Deterministic id of the entry. 記入ID。",
    "entry_type": "earn, use, expire, reverse or adjust. 記入の種類。",
    "slots": "+1 or −1. 枠の増減。",
    "entry_at": "When it took effect, UTC. 発生日時(UTC)。",
    "slot_use_id": "The use of a slot that the entry records. 枠の使用ID。",
    "recorded_at": "as_of of the run that first wrote it, UTC. 記帳した実行の基準日時。",
    "reason": "Why, where it is not plain. 理由。",
    "closed_at": "When the application was closed, UTC. 選考終了日時(UTC)。",
    "rejection_message_at": "First delivered rejection mail, UTC. 不採用通知の送信日時(UTC)。",
    "is_notified": "Was a rejection mail delivered? 不採用通知が届いたか。",
    "url_present": "Did that mail carry the relay URL? 通知にリレーURLがあったか。",
    "delivery": "What became of the mail. 配送結果。",
    "first_human_click_at": "First click that no machine made, UTC. 人による最初のクリック(UTC)。",
    "registration_status": "Status of the person's registration. 登録の判定。",
    "outcome": "Outcome of the application. 応募の結果。",
}


def write_relay_table(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Replace marts.`name` by the frame, with its comments. Every column must be described: KeyError otherwise."""
    comments = {column: COLUMNS[column] for column in frame.columns}
    write_table(connection, f"marts.{name}", frame, DESCRIPTIONS[name])
    for column, text in comments.items():
        escaped = text.replace("'", "''")
        connection.execute(f"comment on column marts.{name}.{column} is '{escaped}'")
