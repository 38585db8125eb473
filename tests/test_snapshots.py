"""An ATS that exports only the present: its stage history is what successive exports showed, and no more."""

from __future__ import annotations

import duckdb
import pytest

from tests.conftest import call

SETTINGS = "company: {name: 一覧だけの会社}\nsources:\n  ats: {connector: table, path: inbox/ats, load: full}\n"
# Local midnights of the exports' days; 二次 is skipped over between the second and the third.
EXPORTS = {
    "20260105": ["A1,2026-01-01,応募,", "A2,2026-01-02,書類選考,"],
    "20260112": ["A1,2026-01-01,書類選考,", "A2,2026-01-02,書類選考,"],
    "20260119": ["A1,2026-01-01,最終面接,", "A2,2026-01-02,一次面接,2026-01-17 10:00"],
    "20260126": ["A1,2026-01-01,最終面接,", "A2,2026-01-02,書類選考,"],
}
HEADER = "application_id,applied_at,current_stage_label,updated_at"


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    home = tmp_path_factory.mktemp("snapshots")
    (home / "inbox" / "ats").mkdir(parents=True)
    (home / "tsunagu.yml").write_text(SETTINGS, encoding="utf-8")
    for day, rows in EXPORTS.items():
        (home / "inbox" / "ats" / f"applications_{day}.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    done = call(home, "run", "--as-of", "2026-01-31")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(home / "marts.duckdb"), read_only=True) as marts:
        return marts.execute(
            "select application_id, stage_key, entered_after::varchar, entered_at::varchar, exited_at::varchar,"
            " exit_type, precision from marts.fct_stage_visits order by application_id, visit_no"
        ).fetchall()


def test_each_stage_seen_is_a_visit_entered_between_two_exports(visits: list[tuple[object, ...]]) -> None:
    day = "2026-01-{:02d} 15:00:00".format
    assert [visit[1:] for visit in visits if visit[0] == "A1"] == [
        ("applied", None, "2025-12-31 15:00:00", day(11), "advance", None),
        ("document", day(4), day(11), day(18), "advance", "snapshot"),
        ("interview_final", day(11), day(18), None, "open", "snapshot"),
    ]


def test_an_unchanged_export_bounds_the_change_and_a_last_update_dates_it(visits: list[tuple[object, ...]]) -> None:
    day = "2026-01-{:02d} 15:00:00".format
    assert [visit[1:] for visit in visits if visit[0] == "A2"] == [
        ("applied", None, day(1), day(4), "advance", None),
        ("document", None, day(4), "2026-01-17 01:00:00", "advance", "snapshot"),
        ("interview_1", day(11), "2026-01-17 01:00:00", day(25), "back", "snapshot"),
        ("document", day(18), day(25), None, "open", "snapshot"),
    ]
