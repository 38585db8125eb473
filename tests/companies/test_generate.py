"""A generator that plants nothing proves nothing: every trap it promises must be there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.companies.cells import is_day_only
from tests.companies.generate import generate
from tests.companies.home import Home, read_home, read_rows
from tests.companies.labels import ORDER, fold
from tests.companies.recompute import recompute

AS_OF = date(2026, 9, 30)
SEEDS = (1, 2, 3)


def _read_bytes(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    paths = [tmp_path_factory.mktemp(f"seed{seed}") for seed in SEEDS]
    for seed, path in zip(SEEDS, paths, strict=True):
        generate(path, seed, 200, AS_OF)
    return paths


@pytest.fixture(scope="module")
def tables(homes: list[Path]) -> list[dict[str, list[dict[str, Any]]]]:
    return [recompute(home, AS_OF) for home in homes]


def _all(tables: list[dict[str, list[dict[str, Any]]]], table: str) -> list[dict[str, Any]]:
    return [row for company in tables for row in company[table]]


def test_a_seed_gives_the_same_bytes_and_another_seed_others(homes: list[Path], tmp_path: Path) -> None:
    generate(tmp_path / "again", SEEDS[0], 200, AS_OF)
    assert _read_bytes(tmp_path / "again") == _read_bytes(homes[0])
    assert _read_bytes(homes[0]) != _read_bytes(homes[1])


def test_sixty_applications_are_enough_for_a_company(tmp_path: Path) -> None:
    generate(tmp_path, 4, 60, AS_OF)
    assert len(read_home(tmp_path, AS_OF)["applications"]) == 60


def test_the_visits_hold_every_trap(tables: list[dict[str, list[dict[str, Any]]]]) -> None:
    visits = _all(tables, "fct_stage_visits")
    kinds = {visit["exit_type"] for visit in visits}
    assert kinds >= {"advance", "back", "reject", "withdraw", "hire", "exempt", "open", "transfer"}
    seconds = {round(visit["days"] * 86_400) for visit in visits if visit["exit_type"] == "back"}
    assert {0, 300, 301} <= seconds
    assert {visit["precision"] for visit in visits} == {None, "timestamp", "date", "snapshot"}
    assert any(visit["stage_order"] is None for visit in visits)
    assert any(visit["is_accidental"] for visit in visits)


def test_the_applications_hold_every_trap(tables: list[dict[str, list[dict[str, Any]]]]) -> None:
    rows = _all(tables, "fct_applications")
    outcomes = {"open", "hired", "rejected", "withdrawn", "offer_declined", "duplicate", "not_considered"}
    assert {row["outcome"] for row in rows} == outcomes
    assert any(row["is_excluded"] and row["outcome"] not in ("duplicate", "not_considered") for row in rows)
    assert any(row["application_seq"] >= 3 for row in rows)
    assert any(
        row["rejection_message_at"] and row["closed_at"] > row["rejection_message_at"]
        for row in rows
        if row["closed_at"]
    )
    assert any(row["applied_at"].date() != row["applied_date"] for row in rows)
    assert "unknown" in {row["channel_id"] for row in rows} & {row["department"] for row in rows}


def test_the_relay_holds_every_reason_and_entry(tmp_path: Path) -> None:
    reasons, entries = set(), set()
    for seed in range(20, 32):
        generate(tmp_path / str(seed), seed, 80, AS_OF)
        tables = recompute(tmp_path / str(seed), AS_OF)
        reasons |= {row["not_counted_reason"] for row in tables["fct_relay_referrals"]}
        entries |= {row["entry_type"] for row in tables["fct_quota_ledger"]}
    barred = {"invalid", "duplicate", "pending", "unmatched", "not_eligible", "before_rejection_open", "no_terms"}
    assert reasons == {None} | barred
    assert entries == {"earn", "use", "expire"}


def test_the_files_are_written_in_every_form(homes: list[Path]) -> None:
    inbox = [path for home in homes for path in (home / "inbox" / "template").iterdir()]
    contents = [path.read_bytes() for path in inbox]
    assert any(content.startswith(b"\xef\xbb\xbf") for content in contents)
    assert any(b"\r\n" in content for content in contents)
    assert {path.suffix for path in inbox} == {".csv", ".tsv"}
    assert any(_is_cp932(content) for content in contents)
    texts = {cell for path in inbox if path.stem == "stage_events" for row in read_rows(path) for cell in row.values()}
    for sign in ("令和", "年", "/", "Z", "+09:00", "T", "：", "-0330"):
        assert any(sign in text for text in texts), sign
    assert any(text and text[0].isdigit() and is_day_only(text) for text in texts if text[:4] in ("2025", "2026"))


def _is_cp932(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def test_labels_of_one_channel_are_one_channel(
    homes: list[Path], tables: list[dict[str, list[dict[str, Any]]]]
) -> None:
    for path, company in zip(homes, tables, strict=True):
        home: Home = read_home(path, AS_OF)
        labels = {row["channel_label"] for row in home["applications"]}
        members = {row["channel_id"] for row in company["fct_applications"]}
        assert len(labels) > 2 * len(members)
        assert fold("Zq旧メディア") not in members


def test_every_entered_stage_has_one_fate_and_every_weight_sums(tables: list[dict[str, list[dict[str, Any]]]]) -> None:
    for company in tables:
        for row in company["mart_stage_conversion"]:
            fates = ("n_advanced", "n_rejected", "n_withdrawn", "n_exempt", "n_open")
            assert row["n_entered"] == sum(row[name] for name in fates)
        counted = [row for row in company["fct_applications"] if not row["is_excluded"]]
        ended = sum(1 for row in counted if row["outcome"] in ("rejected", "withdrawn", "offer_declined"))
        assert sum(row["weighted_n"] for row in company["mart_rejection"]) == pytest.approx(ended)
        assert sum(row["n_applications"] for row in company["mart_channel"]) == len(counted)
        assert sum(
            row["n_entered"] for row in company["mart_stage_conversion"] if row["stage_key"] == "applied"
        ) <= len(counted)
        last = company["mart_quota_balance"][-1]
        assert last["available"] == sum(entry["slots"] for entry in company["fct_quota_ledger"])


def test_curves_stay_within_their_bounds(tables: list[dict[str, list[dict[str, Any]]]]) -> None:
    rows = _all(tables, "mart_stage_curve")
    assert {row["stage_key"] for row in rows} <= {key for key, order in ORDER.items() if order < ORDER["accepted"]}
    for row in rows:
        assert 0 <= row["cif_advance"] + row["cif_reject"] + row["cif_withdraw"] <= 1 + 1e-9
