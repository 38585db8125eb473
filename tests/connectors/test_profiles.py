"""What a profile may say, and how its mistakes and its rivals are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import FileRefused, ProfileError
from connectors.tables.profile import read_profile, read_profiles
from tests.connectors.reading_tables import Reading, read_text

HEAD = "name: {name}\ntitle_ja: 試験\ntitle_en: test\n"
GOOD = (
    HEAD
    + """recognise: {{required: [応募コード, 応募日]}}
entities:
  applications:
    fields:
      application_id: 応募コード
      applied_at: 応募日
"""
)


def write(home: Path, text: str, name: str = "mine") -> Path:
    (home / "profiles").mkdir(exist_ok=True)
    path = home / "profiles" / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def read(home: Path, rules: str, csv: str, **settings: Any) -> Reading:
    """One profile named mine with the lines `rules` below its heading, over one file."""
    write(home, HEAD.format(name="mine") + rules)
    return read_text(home, "export.csv", csv, profile="mine", **settings)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("application_id:", "aplication_id:", 8, "did you mean application_id"),
        ("  applications:", "  aplications:", 6, "did you mean applications?"),
        ("applied_at: 応募日", "applied_at: {colum: 応募日}", 9, "did you mean column?"),
        ("applied_at: 応募日", "applied_at: {date: 応募日}", 9, "date needs time"),
        ("applied_at: 応募日", "applied_at: {join: [応募日], part: 1}", 9, "part goes with split"),
        ("applied_at: 応募日", "applied_at: {column: 応募日, hashed: true}", 9, "hashed goes with key"),
        ("applied_at: 応募日", "applied_at: {column: 応募日, constant: 1}", 9, "exactly one of column, constant"),
        ("applied_at: 応募日", "applied_at: {field: closed_at}", 9, "closed_at has no rule here"),
        ("applied_at: 応募日", "outcome: {column: 応募日, values: {合格: yes}}", 9, "put the word in quotes"),
        ("applied_at: 応募日", "outcome: {net_of_tax: 応募日}", 9, "settings: {tax_rate: 0.10}"),
        ("      application_id: 応募コード\n", "", 7, "the key application_id has no rule"),
        ("recognise:", "recognize:", 4, "did you mean recognise?"),
        ("title_en: test\n", "", 1, "title_en: missing"),
        ("name: mine", "name: other", 1, "in a file called mine.yml"),
    ],
)
def test_every_mistake_names_file_line_key_and_mend(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    text = GOOD.format(name="mine")
    assert old in text
    path = write(tmp_path, text.replace(old, new))
    with pytest.raises(ProfileError) as mistake:
        read_profile(path)
    assert f"{path}:{line}: " in str(mistake.value)
    assert says in str(mistake.value) and "→" in str(mistake.value)


def test_the_users_own_profile_goes_before_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, GOOD.format(name="airwork"), "airwork")
    loaded = read_profiles(tmp_path / "profiles")
    assert loaded["airwork"].is_own and not loaded["hrhacker"].is_own
    assert loaded["airwork"].profile.title_en == "test"


def test_two_profiles_that_fit_alike_refuse_the_file_and_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, GOOD.format(name="first"), "first")
    write(tmp_path, GOOD.format(name="second"), "second")
    with pytest.raises(FileRefused) as refusal:
        read_text(tmp_path, "export.csv", "応募コード,応募日\n1,2026-04-01\n")
    assert "2 profiles fit alike: first 2 of 2, second 2 of 2" in str(refusal.value)
    assert read_text(tmp_path, "export.csv", "応募コード,応募日\n1,2026-04-01\n", profile="second").only("applications")


def test_the_profile_with_more_of_its_own_headers_is_chosen(tmp_path: Path) -> None:
    write(tmp_path, GOOD.format(name="broad"), "broad")
    write(tmp_path, GOOD.format(name="narrow").replace("応募日]}", "応募日, 店]}"), "narrow")
    reading = read_text(tmp_path, "export.csv", "応募コード,応募日,店\n1,2026-04-01,港\n")
    assert reading.notes.facts["profile"] == "narrow"


def test_where_nothing_fits_the_nearest_are_named_with_what_they_lack(tmp_path: Path) -> None:
    write(tmp_path, GOOD.format(name="mine"))
    with pytest.raises(FileRefused) as refusal:
        read_text(tmp_path, "export.csv", "応募コート,応募日,x\n1,2026-04-01,2\n")
    assert "mine 1 of 2; missing 応募コード (nearest: 応募コート)" in str(refusal.value)
    assert "found: 応募コート, 応募日, x" in str(refusal.value)


def test_a_named_profile_whose_column_vanished_fails_closed(tmp_path: Path) -> None:
    write(tmp_path, GOOD.format(name="mine"))
    with pytest.raises(FileRefused, match="missing 応募コード"):
        read_text(tmp_path, "export.csv", "応募者コード,応募日\n1,2026-04-01\n", profile="mine")


def test_column_order_and_width_of_header_names_do_not_matter(tmp_path: Path) -> None:
    rules = """headers: {応募コード: [応募ＩＤ]}
