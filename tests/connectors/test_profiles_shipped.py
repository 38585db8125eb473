"""The shipped profiles over ATS exports as people have them; every person and address is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.tables.profile import SHIPPED, read_profile, read_profiles
from tests.connectors.reading_tables import SHARED, read_text, write_csv

FACTS = json.loads((SHARED / "fixtures" / "ats" / "jp_formats" / "jp_ats_formats.json").read_text("utf-8"))


HRHACKER = {
    "応募者id": "700001",
    "応募求人先": "P-12",
    "選考ステータス": "不採用",
    "応募経路": "タウンワーク",
    "名前": "髙橋　葵",
    "名前フリガナ": "タカハシ　アオイ",
    "生年月日": "1999/3/1",
    "電話番号": "090-0000-0001",
    "メールアドレス": "aoi.takahashi1@example.com",
    "応募日時": "2026-07-01 00:12:30",
    "更新日": "2026-07-05",
    "選考理由": "経験不足",
    "店舗名": "みなと店①",
    "自由項目1": "㈱前職",
    "面接予定日": "2026/7/3 14:00",
}


def test_hrhacker_in_cp932_gives_application_candidate_reason_interview_and_posting(tmp_path: Path) -> None:
    columns = FACTS["hrhacker_applicants_csv"]["columns"]
    reading = read_text(tmp_path, "applicants_20260706.csv", write_csv(columns, HRHACKER), "cp932")
    assert reading.notes.facts["profile"] == "hrhacker" and reading.notes.facts["encoding"] == "cp932"
    assert reading.refused == []
    application = {"application_id": "700001", "candidate_id": "700001", "job_id": "P-12", "applied_at_basis": "ats"}
    said = {"channel_label": "タウンワーク", "status_label": "不採用", "updated_at": "2026-07-05"}
    assert reading.only("applications") == {**application, **said, "applied_at": "2026-07-01 00:12:30"}
    assert reading.only("candidates") == {
        "candidate_id": "700001",
        "full_name": "髙橋　葵",
        "kana": "タカハシ　アオイ",
        "email": "aoi.takahashi1@example.com",
        "phone": "090-0000-0001",
        "birth_date": "1999-03-01",
    }
    reason = {"application_id": "700001", "ordinal": "1", "reason_label": "経験不足", "reason_text": "経験不足"}
    assert reading.only("application_reasons") == reason
    assert reading.only("interviews")["scheduled_at"] == "2026-07-03T14:00:00"
    arranged = {"application_id": "700001", "event_id": "interview_1", "stage_label": "面接"}
    assert reading.only("stage_events") == {**arranged, "entered_at": "2026-07-03T14:00:00"}
    assert reading.only("jobs") == {"job_id": "P-12", "department": "みなと店①"}
    extra = json.loads(reading.rows["applications"][0]["_extra"])
    assert extra["自由項目1"] == "㈱前職" and extra["店舗名"] == "みなと店①"
    assert "名前" not in extra and "メールアドレス" not in extra


def test_a_long_reason_is_text_and_no_label(tmp_path: Path) -> None:
    sentence = "面接では前職での人間関係についての話が長く、当社の業務との接点が最後まで見えなかった"
    text = write_csv(FACTS["hrhacker_applicants_csv"]["columns"], {**HRHACKER, "選考理由": sentence})
    reason = read_text(tmp_path, "a.csv", text, "cp932").only("application_reasons")
    assert reason == {"application_id": "700001", "ordinal": "1", "reason_text": sentence}


def test_airwork_with_a_byte_order_mark_and_every_cell_quoted(tmp_path: Path) -> None:
    columns = FACTS["airwork_applicants_csv"]["columns"]
    row = {
        "応募ID": "A-1",
        "応募者名": "林 蓮",
        "ふりがな": "はやし れん",
        "生年月日": "2001年4月2日",
        "住所": "８条10丁目３－１－507",
        "電話番号": "080-0000-0002",
        "メールアドレス": "ren.hayashi2@example.co.jp",
        "応募経路": "AirWORK",
        "応募日時": "2026/06/11 11:07:06",
        "応募求人ID": "J-9",
        "対応状況": "面接予約済",
    }
    text = "".join(",".join(f'"{row.get(c, "") if i else c}"' for c in columns) + "\r\n" for i in (0, 1))
    reading = read_text(tmp_path, "応募者一覧.csv", text, "utf-8-sig")
    assert reading.only("applications") == {
        "application_id": "A-1",
        "candidate_id": "A-1",
        "job_id": "J-9",
        "channel_label": "AirWORK",
        "applied_at": "2026-06-11T11:07:06",
        "applied_at_basis": "ats",
        "status_label": "面接予約済",
    }
    assert reading.only("candidates")["birth_date"] == "2001-04-02"
    assert json.loads(reading.rows["applications"][0]["_extra"])["住所"] == "８条10丁目３－１－507"


HERP = [
    "応募ID",
    "候補者名",
    "メールアドレス",
    "求人名",
    "応募経路",
    "媒体名",
    "ステップ",
    "応募時刻",
    "終了理由",
    "終了時刻",
]


@pytest.mark.parametrize(
    ("route", "applied", "step", "end", "outcome", "basis"),
    [
        ("求人媒体", "2026/4/1 9:05", "書類選考", "", "open", "ats"),
        ("求人媒体", "2026/4/1 9:05", "選考終了", "不採用", "rejected", "ats"),
        ("求人媒体", "2026/4/1 9:05", "一次面接", "応募者辞退", "withdrawn", "ats"),
        ("求人媒体", "2026/4/1 9:05", "内定", "応募者辞退", "offer_declined", "ats"),
        ("社員紹介", "2026/4/1 9:05", "内定", "入社決定", "hired", "ats"),
        ("自社サイト", "2026/4/1 9:05", "エントリー", "非選考対象", "not_considered", "ats"),
        ("求人媒体(スカウト)", "2024/8/31 23:59", "エントリー", "", "open", "ats"),
        ("求人媒体（スカウト）", "2024/9/1 0:00", "エントリー", "", "open", "ingested"),
    ],
)
def test_herp_end_reasons_are_outcomes_and_scouts_are_dated_by_import(
    tmp_path: Path, route: str, applied: str, step: str, end: str, outcome: str, basis: str
) -> None:
    row = dict(
        zip(HERP, ["H1", "森 楓", "k.mori3@example.com", "経理", route, "", step, applied, end, ""], strict=True)
    )
    reading = read_text(tmp_path, "herp.csv", write_csv(HERP, row))
    assert reading.notes.facts["profile"] == "herp_hire" and reading.refused == []
    application = reading.only("applications")
    assert application["outcome"] == outcome and application["applied_at_basis"] == basis
    assert application["channel_label"] == route and application["job_id"] == "経理"
    assert application.get("current_stage_label") == (None if step == "選考終了" else step)


def test_herp_stage_dates_become_stage_events_for_the_filled_ones_only(tmp_path: Path) -> None:
    header = [*HERP, "書類選考日", "一次面接日", "最終面接日"]
    row = {
        "応募ID": "H1",
        "応募経路": "エージェント",
        "媒体名": "みなと紹介",
        "ステップ": "一次選考",
        "応募時刻": "2026-04-01",
    }
    row |= {"書類選考日": "2026/4/3", "一次面接日": "2026/4/10 15:00", "最終面接日": "-"}
    reading = read_text(tmp_path, "herp.csv", write_csv(header, row))
    assert [(e["event_id"], e["stage_label"], e.get("entered_at")) for e in reading.meant("stage_events")][:2] == [
        ("document", "書類選考", "2026-04-03"),
        ("interview_1", "一次面接", "2026-04-10T15:00:00"),
    ]
    application = reading.only("applications")
    assert application["channel_label"] == "みなと紹介" and application["agency_label"] == "みなと紹介"
    assert application["current_stage_label"] == "一次選考"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_profile_says_where_its_facts_come_from_and_fits_only_itself(path: Path) -> None:
    from connectors.tables.recognise import rank_profiles

    assert path.read_text("utf-8").startswith("# ")
    profile = read_profile(path)
    header = [required.header[0] for required in profile.recognise.required]
    fitting = [fit.loaded.name for fit in rank_profiles(read_profiles(None).values(), header) if fit.fits]
    assert fitting[0] == profile.name
