"""The story as the two applicant systems export it: HERP Hire for head office, HRハッカー for the shops."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random

from data.make_sample.people import AGENCY_ADDRESS
from data.make_sample.story import Application, Story

HERP_STAGE_COLUMNS = {
    "document": "書類選考日",
    "test": "適性検査日",
    "interview_1": "一次面接日",
    "interview_2": "二次面接日",
    "interview_final": "最終面接日",
    "offer": "内定日",
    "accepted": "内定承諾日",
}
STEP_NAMES = {
    "applied": "エントリー",
    "document": "書類選考",
    "test": "適性検査",
    "interview_1": "一次面接",
    "interview_2": "二次面接",
    "interview_final": "最終面接",
    "offer": "内定",
    "accepted": "内定",
    "joined": "選考終了",
}
END_REASONS = {
    "hired": "入社決定",
    "rejected": "不採用",
    "withdrawn": "応募者辞退",
    "offer_declined": "応募者辞退",
    "duplicate": "非選考対象",
}
ROUTES = {
    "ビズリーチ": "求人媒体(スカウト)",
    "BizReach": "求人媒体(スカウト)",
    "社員紹介": "社員紹介",
    "リファラル": "社員紹介",
    "自社HP": "自社サイト",
    "エージェント": "エージェント",
    "みなと転職フェア": "その他",
}
HRHACKER_COLUMNS = (
    "応募者id 応募求人先 選考ステータス 応募経路 名前 名前フリガナ 性別 生年月日 現在の職業 電話番号 メールアドレス"
    " 郵便番号 都道府県 市区町村 丁目 番地 建物名 連絡希望日 連絡方法 見学会希望有無 見学会希望日 希望面接形態 学歴"
    " 勤務可能期間 自由項目1 自由項目2 自由項目3 面接予定日 選考理由 応募日時 更新日 店舗ID 店舗名"
).split()
SHOP_STATUS = {"hired": "採用", "rejected": "不採用", "withdrawn": "辞退", "duplicate": "重複応募", "open": "選考中"}
# What CP932 cannot write, the shop system writes otherwise: one person, two spellings.
CP932_SPELLINGS = {"𠮷": "吉", "栁": "柳"}


def write_herp(random: Random, story: Story) -> bytes:
    """UTF-8 with BOM; stage dates without a time, so their precision is the day. One row has a day that never was."""
    rows = []
    for application in story.hq:
        person, job = application.person, application.job
        assert job is not None
        by_agency = application.channel == "エージェント"
        row = {
            "応募ID": application.application_id,
            "候補者名": person.name,
            "フリガナ": person.kana,
            "メールアドレス": AGENCY_ADDRESS if by_agency and random.random() < 0.6 else person.email,
            "電話番号": "" if by_agency else person.phone,
            "生年月日": person.birth.strftime("%Y/%m/%d"),
            "応募経路": ROUTES.get(application.channel, "求人媒体"),
            "媒体名": application.channel,
            "求人ID": job.job_id,
            "求人名": job.title,
            "職種": job.family,
            "部署": job.department,
            "採用区分": "新卒" if job.hiring_type == "new_graduate" else "中途",
            "応募時刻": application.applied.strftime("%Y/%m/%d %H:%M:%S"),
            "ステップ": STEP_NAMES[application.reached] if application.outcome == "open" else "選考終了",
            "終了時ステップ": STEP_NAMES[application.reached] if application.outcome != "open" else "",
            "終了理由": END_REASONS.get(application.outcome, ""),
            "終了時刻": application.closed.strftime("%Y/%m/%d %H:%M") if application.closed else "",
            "不採用理由": application.reason if application.outcome == "rejected" else "",
            "辞退理由": application.reason if application.outcome in ("withdrawn", "offer_declined") else "",
        }
        if application.outcome == "rejected" and random.random() < 0.15:
            row["不採用理由"] = ""
        entered = dict(application.stages)
        for stage, column in HERP_STAGE_COLUMNS.items():
            row[column] = entered[stage].strftime("%Y/%m/%d") if stage in entered else ""
        row["入社日"] = application.joined.strftime("%Y/%m/%d") if application.joined else ""
        rows.append(row)
    rows[17]["応募時刻"] = "2025/04/31 10:00:00"
    return _csv(list(rows[0]), rows).encode("utf-8-sig")


def write_hrhacker(random: Random, story: Story) -> bytes:
    """CP932, every shop applicant; ㈱ and ① as such systems' users write them."""
    rows = []
    for application in story.shop:
        person, shop = application.person, application.shop
        assert shop is not None
        interview = dict(application.stages).get("interview_1")
        rows.append(
            {
                "応募者id": application.application_id,
                "応募求人先": f"{shop[0]}-{'ホール' if person.number % 2 else 'キッチン'}",
                "選考ステータス": _shop_status(random, application),
                "応募経路": application.channel,
                "名前": _cp932(person.name),
                "名前フリガナ": person.kana,
                "生年月日": person.birth.isoformat(),
                "現在の職業": random.choice(("学生", "主婦・主夫", "フリーター", "会社員①", "㈱勤務")),
                "電話番号": person.phone,
                "メールアドレス": person.email,
                "都道府県": "神奈川県",
                "連絡方法": "電話",
                "面接予定日": interview.strftime("%Y-%m-%d %H:%M:%S") if interview else "",
                "選考理由": application.reason,
                "応募日時": application.applied.strftime("%Y-%m-%d %H:%M:%S"),
                "更新日": (application.closed or application.applied).strftime("%Y-%m-%d %H:%M:%S"),
                "店舗ID": shop[0],
                "店舗名": shop[1],
            }
        )
    return _csv(HRHACKER_COLUMNS, rows).encode("cp932")


def _shop_status(random: Random, application: Application) -> str:
    if application.outcome == "withdrawn" and application.reason == "連絡が取れない":
        return "不通"
    return SHOP_STATUS[application.outcome]


def _cp932(text: str) -> str:
    for letter, instead in CP932_SPELLINGS.items():
        text = text.replace(letter, instead)
    return text


def _csv(columns: Sequence[str], rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
