"""The vocabularies we ship: the specification's stages, and the words that Japanese exports are known to use."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from orchestration.compute.labels import fold
from tests.dbt_project.empty_warehouse import PROJECT, REPO

FORMATS = REPO.parent / "shared" / "fixtures" / "ats" / "jp_formats" / "jp_ats_formats.json"


def read_seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_aliases(name: str, key: str) -> dict[str, str]:
    """Folded label → key; a key is its own label."""
    rows = read_seed(name)
    return {row[key]: row[key] for row in rows} | {fold(row["label"]): row[key] for row in rows}


def test_the_stages_are_those_of_the_data_model() -> None:
    assert [(row["stage_key"], int(row["stage_order"]), row["name_ja"]) for row in read_seed("stages")] == [
        ("applied", 0, "応募"),
        ("document", 10, "書類選考"),
        ("casual", 15, "カジュアル面談"),
        ("test", 20, "適性検査"),
        ("interview_1", 30, "一次面接"),
        ("interview_2", 40, "二次面接"),
        ("interview_3", 50, "三次面接"),
        ("interview_final", 60, "最終面接"),
        ("offer", 70, "内定"),
        ("accepted", 80, "内定承諾"),
        ("joined", 90, "入社"),
    ]


@pytest.mark.parametrize(
    ("seed", "key"),
    [("stages", "stage_key"), ("channels", "channel_id"), ("reasons", "reason_key")],
)
def test_a_key_is_its_own_folded_form(seed: str, key: str) -> None:
    keys = [row[key] for row in read_seed(seed)]
    assert [fold(name) for name in keys] == keys


@pytest.mark.parametrize(
    ("labels", "channel_id"),
    [
        (["リクナビＮＥＸＴ", "リクナビネクスト", "リクナビNEXT", "ﾘｸﾅﾋﾞNEXT"], "rikunabi_next"),
        (["ビズリーチ", "BizReach", "Ｂｉｚ Ｒｅａｃｈ"], "bizreach"),
        (["社員紹介", "リファラル", "リファラル採用"], "referral"),
        (["自社HP", "採用サイト", "自社ＨＰ"], "own_site"),
        (["マイナビ転職"], "mynavi_tenshoku"),
        (["doda", "ＤＯＤＡ", "デューダ"], "doda"),
        (["Green", "転職サイトGreen"], "green"),
        (["Wantedly", "ウォンテッドリー"], "wantedly"),
        (["Indeed", "インディード"], "indeed"),
        (["エージェント", "人材紹介"], "agency"),
        (["エン転職", "en転職"], "en_tenshoku"),
        (["求人ボックス"], "kyujinbox"),
        (["ハローワーク", "公共職業安定所"], "hello_work"),
    ],
)
def test_one_channel_goes_by_many_names(labels: list[str], channel_id: str) -> None:
    aliases = read_aliases("channel_aliases", "channel_id")
    assert {aliases.get(fold(label)) for label in labels} == {channel_id}


def known_formats() -> dict:
    return json.loads(Path(FORMATS).read_text(encoding="utf-8"))


def test_every_step_channel_and_end_reason_of_herp_is_known() -> None:
    herp = known_formats()["herp_hire"]
    stages = read_aliases("stage_aliases", "stage_key")
    channels = read_aliases("channel_aliases", "channel_id")
    statuses = read_aliases("status_aliases", "outcome")
    steps = {step: stages.get(fold(step)) for step in herp["step_enum_import"] + herp["step_enum_ui"]}
    # 選考終了 is no stage: the end reason beside it says how it ended.
    assert [step for step, key in steps.items() if key is None] == ["選考終了"]
    assert (steps["一次選考"], steps["一次面接"], steps["最終選考"]) == (
        "interview_1",
        "interview_1",
        "interview_final",
    )
    assert [label for label in herp["channel_enum"] if fold(label) not in channels] == []
    assert {label: statuses.get(fold(label)) for label in herp["end_reason_enum"]} == {
        "入社決定": "hired",
        "応募者辞退": "withdrawn",
        "不採用": "rejected",
        "非選考対象": "not_considered",
    }


def test_every_status_seen_in_entry_pocket_is_known() -> None:
    statuses = read_aliases("status_aliases", "outcome")
    seen = known_formats()["entrypocket_applicants_csv"]["status_codes_seen"]
    assert {label: statuses.get(fold(label)) for label in seen.values()} == {
        "未対応": "open",
        "連絡中": "open",
        "面接予約済": "open",
        "不採用（辞退）": "withdrawn",
    }


def test_a_closed_vocabulary_knows_its_own_words() -> None:
    rows = read_seed("words")
    labels = {(row["field"], row["label"]) for row in rows}
    assert {(row["field"], row["word"]) for row in rows} <= labels
    assert [row for row in rows if row["label"] != row["label"].strip().lower()] == []
