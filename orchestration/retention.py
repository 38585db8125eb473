"""How long an applicant's data is kept, by how the application ended; then the person is erased as `forget` would.

A person is due where every application of theirs has ended, each longer ago than its class allows. One that is open,
or of a class without a limit (hired, unless it is given one), keeps them.
"""

from __future__ import annotations

from rich.console import Console

from connectors.errors import UsageError
from connectors.settings import Home
from orchestration import erase
from orchestration.erasing.receipt import show_receipt
from orchestration.erasing.subject import Staged, Subject
from orchestration.frames import table_exists
from orchestration.warehouse import connect

# The classes are the outcomes of fct_applications; as_of is the last run's.
DUE = """
with limits as (select unnest($outcomes::varchar[]) as outcome, unnest($days::bigint[]) as days),

judged as (
    select
        a.person_id, a.outcome,
        coalesce(a.closed_date + l.days::integer < p.as_of_date, false) as is_due
    from marts.fct_applications as a
    cross join ops.run_parameters as p
    left join limits as l on a.outcome = l.outcome
)

select person_id, max_by(outcome, outcome) as outcome
from judged
where person_id not in (select person_id from marts.dim_person where is_anonymised)
group by person_id
having bool_and(is_due)
order by person_id
"""
REASON = "retention"


def list_due(home: Home) -> dict[str, str]:
    """person_id → an outcome of theirs, of everybody whose time is over. Raises UsageError where no limit is set."""
    limits = home.retention.days()
    if not limits:
        raise UsageError(
            "no limit is set", where=str(home.root / "tsunagu.yml"), mend="retention: {rejected: 365, withdrawn: 365}"
        )
    with connect(home, read_only=True) as connection:
        if not table_exists(connection, "marts", "dim_person"):
            raise UsageError("nothing was run yet", where=str(home.root), mend="tsunagu run")
        rows = connection.execute(DUE, {"outcomes": list(limits), "days": list(limits.values())}).fetchall()
    return dict(rows)


def apply_retention(home: Home, console: Console, dry_run: bool) -> None:
    """Say how many are due, and erase them unless it is a rehearsal. Prints counts only."""
    due = list_due(home)
    counts = {outcome: sum(told == outcome for told in due.values()) for outcome in sorted(set(due.values()))}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nobody"
    console.print(f"due by retention: {told}", markup=False)
    if due and not dry_run:
        receipt = erase.forget(home, _choose(sorted(due)), REASON)
        show_receipt(receipt, console)


def erase_due(home: Home) -> int:
    """For the daily run, before it takes the home: erase who is due; the run itself makes the marts again. Returns how
    many. Nothing happens where no limit is set or nothing was run yet. Backups are not rewritten every day: each holds
    what was kept when it was made."""
    if not home.retention.days() or not home.warehouse.is_file():
        return 0
    try:
        due = list_due(home)
    except UsageError:
        return 0
    if due:
        erase.erase(home, _choose(sorted(due)), REASON, with_backups=False)
    return len(due)


def _choose(persons: list[str]) -> erase.Choice:
    def choose(staged: Staged) -> list[Subject]:
        known = set(staged.persons["person_id"])
        return [staged.gather(person, erase.make_alias()) for person in persons if person in known]

    return choose
