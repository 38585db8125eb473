"""The shipped profiles over sheets that people keep by hand; every person and address is invented."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.connectors.reading_tables import SHARED, read_path, read_text, write_csv

FACTS = json.loads((SHARED / "fixtures" / "ats" / "jp_formats" / "jp_ats_formats.json").read_text("utf-8"))
COST = FACTS["posting_cost_sheet"]["columns"]


def cost_row(shop: str, medium: str, gross: str, start: str, end: str = "", **more: str) -> dict[str, str]:
    return {"店舗名": shop, "求人媒体": medium, "求人費(税込)": gross, "連載開始": start, "連載終了": end, **more}


def test_costs_with_tax_are_taken_net_and_the_sheet_keeps_its_own_text(tmp_path: Path) -> None:
    text = write_csv(COST, cost_row("みなと店", "タウンワーク", "¥110,000", "2026/4/1", "2026/4/14", 応募総数="8"))
    reading = read_text(tmp_path, "媒体費.csv", text)
    assert reading.only("channel_costs") == {
        "cost_id": "みなと店|タウンワーク|||2026-04-01",
        "channel_label": "タウンワーク",
        "kind": "fixed",
        "period_start_date": "2026-04-01",
        "period_end_date": "2026-04-14",
        "amount": "100000.00",
    }
    row = reading.rows["channel_costs"][0]
    assert row["amount"] == "¥110,000" and json.loads(row["_extra"])["応募総数"] == "8"


def test_the_connection_may_set_the_tax_rate(tmp_path: Path) -> None:
    text = write_csv(COST, cost_row("みなと店", "Indeed", "108000", "2018/4/1"))
    assert read_text(tmp_path, "c.csv", text, tax_rate=0.08).only("channel_costs")["amount"] == "100000.00"


def test_totals_are_left_out_and_counted_never_lost_in_silence(tmp_path: Path) -> None:
    rows = [cost_row("みなと店", "Indeed", "110000", "2026/4/1"), cost_row("合 計", "", "110000", "")]
    reading = read_text(tmp_path, "c.csv", write_csv(COST, *rows))
    assert len(reading.rows["channel_costs"]) == 1 and reading.refused == []
    assert reading.notes.warnings == ["1 row left out: totals, or what the profile skips"]


def test_a_second_line_with_the_same_key_is_a_further_line_and_an_exact_repeat_is_not(tmp_path: Path) -> None:
    one = cost_row("みなと店", "Indeed", "110000", "2026/4/1")
    rows = [one, {**one, "求人費(税込)": "55000"}, one, {**one, "連載開始": "令和8年4月1日", "報告者": "木村"}]
    reading = read_text(tmp_path, "c.csv", write_csv(COST, *rows))
    keys = [row["cost_id"] for row in reading.rows["channel_costs"]]
    assert keys[0] == keys[2] and keys[1] == f"{keys[0]}#2" and keys[3] == f"{keys[0]}#3"
    assert any("3 rows whose cost_id stood above (row 3, 4, 5)" in w for w in reading.notes.warnings)


def test_mending_a_cell_of_a_hand_kept_line_keeps_its_key(tmp_path: Path) -> None:
    before = cost_row("みなと店", "Indeed", "110000", "2026-04-01")
    after = cost_row("みなと店 ", "Ｉｎｄｅｅｄ", "121000", "2026年4月1日", 報告者="木村")
    keys = [
        read_text(tmp_path, "c.csv", write_csv(COST, row)).rows["channel_costs"][0]["cost_id"]
        for row in (before, after)
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("month", ["2026年2月", "2026/02", "2026-2", "２０２６年２月分", "2026/2/1"])
def test_a_sheet_by_month_covers_the_month(tmp_path: Path, month: str) -> None:
    row = {"対象月": month, "媒体名": "ビズリーチ", "費目": "成功報酬", "金額（税抜）": "1,200,000円"}
    text = write_csv(list(row), row)
    cost = read_text(tmp_path, "c.csv", text).only("channel_costs")
    assert (cost["period_start_date"], cost["period_end_date"]) == ("2026-02-01", "2026-02-28")
    assert cost["amount"] == "1200000" and cost["kind"] == "成功報酬"


def test_an_employee_hired_again_has_two_spells_and_a_present_one_no_last_date(tmp_path: Path) -> None:
    header = ["社員番号", "氏名", "フリガナ", "生年月日", "所属", "入社日", "退職日", "退職区分", "退職理由"]
    rows = [
        ["E1", "木村 亮", "キムラ リョウ", "S60.4.5", "営業部", "2024/4/1", "2025/3/31", "自己都合", "転居"],
        ["E2", "森 楓", "モリ カエデ", "平成9年12月1日", "製造部", "R7.4.1", "在籍中", "", ""],
        ["E1", "木村 亮", "キムラ リョウ", "S60.4.5", "営業部", "2026/1/1", "", "", ""],
    ]
    text = write_csv(header, *(dict(zip(header, row, strict=True)) for row in rows))
    reading = read_text(tmp_path, "社員名簿.csv", text, "cp932")
    assert reading.refused == []
    spells = [(e["employee_id"], e["spell_no"], e["hire_date"], e.get("last_date")) for e in reading.meant("employees")]
    assert spells == [
        ("E1", "1", "2024-04-01", "2025-03-31"),
        ("E2", "1", "2025-04-01", None),
        ("E1", "2", "2026-01-01", None),
    ]
    assert reading.meant("employees")[0]["birth_date"] == "1985-04-05"
    assert reading.meant("employees")[0]["termination_type"] == "自己都合"


def test_an_evaluation_sheet_with_a_column_a_criterion_gives_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "面接評価.xlsx"
    pl.DataFrame(
        {
            "応募ID": ["H10001", "H10002"],
            "選考段階": ["一次面接", "最終面接"],
            "面接官": ["木村", "清水"],
            "面接日": ["2026/4/10", "2026/5/1"],
            "技術力": ["4", "B"],
            "コミュニケーション": ["３", ""],
            "合否": ["合格", "◎"],
            "コメント": ["落ち着いている", ""],
        }
    ).write_excel(path, worksheet="評価")
    reading = read_path(path)
    assert reading.notes.facts["評価: profile"] == "evaluation_sheet" and reading.refused == []
    scores = {(e["application_id"], e["criterion"]): e.get("score") for e in reading.meant("evaluations")}
    assert scores == {
        ("H10001", "技術力"): "4",
        ("H10001", "コミュニケーション"): "3",
        ("H10001", "合否"): None,
        ("H10002", "技術力"): "3",
        ("H10002", "合否"): None,
    }
    verdicts = [e["recommendation"] for e in reading.meant("evaluations") if "recommendation" in e]
    assert verdicts == ["yes", "◎"]
    assert len({e["evaluation_id"] for e in reading.meant("evaluations")}) == 5


def test_an_evaluation_sheet_with_a_line_a_criterion(tmp_path: Path) -> None:
    header = ["応募ID", "選考段階", "面接官", "評価項目", "点数", "満点", "評価日"]
    rows = [
        ["A1", "一次面接", "木村", item, point, "10", "2026/4/10"] for item, point in (("主体性", "8"), ("協調性", "6"))
    ]
    text = write_csv(header, *(dict(zip(header, row, strict=True)) for row in rows))
    meant = read_text(tmp_path, "e.csv", text).meant("evaluations")
    assert [(e["criterion"], e["score"], e["score_min"], e["score_max"]) for e in meant] == [
        ("主体性", "8", "1", "10"),
        ("協調性", "6", "1", "10"),
    ]


def test_an_agency_list_gives_registrations_and_a_slot_list_uses(tmp_path: Path) -> None:
    header = ["登録番号", "登録日時", "紹介コード", "メールアドレス", "状態", "状態更新日"]
    row = ["R1", "2026/6/1 10:00", "abc123", "m@example.com", "有効", "2026/6/3"]
    text = write_csv(header, dict(zip(header, row, strict=True)))
    registration = read_text(tmp_path, "登録者.csv", text, "cp932").only("relay_registrations")
    assert registration["registration_id"] == "R1" and registration["status"] == "有効"
    text = "枠番号,利用日,応募ID,求人ID\n1,2026/7/1,H1,J1\n2,,,\n"
    reading = read_text(tmp_path, "枠.csv", text, "cp932")
    assert reading.only("relay_slot_uses")["slot_use_id"] == "1"
    assert reading.notes.warnings == ["1 row without any record"]
