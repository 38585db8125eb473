"""Every layout that media are known to send, as the applicant it tells of."""

from __future__ import annotations

import json

import pytest

from connectors.formats.mail_html import read_html
from connectors.formats.mail_notice import find_field, read_notice
from tests.connectors.formats.raw_mail import FIXTURES

HTML = (
    "<div>【お名前】</div><div>見本 さくら</div><table><tr><th>電話番号</th><td>090-0000-0008</td></tr></table>"
    "<p>メールアドレス：<a href='mailto:sakura@example.com'>sakura@example.com</a></p>"
)
LAYOUTS = {
    "◇氏名：… / ◇電話番号：…": ("◇氏名：見本 一郎\n◇電話番号：090-0000-0001", "見本 一郎", "090-0000-0001"),
    "[氏名] … / [電話番号] …": ("[氏名] 見本 結衣\n[電話番号] 03-0000-0002", "見本 結衣", "03-0000-0002"),
    '{"applicant_name": …, "applicant_email": …} (JSON in body)': (
        '{"applicant_name": "見本 裕太", "applicant": {"phone": "09000000003"}, "age": 20}',
        "見本 裕太", "09000000003"),
    "応募日,氏名,年齢 then one CSV line": (
        "応募日,氏名,電話番号\n2026/09/02,見本健一,090-0000-0004", "見本健一", "090-0000-0004"),
    "氏　名：山田　太郎 / 電 話 番 号：… (spaces inside labels)": (
        "氏　名：見本　太郎\n電 話 番 号：090-0000-0005", "見本　太郎", "090-0000-0005"),
    "* **名前**: … (Markdown)": ("* **名前**: 見本 営業\n* **電話**: ０９０-0000-0006", "見本 営業", "090-0000-0006"),
    "■氏名 ＝＞ …": ("■氏名 ＝＞ 見本 恵\n■連絡先 ＝＞ +81 90 0000 0007", "見本 恵", "+81 90 0000 0007"),
    "<div>【お名前】</div><div>…</div>": (read_html(HTML)[0], "見本 さくら", "090-0000-0008"),
    "Q1. … / 回答：[ 正社員 ]": (
        "お名前 見本 花子 様\nTEL | 090-0000-0009\nQ1. 希望は？\n回答：[ 正社員 ]", "見本 花子", "090-0000-0009"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name", "phone"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_layout_tells_who_applied(text: str, name: str, phone: str) -> None:
    notice = read_notice(f"貴社の求人に応募がありました。\n{text}\n" if text[0] != "{" else text)
    assert (notice.full_name, notice.phone) == (name, phone)


def test_every_layout_of_the_collection_has_its_test() -> None:
    formats = json.loads((FIXTURES.parent / "ats" / "jp_formats" / "jp_ats_formats.json").read_text("utf-8"))
    assert set(formats["application_notice_mail_layouts"]) == set(LAYOUTS)


def test_kana_day_post_and_medium_are_read() -> None:
    notice = read_notice(
        "応募媒体：サンプル転職\n応募日時：2025年3月11日(火) 09:05\n氏名（フリガナ）：木村 見本（キムラ ミホン）\n"
        "生年月日：1999/12/1（25歳）\nＥメール：mihon@example.com\n応募職種：ホールスタッフ\n"
    )
    assert (notice.full_name, notice.kana, notice.email) == ("木村 見本", "キムラ ミホン", "mihon@example.com")
    assert (notice.birth_date, notice.applied_at) == ("1999-12-01", "2025-03-11T09:05:00")
    assert (notice.job_title, notice.channel_label) == ("ホールスタッフ", "サンプル転職")


def test_several_labels_of_one_line_are_parted() -> None:
    notice = read_notice("【氏名】 見本 花子【フリガナ】 ミホン ハナコ【生年月日】 1999年12月01日")
    assert (notice.full_name, notice.kana, notice.birth_date) == ("見本 花子", "ミホン ハナコ", "1999-12-01")
    notice = read_notice("◇氏 名：見本 美咲｜電話：080-0000-0000")
    assert (notice.full_name, notice.phone) == ("見本 美咲", "080-0000-0000")


@pytest.mark.parametrize(
    "text",
    [
        "応募がありました。管理画面よりご確認ください。",
        "氏名：\n電話番号：\nメールアドレス：",
        "氏名：管理画面でご確認ください",
        "お名前をご確認のうえ、ご連絡ください。",
        "応募者の情報は https://example.com/ から",
        '{"applicant_name": ["x"], "broken": ',
        "",
    ],
)
def test_a_notice_that_names_nobody_tells_nobody(text: str) -> None:
    assert not read_notice(text).tells_who


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("◆ 氏　名", "full_name"),
        ("ﾒｰﾙｱﾄﾞﾚｽ", "email"),
        ("E-mail（PC）", "email"),
        ("お名前（フリガナ）", "kana"),
        ("年齢", None),
    ],
)
def test_a_label_is_known_however_it_is_written(label: str, field: str | None) -> None:
    assert find_field(label) == field
