"""Retention, consent, keys, file modes, the access record and exports: what keeps personal data where it belongs."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from connectors.errors import UsageError
from connectors.settings import load_home
from orchestration import access
from orchestration.cli import main
from orchestration.defs.agency import compute_matches
from orchestration.defs.relay import compute_referrals
from orchestration.retention import erase_due, list_due
from orchestration.secret import VARIABLE, erasure_key, identity_secret, rotate_identity
from orchestration.warehouse import connect
from tests.conftest import call


@pytest.fixture
def home(company_a: Path, tmp_path: Path) -> Path:
    return shutil.copytree(company_a, tmp_path / "home")


def say(home: Path, more: str) -> None:
    settings = home / "tsunagu.yml"
    settings.write_text(settings.read_text("utf-8") + more, "utf-8")


def test_retention_counts_first_and_then_erases_those_whose_every_application_is_over(home: Path) -> None:
    with pytest.raises(UsageError, match="no limit is set"):
        list_due(load_home(home))
    say(home, "retention: {rejected: 365, withdrawn: 400, offer_declined: never}\n")
    said = call(home, "retention", "--dry-run")
    assert said.returncode == 0 and said.stdout.startswith("due by retention: ")
    due = set(list_due(load_home(home)))
    with duckdb.connect(str(home / "marts.duckdb"), read_only=True) as marts:
        persons = marts.execute("select person_id, outcome, closed_date from fct_applications").fetchall()
        (day,) = marts.execute("select max(as_of_date) from mart_channel").fetchall()[0]
    limits = {"rejected": 365, "withdrawn": 400}
    kept = {p for p, outcome, closed in persons if closed is None or (day - closed).days <= limits.get(outcome, 10**6)}
    assert due == {p for p, _, _ in persons} - kept and due
    assert sum(int(word) for word in said.stdout.splitlines()[0].split() if word.isdecimal()) == len(due)
    before = (home / "marts.duckdb").read_bytes()
    assert erase_due(load_home(home)) == len(due)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        ((aliases, names),) = warehouse.execute(
            "select count(distinct email), count(*) filter (where kana is not null or phone is not null)"
            " from raw_t.candidates where email like '%@erased.invalid'"
        ).fetchall()
        ((persons_erased, reason),) = warehouse.execute("select persons, reason from ops.erasures").fetchall()
    assert (persons_erased, reason, names) == (len(due), "retention", 0) and 0 < aliases <= len(due)
    assert (home / "marts.duckdb").read_bytes() == before  # the run that follows publishes


def test_a_limit_that_is_no_number_of_days_is_refused(home: Path) -> None:
    say(home, "retention: {rejected: 0}\n")
    done = call(home, "retention", "--dry-run")
    assert done.returncode == 2 and "retention" in done.stderr and "from 1 on" in done.stderr


def test_where_the_settings_allow_no_matching_the_agencys_list_alone_counts(home: Path) -> None:
    say(home, "consent: {match_agency_list: false}\n")
    opened = load_home(home)
    with connect(opened) as connection:
        connection.execute("update ops.relay_terms set require_match = false")  # as write_parameters does for this home
        assert compute_matches(connection, opened) == 0
        compute_referrals(connection, opened)
        ((rows, known, counted),) = connection.execute(
            "select count(*), count(person_id), count(*) filter (where is_counted) from marts.fct_relay_referrals"
        ).fetchall()
    assert known == 0 and 0 < counted <= rows


@pytest.mark.parametrize("header", ["同意日時", "個人情報の第三者提供への同意", "consent_at", "Opt-in at"])
def test_a_list_with_a_column_of_consents_is_matched_only_for_those_who_gave_theirs(home: Path, header: str) -> None:
    opened = load_home(home)
    with connect(opened) as connection:
        asked = "select registration_id from identity.agency_matches order by 1"
        before = [name for (name,) in connection.execute(asked).fetchall()]
        for name, said in ((before[0], "2026-02-01 09:00"), (before[1], "なし")):
            connection.execute(
                "update raw_t.relay_registrations set _extra = json_object(?, ?) where registration_id = ?",
                [header, said, name],
            )
        assert compute_matches(connection, opened) == 1
        found = connection.execute("select registration_id, consent_at from identity.agency_matches").fetchall()
    assert found == [(before[0], "2026-02-01 09:00")] and len(before) > 2


def test_a_new_identity_key_forgets_the_old_ids_and_leaves_the_erasure_key(home: Path) -> None:
    opened = load_home(home)
    with pytest.raises(UsageError, match=VARIABLE):
        rotate_identity(opened, {VARIABLE: "x"})
    old, erased = identity_secret(opened, {}), erasure_key(opened, make=True)
    rotate_identity(opened, {})
    assert identity_secret(opened, {}) != old and erasure_key(opened) == erased
    assert stat.S_IMODE((home / "identity.key").stat().st_mode) == 0o600
    with connect(opened) as connection:
        assert connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'identity' and table_name = 'person_xref'"
        ).fetchall() == [(0,)]


def test_what_a_run_writes_is_its_owners_alone_but_for_what_is_published(company_a: Path) -> None:
    own = [p for p in company_a.rglob("*") if p.name not in ("tsunagu.yml", "inbox") and "inbox" not in p.parts]
    published = [p for p in own if p.is_file() and p.name.startswith("marts")]
    assert published and all(stat.S_IMODE(p.stat().st_mode) == 0o444 for p in published)
    open_to_others = [p.name for p in own if p not in published and p.stat().st_mode & 0o077]
    assert open_to_others == []


def test_the_access_record_tells_command_user_time_and_rows_and_nothing_else(home: Path) -> None:
    call(home, "sql", "select * from dim_stage limit 3", "--format", "csv")
    call(home, "forget", "--email", "somebody@example.com")
    with connect(load_home(home)) as connection:
        access.take_in(connection, load_home(home))
        access.take_in(connection, load_home(home))
        rows = connection.execute(
            "select command, exit_status, rows, os_user is not null, accessed_at is not null from ops.access"
            " where command <> 'run'"
        ).fetchall()
        everything = str(connection.execute("select * from ops.access").fetchall())
    assert rows == [("sql", 0, 3, True, True), ("forget", 2, None, True, True)]
    assert "somebody" not in everything and "dim_stage" not in everything


def test_csv_exports_defuse_formulas_and_leave_numbers(company_a: Path, tmp_path: Path) -> None:
    query = """select '=cmd|x' as "=a", '＋1' as b, '@x' as c, -5 as d, '-5' as e, 'x=1' as f, null::varchar as g"""
    done = call(company_a, "sql", query, "--format", "csv")
    assert done.stdout.splitlines() == ["'=a,b,c,d,e,f,g", "'=cmd|x,'＋1,'@x,-5,'-5,x=1,"]


def test_the_dagster_ui_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    hosts = [p.default for p in main.commands["dagster"].params if p.name == "host"]
    assert hosts == ["127.0.0.1"]
