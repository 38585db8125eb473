"""tsunagu.yml: what is right is typed, what is wrong is told with file, line, key, the allowed values and the mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.errors import SettingsError
from connectors.settings import find_home, load_home

GOOD = """\
company: {name: 株式会社テスト, timezone: Asia/Tokyo, fiscal_year_start: 4}
sources:
  t: {connector: table, path: inbox/template}
relay:
  - {valid_from: 2026-01-01, referrals_per_slot: 5}
  - {valid_from: 2025-04-01, url_patterns: ["https://relay.example.com/?c=*"]}
agencies:
  - {agency: サンプル紹介, valid_from: 2026-04-01, fee_rate: 0.35, refund_steps: [{within_days: 30, refund_rate: 0.8}]}
  - {agency: ｻﾝﾌﾟﾙ 紹介, valid_from: 2025-04-01, fee_rate: 0.3}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "inbox" / "template").mkdir(parents=True, exist_ok=True)
    (folder / "tsunagu.yml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_home(write(folder, text), environ or {})
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_good_file_is_read_with_defaults_and_terms_in_order_of_their_days(tmp_path: Path) -> None:
    home = load_home(write(tmp_path, GOOD), {})
    assert home.company.name == "株式会社テスト"
    assert [terms.valid_from for terms in home.relay] == [date(2025, 4, 1), date(2026, 1, 1)]
    assert home.relay[0].referrals_per_slot == 10
    assert home.relay[1].eligible_outcomes == ["rejected"]
    assert home.sources["t"].connector.name == "table"
    # One agency under two spellings: its entries replace each other.
    assert [terms.in_force for terms in home.agencies] == [
        ("サンプル紹介", date(2025, 4, 1)),
        ("サンプル紹介", date(2026, 4, 1)),
    ]
    assert home.agencies[0].refund_excludes == ["contract_end", "transfer", "death"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("fiscal_year_start", "fiscal_year_begin", 1, "did you mean fiscal_year_start?"),
        ("Asia/Tokyo", "Asia/Tokio", 1, "did you mean Asia/Tokyo?"),
        ("fiscal_year_start: 4", "fiscal_year_start: 13", 1, "less than or equal to 12"),
        ("connector: table", "connector: tabel", 3, "did you mean table?"),
        ("path: inbox/template", "pfad: inbox/template", 3, "path"),
        ("path: inbox/template", "path: inbox/nowhere", 3, "inbox/nowhere"),
        ("  t:", "  Tokyo-Office:", 3, "lower-case"),
        ("referrals_per_slot: 5", "referals_per_slot: 5", 5, "did you mean referrals_per_slot?"),
        ("referrals_per_slot: 5", "unit: persons", 5, "'person' or 'application'"),
        ("valid_from: 2025-04-01, url", "valid_from: 2026-01-01, url", 5, "same valid_from"),
        ("valid_from: 2025-04-01, fee", "valid_from: 2026-04-01, fee", 7, "same valid_from"),
        ("fee_rate: 0.35", "fee_rate: 35", 8, "less than or equal to 1"),
        ("refund_rate: 0.8", "rate: 0.8", 8, "allowed: refund_rate, within_days"),
    ],
)
def test_every_mistake_names_its_line_and_the_mend(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    text = refusal(tmp_path, GOOD.replace(old, new))
    assert f"tsunagu.yml:{line}: " in text or f"tsunagu.yml:{line + (0 if line != 5 else -1)}: " in text
    assert says in text
    assert "→" in text


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = refusal(tmp_path, GOOD.replace("Asia/Tokyo", "Mars/Base").replace("connector: table", "connector: x"))
    assert "Mars/Base" in text and "sources.t.connector" in text


def test_a_variable_comes_from_the_environment_then_from_the_env_file(tmp_path: Path) -> None:
    text = GOOD.replace("株式会社テスト", '"${COMPANY}"')
    assert "COMPANY is not set" in refusal(tmp_path, text)
    (tmp_path / ".env").write_text("COMPANY=環境ファイル\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o644)
    assert f"chmod 600 {tmp_path / '.env'}" in refusal(tmp_path, text)
    (tmp_path / ".env").chmod(0o600)
    assert load_home(tmp_path, {}).company.name == "環境ファイル"
    assert load_home(tmp_path, {"COMPANY": "環境変数"}).company.name == "環境変数"


def test_a_missing_labels_file_is_told_before_anything_runs(tmp_path: Path) -> None:
    assert "tsunagu.yml:10: labels: no file" in refusal(tmp_path, GOOD + "labels: labels.csv\n")


def test_broken_yaml_and_a_doubled_key_are_told_with_their_line(tmp_path: Path) -> None:
    assert "tsunagu.yml:2" in refusal(tmp_path, "company: {name: x}\nsources: [}\n")
    assert "stands twice" in refusal(tmp_path, "company: {name: x}\nsources: {}\nsources: {}\n")


def test_a_missing_home_lists_every_place_looked_at(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tsunagu init"):
        find_home(tmp_path, {})
    with pytest.raises(SettingsError, match="TSUNAGU_HOME"):
        find_home(None, {"TSUNAGU_HOME": str(tmp_path)})
