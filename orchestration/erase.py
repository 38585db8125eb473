"""`tsunagu forget`: a person out of everything the home keeps, proven, and not brought back by the next export.

The warehouse is never changed in place, since DuckDB keeps deleted bytes in its free blocks. In a copy of it the
persons are entered among the suppressed (erasing/suppressing.py) and masked (erasing/stored.py), its live rows are
copied into a new file, that file is searched, and only then it takes the place of the old one by one rename. Killed at
any moment before, nothing has happened and the next call begins anew; killed after, the next call sweeps up what is
left. Then the pipeline makes staging and marts again without loading anything.

What stays are facts without a person: applications with their stages, outcomes and dates under the same opaque
person_id, referrals with their numbers. So every count, rate and quota is what it was; only dim_person.is_anonymised
and mart_talent_pool change, which lists whom to call.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from connectors import load
from connectors.errors import CheckFailed, TsunaguError, UsageError
from connectors.loading.suppression import fold_address, read_suppression
from connectors.settings import Home
from orchestration.disk import settle
from orchestration.erasing import stored
from orchestration.erasing.backups import rewrite_backups
from orchestration.erasing.leftovers import COPY, FRESH, clear_leftovers, delete
from orchestration.erasing.raw_rows import list_raw
from orchestration.erasing.receipt import ERASED_BEFORE, Receipt, record_receipt, search_home
from orchestration.erasing.subject import Staged, Subject
from orchestration.erasing.suppressing import note_all_versions, suppress
from orchestration.erasing.traces import Needles
from orchestration.frames import table_exists
from orchestration.lake.places import known_lakes
from orchestration.lock import hold_home
from orchestration.secret import erasure_key
from orchestration.warehouse import connect, connect_copy, fetch_row

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
Choice = Callable[[Staged], list[Subject]]


def by_address(address: str) -> Choice:
    """Whoever has exactly this e-mail address; the address itself where it is nobody's record, only in mails."""

    def choose(staged: Staged) -> list[Subject]:
        persons = sorted(staged.find_address(address))
        if len(persons) > 1:
            raise UsageError(
                f"{len(persons)} persons share this address: {', '.join(p[:12] for p in persons)}",
                mend="name the one: tsunagu forget --person ID (tsunagu person show ID tells of one)",
            )
        subject = staged.gather(persons[0], make_alias()) if persons else Subject(make_alias())
        subject.addresses.add(fold_address(address))
        return [subject]

    return choose


def by_person(person: str) -> Choice:
    """The person whose id begins with `person`."""

    def choose(staged: Staged) -> list[Subject]:
        known = staged.persons.get_column("person_id").unique()
        found = sorted(known.filter(known.str.starts_with(person)))
        if len(found) != 1:
            raise UsageError(
                f"{'no person' if not found else 'more than one person'} begins with {person!r}",
                mend='tsunagu sql "select person_id from dim_person"',
            )
        return [staged.gather(found[0], make_alias())]

    return choose


def forget(home: Home, choose: Choice, reason: str, address: str | None = None) -> Receipt:
    """Erase whom `choose` names, then make the marts again. `address`: by which they were asked for.

    Raises UsageError where nobody or several are meant; CheckFailed where a string of theirs is still found, and the
    warehouse then stays as it was.
    """
    with connect(home, read_only=True) as connection:
        if not table_exists(connection, "ops", "run_parameters"):
            raise UsageError("no person was linked yet", where=str(home.root), mend="tsunagu run")
        is_linked = table_exists(connection, "identity", "employee_xref")
        has_suppressions = table_exists(connection, "ops", "suppressions")
        suppression = read_suppression(connection, erasure_key(home)) if has_suppressions else None
    if address is not None and suppression is not None and suppression.address_of(address):
        with hold_home(home):
            clear_leftovers(home)
            receipt = Receipt(ERASED_BEFORE)
            search_home(home, Needles([fold_address(address)]), receipt)
        if not is_linked:
            rebuild(home)
        return receipt
    if not is_linked:  # an erasure was killed behind its last step but one
        rebuild(home)
    receipt = erase(home, choose, reason)
    rebuild(home)
    return receipt


