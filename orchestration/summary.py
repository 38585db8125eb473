"""The table at the end of a run: sources, rows, warnings, what the marts say, and where the file is."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from connectors.tables.parts import count_rows
from orchestration.session import Session
from orchestration.warehouse import connect_marts, fetch_row

# One line a mart: its label, and a query over the published file that answers one headline.
HEADLINES = (
    (
        "channels",
        "select printf('%d applications, %d hires; most hires: %s', sum(n_applications)::bigint, sum(n_hired)::bigint,"
        " coalesce(max_by(name_ja, (n_hired, channel_id)) filter (where n_hired > 0), 'none yet'))"
        " from mart_channel_total left join dim_channel using (channel_id)",
    ),
    (
        "stages",
        "select printf('%s passes least: %.0f %% of %d', stage_key, 100 * passed / decided, decided) from ("
        "select stage_key, sum(n_advanced)::bigint as passed,"
        " sum(n_advanced + n_rejected + n_withdrawn)::bigint as decided"
        " from mart_stage_conversion where n_reached is not null and stage_key not in ('accepted', 'joined')"
        " group by stage_key) where decided >= 20 order by passed / decided, stage_key limit 1",
    ),
    (
        "rejections",
        "select printf('%.0f rejected, %.0f left; reason missing for %d', "
        "coalesce(sum(weighted_n) filter (where party = 'company'), 0),"
        " coalesce(sum(weighted_n) filter (where party = 'candidate'), 0), sum(n_reason_missing)::bigint)"
        " from mart_rejection",
    ),
    (
        "retention",
        "select printf('%.1f %% of %d still there after 180 days', 100 * survival, n_start) from mart_retention"
        " where dimension = 'all' and horizon_days = 180 and survival is not null",
    ),
    (
        "relay",
        "select printf('%d referrals counted, %d slots earned, %d available, %d to the next', counted_total, earned,"
        " available, to_next) from mart_quota_balance order by balance_date desc limit 1",
    ),
)


# Warnings of one source that a person reads before they become noise.
SHOWN = 10


def has_warnings(session: Session) -> bool:
    """Rows in quarantine, a source that failed, or a check that warned: what --strict stops at."""
    return any(r.rows_quarantined or r.failure for r in session.sources.values()) or any(
        node.status == "warn" for node in session.checks
    )


def show_summary(session: Session, console: Console) -> None:
    console.print(_sources(session))
    for warning in _warnings(session):
        console.print(f"! {warning}", markup=False, highlight=False)
    if session.publication is None:
        return
    console.print(_headlines(session))
    total = sum(session.publication.rows.values())
    console.print(
        f"published {len(session.publication.rows)} tables, {total:,} rows,"
        f" as of {session.as_of and session.as_of.day}: {session.publication.path}",
        markup=False,
        highlight=False,
    )
    console.print(
        f'look:  tsunagu sql "select * from mart_channel_total" --home {session.home.root}',
        markup=False,
        highlight=False,
    )


def _sources(session: Session) -> Table:
    table = Table(title=session.home.company.name, header_style="bold", title_justify="left")
    table.add_column("source")
    for name in ("rows in", "new", "unchanged", "quarantined"):
        table.add_column(name, justify="right")
    table.add_column("state")
    for name, report in sorted(session.sources.items()):
        refused = sum(1 for file in report.files if file.status == "refused")
        state = "failed" if report.failure else f"{refused} files refused" if refused else "ok"
        table.add_row(
            name,
            *(f"{n:,}" for n in (report.rows_in, report.rows_loaded, report.rows_unchanged, report.rows_quarantined)),
            state,
        )
    return table


def _warnings(session: Session) -> list[str]:
    lines = []
    for name, report in sorted(session.sources.items()):
        if report.failure:
            lines.append(f"{name} failed; the marts use what it delivered before: {report.failure}")
        warnings = [f"{name}: {warning}" for warning in dict.fromkeys(report.warnings)]
        lines += warnings[:SHOWN]
        if len(warnings) > SHOWN:
            lines.append(f"{name}: and {len(warnings) - SHOWN} more warnings → tsunagu quarantine list")
        if report.rows_quarantined:
            lines.append(f"{name}: {count_rows(report.rows_quarantined)} in quarantine → tsunagu quarantine list")
    lines += [
        f"check {node.name} warns" + (f" ({node.failures} rows)" if node.failures else f": {node.message}")
        for node in session.checks
        # Labels without an alias have lines of their own, by vocabulary.
        if node.status == "warn" and "unmapped_labels" not in node.name
    ]
    lines += [
        f"{count} {name} {'label has' if count == 1 else 'labels have'} no alias → tsunagu status"
        for name, count in session.unmapped
    ]
    return lines


def _headlines(session: Session) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    with connect_marts(session.home) as marts:
        for label, query in HEADLINES:
            found = fetch_row(marts, query)
            table.add_row(label, str(found[0]) if found and found[0] is not None else "nothing yet")
    return table