recognise: {required: [応募コード, 応募日]}
entities: {applications: {fields: {application_id: 応募コード, applied_at: [応募 日時, 応募日]}}}
"""
    reading = read(tmp_path, rules, "応 募 日,メモ,応募id\n2026/4/1,x,A1\n")
    assert reading.only("applications") == {"application_id": "A1", "applied_at": "2026-04-01"}


RULES = """recognise: {required: [ID]}
blank: ["'", 調整中]
entities:
  applications:
    fields:
      application_id: ID
      channel_label: {column: 経路, values: {ＨＰ: 自社サイト, 求人誌: null}}
      agency_label: {split: 担当, at: "／", part: -1}
      applied_at: {date: 応募日, time: 応募時間}
      closed_at: 終了日
      outcome: {column: 結果, values: {○: hired, "*": rejected}}
      is_prospect: {case: [{when: {column: 応募日, is: blank}, then: {constant: 1}}], otherwise: {constant: 0}}
  candidates:
    fields:
      candidate_id: {join: [{constant: C}, ID], with: ""}
      full_name: {first_of: [氏名, {join: [姓漢字, 名漢字], with: "　"}]}
      phone: {first_of: [電話番号1, 電話番号2]}
      email: {list_of: [メール, 予備メール]}
"""
HEADER = "ID,経路,担当,応募日,応募時間,終了日,結果,氏名,姓漢字,名漢字,電話番号1,電話番号2,メール,予備メール"


def test_rules_join_split_choose_map_and_decide(tmp_path: Path) -> None:
    line = (
        "7,ｈｐ,木村／みなと紹介,2026/4/1,9:05,',×,,林,蓮,　,080-0000-0002,a@example.com、b@example.com,c@example.com"
    )
    reading = read(tmp_path, RULES, f"{HEADER}\n{line}\n")
    assert reading.refused == []
    assert reading.only("applications") == {
        "application_id": "7",
        "channel_label": "自社サイト",
        "agency_label": "みなと紹介",
        "applied_at": "2026-04-01T09:05:00",
        "outcome": "rejected",
        "is_prospect": "0",
    }
    assert reading.only("candidates") == {
        "candidate_id": "C7",
        "full_name": "林　蓮",
        "phone": "080-0000-0002",
        "email": "a@example.com;b@example.com;c@example.com",
    }


def test_raw_keeps_the_cells_own_text_whatever_it_is_taken_to_mean(tmp_path: Path) -> None:
    reading = read(tmp_path, RULES, f"{HEADER}\n7,求人誌,木村／みなと紹介,,,調整中,○,林 蓮,,,,,,\n")
    row = reading.rows["applications"][0]
    assert (row["channel_label"], row["agency_label"], row["closed_at"]) == ("求人誌", "木村／みなと紹介", "調整中")
    assert json.loads(row["_parsed"]) == {
        "channel_label": "",
        "agency_label": "みなと紹介",
        "closed_at": "",
        "outcome": "hired",
    }
    assert reading.only("applications")["is_prospect"] == "1"


def test_a_bad_cell_refuses_the_whole_row_for_every_entity_and_is_told_once(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
entities:
  applications: {fields: {application_id: ID, candidate_id: ID, applied_at: 応募日}}
  candidates: {fields: {candidate_id: ID, birth_date: 生年月日}}
"""
    reading = read(tmp_path, rules, "ID,応募日,生年月日\n1,2026-04-01,2000-01-01\n2,2026-04-02,平成99年1月1日\n")
    assert [row["application_id"] for row in reading.rows["applications"]] == ["1"]
    assert [row["candidate_id"] for row in reading.rows["candidates"]] == ["1"]
    assert reading.refused_rows == {"applications": 0, "candidates": 1}
    (line,) = reading.refused
    assert (line["row_number"], line["column"], line["value"]) == (3, "生年月日", "平成99年1月1日")
    assert json.loads(line["record"]) == {"ID": "2", "応募日": "2026-04-02", "生年月日": "平成99年1月1日"}


