"""mart_stage_activity and mart_data_quality: what happened in a month, and what came in."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.companies.applications import Applications
from tests.companies.employees import find_application
from tests.companies.home import ENTITIES, Row, read_rows
from tests.companies.labels import ORDER
from tests.companies.sheets import Sheets


def mart_stage_activity(sheets: Sheets) -> list[Row]:
    """Applications received, stages entered and interviews held, each in the local month it happened."""
    applications, home = sheets.applications, sheets.applications.home
    events: dict[tuple, list[tuple[Row, bool]]] = defaultdict(list)
    for row in applications.counted():
        events[row["applied_month"], "applied", "applied"].append((row, False))
        own_applied = [visit for visit in row["real"] if visit["stage_key"] == "applied"][:1]
        for visit in row["real"]:
            if visit not in own_applied:
                month = home.local_date(visit["entered_at"]).replace(day=1)
                events[month, visit["stage_key"], "stage_changed"].append((row, visit["precision"] == "snapshot"))
    for meeting in home["interviews"]:
        application = applications.by_id.get(meeting["application_id"])
        if meeting["status"] == "held" and application and not application["is_excluded"]:
            at = meeting["held_at"] or meeting["scheduled_at"]
            month = home.local_date(at).replace(day=1) if at else None
            events[month, sheets.stage_of(meeting), "held"].append((application, False))
    return [
        {
            "event_month": month,
            "stage_key": stage,
            "stage_order": ORDER.get(stage),
            "basis": basis,
            "as_of_date": home.as_of_date,
            "n_events": len(rows),
            "n_applications": len({row["application_id"] for row, _ in rows}),
            "n_persons": len({row["person"] for row, _ in rows}),
            "n_snapshot": sum(is_snapshot for _, is_snapshot in rows),
        }
        for (month, stage, basis), rows in events.items()
    ]


def mart_data_quality(applications: Applications, folder: Path) -> list[Row]:
    """Rows of each file, those that stand, and those whose application nobody has. `folder` holds the files."""
    home, lines = applications.home, []
    for entity in ENTITIES:
        paths = sorted(folder.glob(f"{entity}.[ct]sv"))
        if paths:
            lines.append(
                {
                    "source": home.source,
                    "entity": entity,
                    "as_of_date": home.as_of_date,
                    "rows_in": sum(len(read_rows(path)) for path in paths),
                    "rows_quarantined": 0,
                    "n_quarantined_open": 0,
                    "n_rows": len(home[entity]),
                    "n_unmatched": _unmatched(entity, applications),
                }
            )
    return lines


def _unmatched(entity: str, applications: Applications) -> int:
    """Employees and messages without an application; other rows that name one that nobody has."""
    rows = applications.home[entity]
    if entity == "messages":
        return len(rows) - sum(len(own) for own in applications.messages.values())
    if entity == "employees":
        return sum(1 for row in rows if find_application(row, applications) is None)
    if entity == "applications":
        return 0
    named = [row["application_id"] for row in rows if row.get("application_id")]
    return sum(1 for application_id in named if application_id not in applications.by_id)