def erase(home: Home, choose: Choice, reason: str, *, with_backups: bool = True) -> Receipt:
    """Erase the subjects in one rewriting of the warehouse and of every backup, without making staging and marts
    again."""
    receipt = Receipt(reason)
    with hold_home(home), _swept(home):
        copy, fresh = home.root / COPY, home.root / FRESH
        with connect(home) as connection:
            load.prepare(connection)
            connection.execute("force checkpoint")
        key = erasure_key(home, make=True)
        assert key is not None
        _copy_file(home, copy)
        with connect_copy(home, copy) as connection:
            staged = Staged(connection)
            subjects = choose(staged)
            tables = list_raw(connection, home)
            note_all_versions(connection, tables, subjects)
            needles = _own_strings(subjects, staged, receipt)
            receipt.persons = len(subjects)
            if not any(s.candidates or s.employees for s in subjects) and not needles.in_tables(connection):
                raise UsageError("nobody here has this address", mend="see that it is spelled as the sources have it")
            connection.begin()
            suppression = suppress(connection, key, subjects, staged, tables, needles, _now())
            receipt.raw_rows = sum(
                stored.mask_raw(connection, table, suppression, subjects, needles) for table in tables
            )
            receipt.quarantine_lines = stored.mask_ops(connection, suppression, needles)
            stored.drop_derived(connection)
            connection.commit()
            _copy_rows(connection, fresh)
        delete(copy)
        with connect_copy(home, fresh) as connection:
            found = needles.in_tables(connection)
        if found or needles.in_file(fresh):
            places = ", ".join(found) or "the bytes of the new file"
            raise CheckFailed(f"still found in {places}; nothing was changed", where=str(home.root))
        if with_backups:
            rewrite_backups(home, fresh, subjects, suppression, needles, receipt)
        with connect_copy(home, fresh) as connection:
            search_home(home, needles, receipt, list(known_lakes(connection)))
            record_receipt(connection, receipt)
            connection.execute("force checkpoint")
        _swap(home, fresh)
    return receipt


@contextmanager
def _swept(home: Home) -> Iterator[None]:
    """No file of an erasure's own beside the warehouse: before, of one that was killed; after, of this one."""
    clear_leftovers(home)
    try:
        yield
    finally:
        clear_leftovers(home)


def rebuild(home: Home) -> None:
    """Make staging and marts again from what is loaded, as of the same day, and publish."""
    from orchestration.run import execute

    with connect(home) as connection:
        at, day = fetch_row(connection, "select as_of_at, as_of_date from ops.run_parameters")
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=home.zone).astimezone(UTC)
    given = day if midnight.replace(tzinfo=None) == at else None
    session = execute(home, None, ("",), given)
    if session.status != "published":
        raise CheckFailed("the person is erased, but the marts could not be made again", mend="tsunagu run says why")


def _own_strings(subjects: Sequence[Subject], staged: Staged, receipt: Receipt) -> Needles:
    """The strings that are theirs alone: what somebody else's record says too names nobody, and stays there."""
    others = staged.others(subjects)
    texts = {text for subject in subjects for text in subject.texts()}
    own = {text for text in texts if text.lower() not in others}
    for subject in subjects:
        subject.addresses = {text for text in subject.addresses if text.lower() not in others}
    receipt.strings, receipt.shared = len(own), len(texts) - len(own)
    return Needles(own)


def _copy_file(home: Home, copy: Path) -> None:
    wal = home.warehouse.with_name(f"{home.warehouse.name}.wal")
    if wal.exists() and wal.stat().st_size:
        raise TsunaguError("the warehouse has changes that are not in its file yet", where=str(wal), mend="tsunagu run")
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target, home.warehouse.open("rb") as origin:
        shutil.copyfileobj(origin, target, 1 << 24)


def _copy_rows(connection: duckdb.DuckDBPyConnection, fresh: Path) -> None:
    """Live rows alone into a new file, counted."""
    (name,) = fetch_row(connection, "select current_database()")
    escaped = str(fresh).replace("'", "''")
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    fresh.unlink()
    connection.execute(f"attach '{escaped}' as fresh")
    fresh.chmod(0o600)
    connection.execute(f'copy from database "{name}" to fresh')
    if _count_rows(connection, name) != _count_rows(connection, "fresh"):
        raise CheckFailed("the copy does not hold what the warehouse holds; nothing was changed", where=str(fresh))
    connection.execute("checkpoint fresh")
    connection.execute("detach fresh")


def _count_rows(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], int]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [database]
    ).fetchall()
    return {
        (schema, table): fetch_row(connection, f'select count(*) from "{database}"."{schema}"."{table}"')[0]
        for schema, table in tables
    }


def _swap(home: Home, fresh: Path) -> None:
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)  # empty: see _copy_file
    fresh.replace(home.warehouse)
    settle(home.root)


def make_alias() -> str:
    """What stands in the place of a name: letters without a meaning, alike for all records of the person."""
    return "".join(secrets.choice(ALPHABET) for _ in range(14))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
