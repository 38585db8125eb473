"""A small export for every shipped profile, as system or person writes it; everybody in them is invented."""

from __future__ import annotations

import json

from tests.connectors.reading_tables import SHARED, write_csv

Row = dict[str, str]
FACTS = json.loads((SHARED / "fixtures" / "ats" / "jp_formats" / "jp_ats_formats.json").read_text("utf-8"))


def rows_of(header: str, *rows: str) -> list[Row]:
    """Rows written with | between their cells."""
    names = header.split("|")
    return [dict(zip(names, row.split("|"), strict=True)) for row in rows]


HRMOS = rows_of(
    "応募ID|応募者名|フリガナ|メールアドレス|電話番号|選考ポジション|応募経路|選考ステータス|ステップ|応募日時"
    "|更新日時|書類選考実施日"
    "|1次面接実施日|1次面接判定結果入力日|内定日|不合格日|辞退日|辞退理由分類1|辞退理由分類2|辞退理由分類3"
    "|辞退理由|応募ラベル",
    "9001|森 楓|モリ カエデ|k.mori1@example.com|090-0000-0001|経理|ビズリーチ|選考後辞退|1次面接|2026/04/01 09:05"
    "|2026/05/01 10:00|2026/04/03|2026/04/10|2026/04/12|'|'|2026/04/15|待遇|勤務地|他社決定|転居のため|'",
    "9002|林 蓮|ハヤシ レン|r.hayashi2@example.com|090-0000-0002|経理|doda|重複応募として終了|書類選考"
    "|2026/04/02 10:00"
    "|'|'|'|'|'|'|'|'|'|'|'|重複",
    "9003|林 蓮|ハヤシ レン|r.hayashi2@example.com|090-0000-0002|人事|doda|内定辞退|内定|2026/04/05 10:00"
    "|'|2026/04/06|2026/04/20|'|2026/05/01|'|2026/05/09|'|'|'|家庭の事情|'",
    "9004|清水 凜|シミズ リン|r.shimizu3@example.com|090-0000-0003|人事|自社サイト|書類選考不合格|書類選考"
    "|2026/04/07 10:00"
    "|'|2026/04/08|'|'|'|2026/04/09|'|'|'|'|'|'",
)
JOBCAN = rows_of(
    "候補者ID|氏名|フリガナ|メールアドレス|電話番号|求人ID|求人名|選考ステップ|選考結果|応募日|応募経路"
    "|不採用理由|終了日|一次面接日",
    "C-1|髙橋 葵|タカハシ アオイ|a1@example.com;a2@example.com|090-0000-0004;03-0000-0001|J-1|販売①|一次面接|不採用"
    "|2026/04/01|タウンワーク|経験不足;シフト不一致|2026/04/20|2026/04/10",
    "C-2|木村 亮|キムラ リョウ|ryo3@example.com|080-0000-0005|J-1|販売①|内定|辞退|2026/04/02|Indeed||2026/05/01|",
    "C-3|原 碧|ハラ アオ|ao4@example.com|080-0000-0006|J-2|調理|書類選考|選考中|2026/04/03|Indeed|||",
)
ENTRYPOCKET = rows_of(
    "応募者コード|氏　名|フリガナ|選考状況ステータスコード|店舗ID|店舗マスタ名|電話番号|メールアドレス|媒体名"
    "|応募日時|面接日時"
    "|入社日|重複フラグ|変更履歴１|年齢",
    "E1|森 楓|モリ カエデ|31|S1|【アルバイト】みなと店|090-0000-0007|k7@example.com|Indeed|２０２６/４/１ 9:05"
    "|2026/4/5 14:00||||２１",
    "E2|森 楓|モリ カエデ|1|S1|【アルバイト】みなと店|090-0000-0007|k7@example.com|タウンワーク|2026/4/2 9:05|||◯||21",
    "E3|林 蓮|ハヤシ レン|83|S2|きた店|090-0000-0008|r8@example.com|Indeed|2026/4/3 9:05||||面接前に辞退|30",
    "E4|原 碧|ハラ アオ|77|S2|きた店|090-0000-0009|a9@example.com|Indeed|2026/4/4 9:05||2026/5/1|0||40",
)
DODA = rows_of(
    "|".join([*FACTS["doda_to_ats_fields"]["columns_seen"], "応募日"]),
    "髙橋|葵|タカハシ|アオイ|営業職|100-0001|東京都|千代田区１－１|1990/4/2|女|a.takahashi@example.com|"
    "|03-0000-0002|2026/4/1",
    "林|蓮|ハヤシ|レン|営業職|100-0001|東京都|港区２|1991/4/2|男|r.hayashi@example.com|090-0000-0010"
    "|03-0000-0003|2026/4/2",
)
GOURMET = [
    {
        **dict.fromkeys(FACTS["gourmetcaree_arbeit_csv"]["columns"], ""),
        "応募日": "2026/04/01",
        "応募時間": "9:05",
        "氏名": "森 楓",
        "氏名(カナ)": "モリ カエデ",
        "年齢": "21",
        "電話番号": "090-0000-0011",
        "メールアドレス": "k11@example.com",
        "応募先名（店舗名）": "みなと店",
    }
]
TALENTIO = rows_of(
    "候補者ID|姓|名|メールアドレス|求人|選考ステージ|ステータス|登録日|流入経路|流入経路詳細|タグ",
    "501|森|楓|k12@example.com|経理|一次面接|選考中|2026/04/01|求人媒体|Green|",
    "502|林|蓮|r13@example.com|経理|オファー|辞退|2026/04/02|エージェント|みなと紹介|急募",
)
HRMOS_EVALUATIONS = rows_of(
    "応募ID|選考ポジション|ステップ|評価者|判定結果|総合評価|コメント|判定結果入力日",
    "9001|経理|1次面接|木村|合格|A|落ち着いている|2026/04/12 18:00",
    "9004|人事|書類選考|清水|不合格|'|'|2026/04/09",
)
SMARTHR = rows_of(
    "社員番号|姓|名|姓（ヨミガナ）|名（ヨミガナ）|生年月日|在籍状況|入社年月日|退職年月日|退職事由|部署|メールアドレス",
    "S1|木村|亮|キムラ|リョウ|1985/04/05|退職済|2024/04/01|2025/03/31|自己都合|営業部|ryo@example.com",
    "S2|森|楓|モリ|カエデ|1997/12/01|在職中|2025/04/01|||製造部|",
)
FREEE = rows_of(
    "従業員番号|姓|名|姓（カナ）|名（カナ）|生年月日|入社日|退職日|退職理由|部門|雇用形態",
    "F1|木村|亮|キムラ|リョウ|1985-04-05|2024-04-01|2025-03-31|転職|営業部|正社員",
)
CLICKS = rows_of(
    "日時|メソッド|URL|ユーザーエージェント|IPアドレス",
    "2026-06-01T10:00:00+09:00|GET|https://relay.example.com/?c=abc123&x=1"
    "|Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)|192.0.2.1",
    "2026-06-01T10:00:01+09:00|HEAD|https://relay.example.com/?x=1&c=abc124|Mozilla/5.0 (Windows NT 10.0)|192.0.2.2",
    "2026-06-01T10:00:02+09:00|GET|https://relay.example.com/?c=abc125#top|Slackbot-LinkExpanding 1.0|192.0.2.3",
    "2026-06-01T10:00:03+09:00|GET|https://relay.example.com/robots.txt|-|192.0.2.4",
)
ENHANCED_TRACE = rows_of(
    "origin_timestamp_utc|sender_address|recipient_status|message_subject|total_bytes|message_id"
    "|network_message_id|directionality",
    "2026-06-01T01:02:03.1234567Z|hr@example.co.jp|k14@example.com##Receive, Send|選考結果のご連絡|4096"
    "|<m1@example.co.jp>|n1|Originating",
    "2026-06-01T01:03:00|hr@example.co.jp|r15@example.com##Receive, Fail|選考結果のご連絡|4096|<m2@example.co.jp>|n2|2",
    "2026-06-01T01:04:00Z|a16@example.com|hr@example.co.jp##Receive, Deliver|Re: 面接|4096|<m3@example.com>|n3"
    "|Incoming",
)
TRACE = rows_of(
    "Received|SenderAddress|RecipientAddress|Subject|Status|Size|MessageId|MessageTraceId",
    "2026/06/01 1:02:03|hr@example.co.jp|k14@example.com|選考結果|Delivered|4096|<m1@example.co.jp>|t1",
    "2026/06/01 1:02:03|hr@example.co.jp|r15@example.com|選考結果|Failed|4096|<m1@example.co.jp>|t1",
    "2026/06/01 1:05:00|hr@example.co.jp|r15@example.com|選考結果|Pending|4096|<m4@example.co.jp>|t4",
)
GOOGLE = rows_of(
    "Message ID|Start date|End date|Sender|Message size|Subject|Direction|Attachments|Recipient address"
    "|Event target|Event status",
    "<g1@example.co.jp>|2026/06/01 10:12:13 JST|2026/06/01 10:12:14 JST|hr@example.co.jp|4096|選考結果|Sent|0"
    "|k14@example.com|SMTP_OUT|Deferred",
    "<g1@example.co.jp>|2026/06/01 10:12:13 JST|2026/06/01 10:20:00 JST|hr@example.co.jp|4096|選考結果|Sent|0"
    "|k14@example.com|SMTP_OUT|Delivered",
    "<g2@example.co.jp>|2026/06/01 01:12:13 UTC|2026/06/01 01:12:14 UTC|hr@example.co.jp|4096|選考結果|Sent|0"
    "|r15@example.com|SMTP_OUT|Bounced",
    "<g3@example.com>|2026/06/01 12:00:00|2026/06/01 12:00:01|a16@example.com|4096|Re: 面接|Received|0"
    "|hr@example.co.jp|GMAIL_INBOX|Delivered",
)
HEADERS = {
    "airwork": FACTS["airwork_applicants_csv"]["columns"],
    "hrhacker": FACTS["hrhacker_applicants_csv"]["columns"],
    "media_cost": FACTS["posting_cost_sheet"]["columns"],
    "herp_hire": "応募ID|候補者名|メールアドレス|求人名|応募経路|媒体名|ステップ|応募時刻|終了理由|終了時刻".split("|"),
    "employee_roster": "社員番号|氏名|フリガナ|生年月日|所属|入社日|退職日|退職区分|退職理由".split("|"),
    "evaluation_sheet": "応募ID|選考段階|面接官|面接日|技術力|コミュニケーション|合否|コメント".split("|"),
    "agency_registrations": "登録番号|登録日時|紹介コード|メールアドレス|状態|状態更新日".split("|"),
    "agency_slots": "枠番号|利用日|応募ID|求人ID".split("|"),
}
EXPORTS: list[tuple[str, list[Row]]] = [
    *((name, [dict.fromkeys(header, "")]) for name, header in HEADERS.items()),
    ("hrmos", HRMOS),
    ("hrmos_evaluations", HRMOS_EVALUATIONS),
    ("jobcan", JOBCAN),
    ("entrypocket", ENTRYPOCKET),
    ("doda", DODA),
    ("gourmetcaree", GOURMET),
    ("talentio", TALENTIO),
    ("employee_roster", SMARTHR),
    ("employee_roster", FREEE),
    ("relay_clicks_log", CLICKS),
    ("ms365_message_trace", ENHANCED_TRACE),
    ("ms365_message_trace", TRACE),
    ("google_email_log", GOOGLE),
]


def export_text(rows: list[Row]) -> str:
    return write_csv(list(rows[0]), *rows)
