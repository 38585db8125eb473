from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.errors import SettingsError
from connectors.formats.mail_kinds import SHIPPED_RULES, KindRules, fold_text, load_rules

CORPUS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "fixtures" / "mail" / "kinds.yml").read_text(encoding="utf-8")
)
KINDS = {"acknowledgement", "application_notice", "scheduling", "rejection", "offer", "other"}


def tell(rules: KindRules, subject: str, body: str) -> str:
    rule = rules.classify(subject, body)
    return "other" if rule is None else rule.kind


@pytest.mark.parametrize("mail", CORPUS, ids=lambda mail: f"{mail['kind']}: {mail['subject']}")
def test_a_mail_of_the_corpus_is_of_its_kind(mail: dict[str, Any]) -> None:
    assert tell(load_rules(), mail["subject"], mail["body"]) == mail["kind"]


def test_the_corpus_holds_every_kind_at_least_ten_times() -> None:
    for kind in KINDS:
        assert sum(mail["kind"] == kind for mail in CORPUS) >= 10, kind


def test_every_rule_decides_at_least_one_mail_of_the_corpus() -> None:
    rules = load_rules()
    used = {rule.name for mail in CORPUS if (rule := rules.classify(mail["subject"], mail["body"])) is not None}
    assert used == {rule.rule.name for rule in rules.rules}


def test_spellings_of_a_word_are_one() -> None:
    assert fold_text("御応募頂き、有難う　ござい\nます") == fold_text("ご応募いただき、ありがとうございます")
    assert fold_text("ご期待に沿えず") == fold_text("ご期待に添えず")
    assert fold_text("Thank\n  YOU ｆｏｒ") == "thank you for"


def test_a_users_rule_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "kinds.yml"
    own.write_text("rules:\n- {name: our wording, kind: rejection, body: [サンプル便り]}\n", encoding="utf-8")
    assert tell(load_rules(own), "", "内定のお知らせではなくサンプル便り です") == "rejection"
    assert tell(load_rules(), "", "サンプル便り です") == "other"


def test_a_users_rule_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    own = tmp_path / "kinds.yml"
    own.write_text("rules:\n- {name: an offer, kind: offer, body: [サンプル内定]}\n", encoding="utf-8")
    rules = load_rules(own)
    assert tell(rules, "内定通知", "") == "other"
    assert tell(rules, "", "サンプル内定") == "offer"
    assert len(rules.rules) == len(load_rules().rules)


def test_a_changed_rule_file_is_read_anew(tmp_path: Path) -> None:
    own = tmp_path / "kinds.yml"
    for number, phrase in enumerate(["第一の言葉", "第二の言葉"]):
        own.write_text(f"rules:\n- {{name: mine, kind: offer, body: [{phrase}]}}\n", encoding="utf-8")
        os.utime(own, (1_700_000_000 + number, 1_700_000_000 + number))
        assert tell(load_rules(own), "", phrase) == "offer"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("rules:\n- name: a\n  kind: refusal\n  body: [ab]\n", 3, "refusal"),
        ("rules:\n- name: a\n  kind: offer\n  bodies: [ab]\n", 4, "body"),
        ("rules:\n- name: a\n  kind: offer\n  body: [の]\n", 4, "fewer than two letters"),
        ("rules:\n- kind: offer\n", 2, "name"),
    ],
)
def test_a_mistake_in_a_rule_file_is_told_by_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    own = tmp_path / "kinds.yml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_rules(own)
    assert f"{own}:{line}" in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_rule_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_rules(tmp_path / "none.yml")


def test_a_gap_stays_inside_a_sentence(tmp_path: Path) -> None:
    own = tmp_path / "kinds.yml"
    own.write_text("rules:\n- {name: mine, kind: offer, body: [あいう .. えおか]}\n", encoding="utf-8")
    rules = load_rules(own)
    assert tell(rules, "", "あいう、それからえおか") == "offer"
    assert tell(rules, "", "あいう。それからえおか") == "other"


def test_the_shipped_file_reads_as_it_says() -> None:
    assert SHIPPED_RULES.is_file()
    assert {rule.rule.kind for rule in load_rules().rules} == KINDS
