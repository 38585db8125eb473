"""Files that strangers made, all in one inbox: each loads or is refused with its reason, and the counts add up."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest

from tests.conftest import SHARED, call

FOLDERS = ("csv", "sheets", "jp", "mail")
SETTINGS = """\
company: {name: よその会社}
sources:
  csv: {connector: table, path: inbox/csv}
  sheets: {connector: table, path: inbox/sheets}
  jp: {connector: table, path: inbox/jp}
  mail: {connector: mail, path: inbox/mail}
"""

Runs = tuple[Path, CompletedProcess[str], CompletedProcess[str]]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A home with every file, and what its first and second run said."""
    home = tmp_path_factory.mktemp("strangers")
    (home / "tsunagu.yml").write_text(SETTINGS, encoding="utf-8")
    for name in FOLDERS:
        shutil.copytree(SHARED / "fixtures" / name, home / "inbox" / name)
    return home, call(home, "run"), call(home, "run")


def ask(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(query).fetchall()


def counts(done: CompletedProcess[str]) -> dict[str, tuple[int, ...]]:
    """source → rows in, new, unchanged, quarantined, of the summary table."""
    lines = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    return {cells[1].strip(): tuple(int(cell.replace(",", "")) for cell in cells[2:6]) for cells in lines}


def test_no_file_crashes_a_run(strangers: Runs) -> None:
    for done in strangers[1:]:
        assert done.returncode == 0, done.stderr[-4000:]
        assert "Traceback" not in done.stdout + done.stderr
        assert "unexpected" not in done.stdout + done.stderr


def test_every_file_is_loaded_refused_with_a_reason_or_recorded_as_unread(strangers: Runs) -> None:
    home, *_ = strangers
    dropped = {path.relative_to(home).as_posix() for path in (home / "inbox").rglob("*") if path.is_file()}
    assert len(dropped) > 600
    told = {(str(file), str(status)): str(reason or "") for file, status, reason in ask(
        home, "select file, status, reason from ops.files"
    )}  # fmt: skip
    assert {status for _, status in told} == {"loaded", "refused", "unread"}
    silent = {file for (file, status), reason in told.items() if status == "refused" and len(reason) < 20}
    assert silent == set()
    accounted = {file for file, _ in told}
    # A content that was met before in its source is known, and has no line of its own.
    assert {
        path for path in dropped - accounted if (home / path).read_bytes() not in contents(home, accounted, path)
    } == set()


def contents(home: Path, accounted: set[str], path: str) -> set[bytes]:
    size = (home / path).stat().st_size
    same_source = [home / file for file in accounted if file.split("/")[1] == path.split("/")[1]]
    return {file.read_bytes() for file in same_source if file.stat().st_size == size}


def test_a_refusal_says_what_to_do(strangers: Runs) -> None:
    reasons = [str(row[0]) for row in ask(strangers[0], "select reason from ops.files where status = 'refused'")]
    assert len(reasons) > 300
    assert [reason for reason in reasons if "→" not in reason] == []


def test_every_refused_file_stands_in_quarantine(strangers: Runs) -> None:
    missing = ask(
        strangers[0],
        "select source, file from ops.files where status = 'refused' except select source, file from ops.quarantine",
    )
    assert missing == []


def test_the_counts_of_every_load_add_up(strangers: Runs) -> None:
    home, first, _ = strangers
    assert ask(home, "select * from ops.loads where rows_in <> rows_loaded + rows_unchanged + rows_quarantined") == []
    assert ask(home, "select sum(rows_loaded) from ops.loads where source = 'mail'")[0][0] > 100  # type: ignore[operator]
    assert counts(first).keys() == set(FOLDERS)
    assert all(rows_in == new + unchanged + refused for rows_in, new, unchanged, refused in counts(first).values())


def test_a_second_run_says_nothing_is_new(strangers: Runs) -> None:
    _, first, second = strangers
    assert {source: found[1] for source, found in counts(second).items()} == dict.fromkeys(FOLDERS, 0)
    assert counts(second).keys() == counts(first).keys()


def test_no_body_of_a_mail_is_in_a_log_or_on_the_terminal(strangers: Runs) -> None:
    home, *runs = strangers
    said = "".join(done.stdout + done.stderr for done in runs)
    logs = [path for path in (home / "logs").rglob("*") if path.is_file()]
    assert logs != []
    said += "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    addresses = {str(row[0]) for row in ask(home, "select to_address from raw_mail.messages where to_address <> ''")}
    planted = {address for text in addresses for address in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)}
    assert len(planted) > 20
    assert {address for address in planted if address in said} == set()


def test_what_was_dropped_is_left_as_it_was(strangers: Runs) -> None:
    home = strangers[0]
    for name in FOLDERS:
        for path in (SHARED / "fixtures" / name).rglob("*"):
            if path.is_file():
                dropped = home / "inbox" / name / path.relative_to(SHARED / "fixtures" / name)
                assert dropped.stat().st_size == path.stat().st_size
