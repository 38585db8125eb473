"""The commands, by the real program in a process of its own: what a person types, sees, and what a script gets back."""

from __future__ import annotations

import json
import subprocess
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from connectors.settings import load_home
from orchestration.cli import main
from tests.conftest import TSUNAGU, call

LEAVES = (
    *(name for name, command in main.commands.items() if not hasattr(command, "commands")),
    *(f"quarantine {name}" for name in main.commands["quarantine"].commands),  # type: ignore[attr-defined]
    *(f"connector {name}" for name in main.commands["connector"].commands),  # type: ignore[attr-defined]
    *(f"person {name}" for name in main.commands["person"].commands),  # type: ignore[attr-defined]
    *(f"lake {name}" for name in main.commands["lake"].commands),  # type: ignore[attr-defined]
)
APPLICATIONS = """\
application_id,candidate_id,channel_label,applied_at,outcome,current_stage_label
A1,C1,ふしぎ媒体,2025-04-01,rejected,書類選考
A2,C2,indeed,2025-13-45,open,書類選考
A3,C3,indeed,2025-04-03,open,一次面接
"""
CANDIDATES = (
    "candidate_id,full_name,email\nC1,甲斐谷 実験子,jikkenko@example.com\nC3,乙丸 試験男,shiken@example.co.jp\n"
)
UNKNOWN_EXPORT = "番号,人,日,めも\nB1,C1,2025-05-01,x\nB2,C3,2025-05-02,y\n"
PROFILE = """\
name: own
title_ja: 自社の一覧
title_en: our own list
recognise: {required: [番号, 人, 日]}
entities:
  applications:
    fields: {application_id: 番号, candidate_id: 人, applied_at: 日}
"""


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Without any home."""
    return subprocess.run([str(TSUNAGU), *arguments], capture_output=True, text=True, timeout=300)


def is_plain(done: subprocess.CompletedProcess[str]) -> bool:
    """An error as a person can use it: said as one, with a mend, and no Python."""
    return "error: " in done.stderr and "→ " in done.stderr and "Traceback" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new home with a row and a file that do not load, after its first run."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    assert shell("init", str(folder)).returncode == 0
    (folder / "inbox/template/applications.csv").write_text(APPLICATIONS, encoding="utf-8")
    (folder / "inbox/template/candidates.csv").write_text(CANDIDATES, encoding="utf-8")
    (folder / "inbox/ats/一覧.csv").write_text(UNKNOWN_EXPORT, encoding="cp932")
    done = call(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", LEAVES)
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    done = shell(*command.split(), "--help")
    assert done.returncode == 0
    assert f"Example: tsunagu {command}" in done.stdout


def test_the_help_of_the_whole_lists_every_command() -> None:
    said = shell("--help").stdout
    assert [name for name in main.commands if f"\n  {name} " not in said] == []


def test_init_makes_a_home_that_is_accepted_and_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "home"
    assert shell("init", str(folder)).returncode == 0
    assert set(load_home(folder).sources) == {"template", "ats", "costs", "recruit_mail"}
    settings = folder / "tsunagu.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    again = shell("init", str(folder))
    assert again.returncode == 2 and is_plain(again)
    assert settings.read_text(encoding="utf-8").endswith("# mine\n")


def test_template_writes_a_workbook_with_a_sheet_an_entity_and_overwrites_nothing(tmp_path: Path) -> None:
    book = tmp_path / "採用.xlsx"
    assert shell("template", str(book)).returncode == 0
    sheets = pl.read_excel(book, sheet_id=0)
    assert {"applications", "candidates", "stage_events", "relay_slot_uses"} <= set(sheets)
    before = book.read_bytes()
    again = shell("template", str(book))
    assert again.returncode == 2 and is_plain(again)
    assert book.read_bytes() == before


def test_inspect_tells_a_readable_file_from_one_that_would_be_refused(home: Path) -> None:
    good = call(home, "inspect", str(home / "inbox/template/applications.csv"))
    assert good.returncode == 0
    assert "2025-13-45" in good.stdout and "applications.applied_at" in good.stdout
    bad = call(home, "inspect", str(home / "inbox/ats/一覧.csv"))
    assert bad.returncode == 1
    assert "cp932" in bad.stdout and "no profile fits" in bad.stdout and "→" in bad.stdout
    assert is_plain(missing := call(home, "inspect", str(home / "none.csv"))) and missing.returncode == 2


def test_inspect_reads_a_file_as_the_settings_of_a_source_could_say(home: Path, tmp_path: Path) -> None:
    odd = tmp_path / "jobs.csv"
    odd.write_text("売上表\nx|y\njob_id!title\nJ1!営業\n", encoding="utf-8")
    assert call(home, "inspect", str(odd)).returncode == 1
    told = call(home, "inspect", str(odd), "--delimiter", "!", "--header-row", "3")
    assert told.returncode == 0 and "jobs.title" in told.stdout and "the settings name it" in told.stdout
    wrong = call(home, "inspect", str(odd), "--delimiter", "ab")
    assert wrong.returncode == 2 and "--delimiter: 'ab' is no delimiter" in wrong.stderr


def test_inspect_write_starts_a_profile_beside_the_home(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "home"
    assert shell("init", str(other)).returncode == 0
    done = call(other, "inspect", str(home / "inbox/ats/一覧.csv"), "--write")
    written = list((other / "profiles").iterdir())
    assert len(written) == 1 and written[0].name in done.stdout.replace("\n", "")
    assert "番号" in written[0].read_text(encoding="utf-8")


def test_before_the_first_run_every_question_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    assert shell("init", str(folder)).returncode == 0
    for question in (("status",), ("quarantine", "list")):
        done = call(folder, *question)
        assert done.returncode == 0 and "→ tsunagu run" in done.stdout
    for question in (("sql", "select 1"), ("quarantine", "show", "1")):
        done = call(folder, *question)
        assert done.returncode == 1 and is_plain(done) and "→ tsunagu run" in done.stderr
    assert not (folder / "warehouse.duckdb").exists()


def test_a_run_with_nothing_in_the_inbox_fails_and_says_where_it_looked(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    assert shell("init", str(folder)).returncode == 0
    done = call(folder, "run")
    assert done.returncode == 1 and is_plain(done)
    assert "inbox/ats" in done.stderr
    status = call(folder, "status")
    assert status.returncode == 0 and "never loaded" in status.stdout and "failed" in status.stdout


def test_status_names_every_source_the_quarantine_and_the_unmapped_labels(home: Path) -> None:
    done = call(home, "status")
    assert done.returncode == 0
    for said in ("template", "recruit_mail", "never loaded", "published", "一覧.csv", "ふしぎ媒体"):
        assert said in done.stdout, said


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_sql_exports_what_a_query_gives(home: Path, tmp_path: Path, form: str) -> None:
    query = "select application_id, channel_id, outcome from fct_applications order by application_id;"
    target = tmp_path / f"answer.{form}"
    assert call(home, "sql", query, "--format", form, "--output", str(target)).returncode == 0
    read = {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}[form]
    expected = [("A1", "ふしぎ媒体", "rejected"), ("A3", "indeed", "open")]
    assert read(target).rows() == expected
    if form != "parquet":
        piped = call(home, "sql", query, "--format", form).stdout
        assert read(BytesIO(piped.encode())).rows() == expected


def test_sql_shows_a_table_and_its_limit(home: Path) -> None:
    done = call(home, "sql", "select application_id from fct_applications order by 1", "--limit", "1")
    assert done.returncode == 0
    assert "A1" in done.stdout and "A3" not in done.stdout and "--limit" in done.stdout


def test_sql_on_a_wrong_table_names_the_right_ones(home: Path) -> None:
    done = call(home, "sql", "select * from mart_chanel")
    assert done.returncode == 2 and is_plain(done)
    assert "mart_channel_total" in done.stderr


def test_sql_changes_nothing_and_reads_no_other_file(home: Path) -> None:
    before = (home / "marts.duckdb").read_bytes()
    for query in ("delete from mart_channel", f"from read_csv('{home}/inbox/template/candidates.csv')"):
        for form in ("table", "csv"):
            done = call(home, "sql", query, "--format", form)
            assert done.returncode == 2 and is_plain(done), query
            assert "jikkenko" not in done.stdout
    assert (home / "marts.duckdb").read_bytes() == before


def test_strict_ends_with_three_where_rows_were_quarantined(home: Path) -> None:
    assert call(home, "run", "--strict").returncode == 3


def test_a_quarantined_row_can_be_listed_shown_mended_and_retried(home: Path) -> None:
    listed = call(home, "quarantine", "list").stdout
    assert "2025-13-45" in listed and "一覧.csv" in listed
    line = next(line for line in listed.splitlines() if "2025-13-45" in line or "applied_at" in line)
    shown = call(home, "quarantine", "show", line.split("│")[1].strip())
    assert shown.returncode == 0
    assert "applications.csv, row 3" in shown.stdout and "A2" in shown.stdout and "indeed" in shown.stdout
    wrong = call(home, "quarantine", "show", "999")
    assert wrong.returncode == 2 and is_plain(wrong) and "tsunagu quarantine list" in wrong.stderr

    (home / "profiles" / "own.yml").write_text(PROFILE, encoding="utf-8")
    retried = call(home, "quarantine", "retry")
    assert retried.returncode == 0, retried.stderr
    assert "ats: 2 rows loaded, 0 still refused" in retried.stdout
    assert "template: 0 rows loaded, 1 still refused" in retried.stdout
    left = call(home, "quarantine", "list").stdout
    assert "一覧.csv" not in left and "2025-13-45" in left


@pytest.mark.parametrize(
    "arguments",
    [("bogus",), ("run", "--as-of", "yesterday"), ("sql",), ("quarantine", "show", "x"), ("sql", "x", "--format", "y")],
)
def test_wrong_usage_ends_with_two_and_names_the_help(arguments: tuple[str, ...]) -> None:
    done = shell(*arguments)
    assert done.returncode == 2 and is_plain(done)
    assert "--help" in done.stderr


def test_a_wrong_home_ends_with_two_and_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = call(tmp_path, "status")
    assert done.returncode == 2 and is_plain(done)
    assert str(tmp_path) in done.stderr
    assert "Traceback" in shell("--debug", "status", "--home", str(tmp_path)).stderr


def test_nothing_personal_is_said_or_logged(home: Path) -> None:
    files = [home / "said.txt", *(path for path in (home / "logs").rglob("*") if path.is_file())]
    assert len(files) > 1
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        for planted in ("甲斐谷", "実験子", "jikkenko", "乙丸", "shiken@"):
            assert planted not in text, path


def test_json_of_an_empty_answer_is_an_empty_list(home: Path) -> None:
    done = call(home, "sql", "select * from fct_applications where false", "--format", "json")
    assert json.loads(done.stdout) == []