def test_a_row_gives_another_entity_only_where_its_key_or_its_condition_holds(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
entities:
  applications: {fields: {application_id: ID, job_id: 求人}}
  jobs: {one_per_key: true, fields: {job_id: 求人, title: 求人名}}
  employees:
    when: {all: [{column: 入社日, is: filled}, {none: [{column: 状態, in: [内定辞退]}]}]}
    fields: {employee_id: ID, spell_no: {constant: 1}, application_id: ID, hire_date: 入社日}
"""
    lines = "1,J1,営業,2026/4/1,入社\n2,J1,営業部,2026/4/1,内定 辞退\n3,,,,\n"
    reading = read(tmp_path, rules, f"ID,求人,求人名,入社日,状態\n{lines}")
    assert len(reading.meant("applications")) == 3 and reading.refused == []
    assert reading.only("jobs") == {"job_id": "J1", "title": "営業部"}
    assert reading.only("employees")["employee_id"] == "1"


def test_what_no_record_of_a_row_holds_is_kept_in_extra(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
entities:
  applications:
    fields:
      application_id: ID
      outcome: {case: [{when: {column: 状態, is: filled}, then: {constant: hired}}]}
  employees:
    when: {column: 入社日, is: filled}
    fields: {employee_id: 社員番号, spell_no: {constant: 1}, hire_date: 入社日}
"""
    reading = read(tmp_path, rules, "ID,状態,社員番号,入社日,メモ\n1,入社,E1,2026/4/1,\n2,,E2,,席は窓側\n")
    extras = [json.loads(row["_extra"]) for row in reading.rows["applications"]]
    # Row 2 gave no employee, so its 社員番号 stands nowhere else; 状態 only decided something.
    assert extras == [{"状態": "入社"}, {"社員番号": "E2", "メモ": "席は窓側"}]
    assert all(row.get("_extra") is None for row in reading.rows["employees"])


def test_unpivoted_columns_give_a_record_for_each_filled_cell(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
entities:
  applications: {fields: {application_id: ID}}
  stage_events:
    fields: {application_id: ID, precision: {constant: date}}
    unpivot:
      into: entered_at
      columns:
        - {column: 書類選考日, set: {event_id: document, stage_label: 書類選考}}
        - {column: [一次面接日, 1次面接日], set: {event_id: i1, stage_label: 一次面接}, fields: {exit_type: 一次結果}}
        - {column: 最終面接日, set: {event_id: final, stage_label: 最終面接}}
"""
    reading = read(
        tmp_path, rules, "ID,書類選考日,１次面接日,一次結果\n1,2026/4/1,2026/4/9,合格\n2,,2026/4/8,\n3,　,,\n"
    )
    assert [(e["application_id"], e["event_id"], e["entered_at"]) for e in reading.meant("stage_events")] == [
        ("1", "document", "2026-04-01"),
        ("1", "i1", "2026-04-09"),
        ("2", "i1", "2026-04-08"),
    ]
    assert reading.meant("stage_events")[1]["exit_type"] == "合格"


def test_a_key_made_of_columns_is_the_same_for_every_entity_of_a_row(tmp_path: Path) -> None:
    rules = """recognise: {required: [氏名]}
entities:
  applications: {fields: {application_id: {key: [氏名, 応募日]}, applied_at: 応募日}}
  stage_events:
    when: {column: 面接日, is: filled}
    fields: {application_id: {key: [氏名, 応募日]}, event_id: {constant: i}, entered_at: 面接日}
"""
    reading = read(
        tmp_path, rules, "氏名,応募日,面接日\n森,2026-04-01,\n森,2026-04-01,2026-04-09\n林,,\n,,2026-04-02\n"
    )
    assert [row["application_id"] for row in reading.rows["applications"]] == [
        "森|2026-04-01",
        "森|2026-04-01#2",
        "林|",
    ]
    assert [row["application_id"] for row in reading.rows["stage_events"]] == ["森|2026-04-01#2"]
    assert [(line["row_number"], line["column"]) for line in reading.refused] == [(5, "氏名 + 応募日")]


def test_rows_left_out_by_the_profile_are_counted(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
skip_rows: [{column: 状態, matches: "^テスト"}]
footers: [合計]
entities: {applications: {fields: {application_id: ID}}}
"""
    reading = read(tmp_path, rules, "ID,状態\n1,新規\n2,テスト応募\n合　計,2\n")
    assert [row["application_id"] for row in reading.rows["applications"]] == ["1"]
    assert reading.notes.warnings == ["2 rows left out: totals, or what the profile skips"]


def test_a_condition_by_day_compares_what_the_cell_means(tmp_path: Path) -> None:
    rules = """recognise: {required: [ID]}
entities:
  applications:
    fields:
      application_id: ID
      applied_at_basis:
        case: [{when: {column: 日, from: 2024-09-01}, then: {constant: ingested}}]
        otherwise: {constant: ats}
"""
    reading = read(tmp_path, rules, "ID,日\n1,令和6年8月31日\n2,2024/9/1 0:00\n3,\n")
    assert [row["applied_at_basis"] for row in reading.rows["applications"]] == ["ats", "ingested", "ats"]
