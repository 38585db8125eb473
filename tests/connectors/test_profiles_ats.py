"""What the shipped profiles of ATS and media exports make of the forms those systems are known for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compute.candidate_records import are_one, candidate
from tests.connectors.reading_tables import Reading, read_text, write_csv
from tests.connectors.shipped_exports import (
    DODA,
    ENTRYPOCKET,
    GOURMET,
    HRMOS,
    HRMOS_EVALUATIONS,
    JOBCAN,
    TALENTIO,
    Row,
    export_text,
)


def read(folder: Path, rows: list[Row], encoding: str = "utf-8") -> Reading:
    return read_text(folder, "export.csv", export_text(rows), encoding)


def column(reading: Reading, entity: str, *fields: str) -> list[tuple[str | None, ...]]:
    return [tuple(row.get(field) for field in fields) for row in reading.meant(entity)]


def test_hrmos_tells_withdrawn_declined_duplicate_and_rejected_apart(tmp_path: Path) -> None:
    assert column(read(tmp_path, HRMOS), "applications", "application_id", "outcome", "closed_at") == [
        ("9001", "withdrawn", "2026-04-15"),
        ("9002", "duplicate", None),
        ("9003", "offer_declined", "2026-05-09"),
        ("9004", "rejected", "2026-04-09"),
    ]


def test_hrmos_gives_up_to_three_classes_of_reasons_and_an_apostrophe_is_none(tmp_path: Path) -> None:
    reading = read(tmp_path, HRMOS)
    assert column(reading, "application_reasons", "application_id", "ordinal", "reason_label", "party") == [
        ("9001", "1", "待遇", "candidate"),
        ("9001", "2", "勤務地", "candidate"),
        ("9001", "3", "他社決定", "candidate"),
        ("9003", "1", "家庭の事情", "candidate"),
    ]
    assert reading.meant("application_reasons")[0]["reason_text"] == "転居のため"
    assert "'" not in [text for entity in reading.rows for row in reading.meant(entity) for text in row.values()]


def test_hrmos_classes_in_one_cell_are_as_many_reasons(tmp_path: Path) -> None:
    row = {"応募ID": "1", "選考ステータス": "辞退", "応募経路": "doda", "応募日時": "2026-04-01"}
    reading = read(tmp_path, [row | {"辞退理由分類": "待遇；給与/勤務地; 他社決定"}, row | {"辞退理由分類": "待遇;"}])
    assert column(reading, "application_reasons", "ordinal", "reason_label") == [
        ("1", "待遇"),
        ("2", "給与/勤務地"),
        ("3", "他社決定"),
        ("1", "待遇"),
    ]


def test_hrmos_stage_dates_are_stage_events_with_the_day_of_the_decision(tmp_path: Path) -> None:
    events = column(read(tmp_path, HRMOS), "stage_events", "application_id", "event_id", "entered_at", "exited_at")
    assert events[:2] == [
        ("9001", "document", "2026-04-03", None),
        ("9001", "interview_1", "2026-04-10", "2026-04-12"),
    ]
    assert ("9003", "offer", "2026-05-01", None) in events and len(events) == 6


def test_hrmos_a_new_number_after_a_change_of_flow_is_the_same_person(tmp_path: Path) -> None:
    rows = {row["candidate_id"]: row for row in read(tmp_path, HRMOS).meant("candidates")}
    old, new, other = (
        candidate(
            number,
            full_name=rows[number]["full_name"],
            kana=rows[number]["kana"],
            email=rows[number]["email"],
            phone=rows[number]["phone"],
        )
        for number in ("9002", "9003", "9001")
    )
    assert are_one(old, new) and not are_one(old, other)


def test_hrmos_evaluations_give_verdict_score_and_comment(tmp_path: Path) -> None:
    reading = read(tmp_path, HRMOS_EVALUATIONS)
    assert column(reading, "evaluations", "application_id", "stage_label", "score", "recommendation", "comment") == [
        ("9001", "1次面接", "4", "yes", "落ち着いている"),
        ("9004", "書類選考", None, "no", None),
    ]
    lines = [row | {"評価項目": item, "評価点": "B"} for row in HRMOS_EVALUATIONS[:1] for item in ("主体性", "協調性")]
    reading = read(tmp_path, lines)
    scores = sorted({(str(c), str(s)) for c, s in column(reading, "evaluations", "criterion", "score")})
    assert scores == [("主体性", "3"), ("協調性", "3"), ("総合評価", "4")]
    assert all("木村" not in row["evaluation_id"] for row in reading.meant("evaluations"))


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_jobcan_in_both_encodings_gives_lists_and_several_reasons(tmp_path: Path, encoding: str) -> None:
    reading = read(tmp_path, JOBCAN, encoding)
    person = reading.meant("candidates")[0]
    assert (person["email"], person["phone"]) == ("a1@example.com;a2@example.com", "090-0000-0004;03-0000-0001")
    assert person["full_name"] == "髙橋 葵" and reading.meant("jobs")[0]["title"] == "販売①"
    assert column(reading, "application_reasons", "application_id", "ordinal", "reason_label") == [
        ("C-1", "1", "経験不足"),
        ("C-1", "2", "シフト不一致"),
    ]
    assert column(reading, "applications", "status_label", "outcome") == [
        ("不採用", None),
        ("辞退", "offer_declined"),
        ("選考中", None),
    ]


def test_entrypocket_codes_duplicates_and_shops(tmp_path: Path) -> None:
    reading = read(tmp_path, ENTRYPOCKET)
    assert column(reading, "applications", "application_id", "status_label", "outcome") == [
        ("E1", "面接予約済", None),
        ("E2", "未対応", "duplicate"),
        ("E3", "不採用（辞退）", None),
        ("E4", "77", None),
    ]
    assert reading.meant("applications")[0]["applied_at"] == "2026-04-01T09:05:00"
    assert column(reading, "jobs", "job_id", "department", "hiring_type") == [
        ("S1", "みなと店", "part_time"),
        ("S2", "きた店", None),
    ]
    assert json.loads(reading.rows["applications"][0]["_extra"])["年齢"] == "２１"


@pytest.mark.parametrize("sign", ["1", "true", "○", "◯", "あり", "重複", "yes", "１"])
def test_entrypocket_every_sign_of_a_duplicate_counts(tmp_path: Path, sign: str) -> None:
    reading = read(tmp_path, [ENTRYPOCKET[0] | {"重複フラグ": sign}])
    assert reading.only("applications")["outcome"] == "duplicate"


def test_entrypocket_under_other_headers(tmp_path: Path) -> None:
    row = {"ＩＤ": "7", "お名前": "森 楓", "対応状況": "連絡中", "登録日時": "2026-04-01", "応募店舗": "みなと店"}
    row |= {"流入元": "Indeed", "重複応募": "", "携帯電話": "090-0000-0012"}
    reading = read(tmp_path, [row])
    assert reading.notes.facts["profile"] == "entrypocket"
    application = reading.only("applications")
    assert (application["application_id"], application["status_label"]) == ("7", "連絡中")
    assert (application["channel_label"], application["job_id"]) == ("Indeed", "みなと店")
    assert reading.only("candidates")["phone"] == "090-0000-0012"


def test_doda_joins_the_name_and_falls_back_to_the_second_phone(tmp_path: Path) -> None:
    reading = read(tmp_path, DODA, "cp932")
    assert column(reading, "candidates", "full_name", "kana", "phone") == [
        ("髙橋 葵", "タカハシ アオイ", "03-0000-0002"),
        ("林 蓮", "ハヤシ レン", "090-0000-0010"),
    ]
    extra = json.loads(reading.rows["applications"][0]["_extra"])
    assert extra["住所①"] == "千代田区１－１"
    assert [c for (c,) in column(reading, "applications", "channel_label")] == ["doda", "doda"]


def test_doda_keys_tell_nothing_and_stay_when_a_width_is_retyped(tmp_path: Path) -> None:
    before = read(tmp_path, DODA).meant("applications")[0]
    wide = DODA[0] | {"求人名称": " 営業職", "応募日": "2026年4月1日", "郵便番号": ""}
    after = read(tmp_path, [wide]).only("applications")
    assert before["application_id"] == after["application_id"] and before["candidate_id"] == after["candidate_id"]
    assert "example" not in before["application_id"] + before["candidate_id"]
    other = read(tmp_path, [DODA[0] | {"求人名称": "経理"}]).only("applications")
    assert other["application_id"] != before["application_id"] and other["candidate_id"] == before["candidate_id"]


def test_gourmetcaree_date_and_time_are_one_moment(tmp_path: Path) -> None:
    application = read(tmp_path, GOURMET, "cp932").only("applications")
    assert application["applied_at"] == "2026-04-01T09:05:00"
    assert (application["job_id"], application["channel_label"]) == ("みなと店", "グルメキャリー")
    again = read(tmp_path, [GOURMET[0] | {"応募時間": "10:00"}]).only("applications")
    assert again["candidate_id"] == application["candidate_id"]
    assert again["application_id"] != application["application_id"]


def test_talentio_takes_the_named_medium_and_the_stage_of_a_refused_offer(tmp_path: Path) -> None:
    assert column(read(tmp_path, TALENTIO), "applications", "channel_label", "current_stage_label", "outcome") == [
        ("Green", "一次面接", None),
        ("みなと紹介", "オファー", "offer_declined"),
    ]


def test_herp_a_running_application_keeps_its_step_beside_the_step_of_ended_ones(tmp_path: Path) -> None:
    row = {"応募ID": "H1", "応募経路": "スカウト", "ステップ": "二次選考", "応募時刻": "2026/4/1", "終了理由": ""}
    ended = row | {"応募ID": "H2", "ステップ": "選考終了", "終了理由": "応募者辞退", "終了時ステップ": "最終選考"}
    after_offer = ended | {"応募ID": "H3", "終了時ステップ": "", "内定日": "2026/5/1"}
    reading = read_text(tmp_path, "h.csv", write_csv(list(after_offer), row, ended, after_offer))
    assert column(reading, "applications", "application_id", "current_stage_label", "outcome", "applied_at_basis") == [
        ("H1", "二次選考", "open", "ingested"),
        ("H2", "最終選考", "withdrawn", "ingested"),
        ("H3", None, "offer_declined", "ingested"),
    ]
