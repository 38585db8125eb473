"""A file of tables: which table in it is what, and how it will be read. parts.py then reads the rows.

The table connector and `tsunagu inspect` both plan here, so what inspect shows is what a run would load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import polars as pl

from connectors.entities import ENTITIES
from connectors.errors import FileRefused, ProfileError
from connectors.formats.archive import DEFAULT_LIMITS, Limits
from connectors.formats.tabular import NOTHING_ASKED, Asked, Tabular, open_tables
from connectors.formats.text import fold_header
from connectors.tables.binding import bind_profile, bind_template, date_system_of, make_finder
from connectors.tables.mapping import Binding
from connectors.tables.profile import LoadedProfile, Profile
from connectors.tables.recognise import Fit, choose_profile, find_entity, is_template, rank_profiles, tell_nearest
from connectors.tables.rule_cells import Scope, compile_condition, fold_cells, fold_label, trim_cells
from connectors.yaml_lines import nearest

TEMPLATE_FIELDS = frozenset(name for entity in ENTITIES.values() for name in entity.fields)
TEMPLATE, AUTO = "template", "auto"
NOTES_SHEET = "notes"  # of our own template: no table, and not worth a warning


@dataclass(frozen=True)
class How:
    """What a connection says about its files. `settings` go before those of a profile (tax_rate)."""

    profiles: Mapping[str, LoadedProfile]
    profile: str = AUTO
    asked: Asked = NOTHING_ASKED
    sheet: str | None = None
    hidden_sheets: bool = False
    limits: Limits = DEFAULT_LIMITS
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TablePlan:
    """One table and how it is read. `ranked`: every profile's fit, best first, where profiles were asked."""

    table: Tabular
    bindings: list[Binding]
    fit: Fit | None = None
    ranked: tuple[Fit, ...] = ()
    skip: pl.Expr | None = None

    @property
    def name(self) -> str:
        return self.fit.loaded.name if self.fit else f"{TEMPLATE} ({self.bindings[0].entity.name})"

    @property
    def unmapped(self) -> list[str]:
        used = frozenset[str]().union(*(binding.used_columns for binding in self.bindings))
        return [name for name in self.table.header if name not in used]


@dataclass(frozen=True)
class FilePlan:
    """`ignored`: sheets that are nothing known, with their nearest profiles; empty tables are in neither."""

    tables: list[TablePlan]
    ignored: list[tuple[Tabular, str]]


def plan_file(path: Path, how: How) -> FilePlan:
    """Raises FileRefused where the file is no table or a key column is missing, ProfileError where nothing in it is
    known or two profiles fit alike."""
    tables = open_tables(
        path,
        known_headers=known_headers(how),
        asked=how.asked,
        hidden_sheets=how.hidden_sheets,
        limits=how.limits,
    )
    if how.sheet is not None:
        tables = [table for table in tables if fold_label(table.sheet or "") == fold_label(how.sheet)]
        if not tables:
            raise FileRefused(f"no sheet {how.sheet}", where=path.name, mend="correct sheet: in tsunagu.yml")
    return plan_tables(tables, path, how)


def plan_tables(tables: list[Tabular], path: Path, how: How) -> FilePlan:
    """The same of tables that are open. Raises as `plan_file` does; `path` is the name it tells."""
    plans: list[TablePlan] = []
    ignored: list[tuple[Tabular, str]] = []
    for table in tables:
        where = f"{path.name}[{table.sheet}]" if table.sheet else path.name
        if table.sheet == NOTES_SHEET and len(tables) > 1:
            continue
        planned = _plan_table(table, path, len(tables) == 1, how, f"{where}:{table.header_row}")
        if isinstance(planned, str):
            ignored.append((table, planned))
        else:
            plans.append(planned)
    if ignored and not plans:
        raise ProfileError(
            "\n".join((f"sheet {table.sheet}: " if table.sheet else "") + reason for table, reason in ignored),
            where=path.name,
            mend="tsunagu inspect FILE --write starts a profile; or name the columns as the template does",
        )
    _remember_keys_together(plans)
    return FilePlan(plans, ignored)


def _remember_keys_together(plans: list[TablePlan]) -> None:
    """A line on one sheet may repeat the key of a line on another: they are numbered as one list."""
    seen: dict[tuple[str, int, str], dict[str, dict[object, int]]] = {}
    for plan in plans:
        for place, binding in enumerate(plan.bindings):
            for name, made in binding.made_up.items():
                made.seen = seen.setdefault((plan.name, place, name), made.seen)


def _plan_table(table: Tabular, path: Path, is_alone: bool, how: How, where: str) -> TablePlan | str:
    """The plan, or why the table is nothing known."""
    names = [table.sheet] if table.sheet else []
    stem = Path(table.facts.get("packed_file", path.name)).stem
    entity = next((e for name in (*names, *([stem] if is_alone else [])) if (e := find_entity(name))), None)
    if entity is not None and how.profile in (AUTO, TEMPLATE) and is_template(entity, table.header):
        return TablePlan(table, [bind_template(entity, table, where)])
    if how.profile == TEMPLATE:
        return "its name and header are no entity of the template"
    asked = how.profiles if how.profile == AUTO else {how.profile: _get_profile(how)}
    ranked = rank_profiles(asked.values(), table.header)
    if not ranked or not ranked[0].fits:
        return tell_nearest(ranked, table.header) + _hint_at_template(table)
    fit = choose_profile(ranked, where)
    profile = fit.loaded.profile
    bindings = bind_profile(profile, table, how.settings, where)
    return TablePlan(table, bindings, fit, tuple(ranked), _skip(profile, table))


def _hint_at_template(table: Tabular) -> str:
    folded = {fold_header(name) for name in table.header}
    meant = [
        e.name for e in ENTITIES.values() if folded >= set(e.key) and 2 * len(folded & set(e.fields)) >= len(folded)
    ]
    return f"\n  its columns are those of the template's {meant[0]}: name the file or sheet so" if meant else ""


def _get_profile(how: How) -> LoadedProfile:
    if how.profile not in how.profiles:
        raise ProfileError(
            f"no profile {how.profile}{nearest(how.profile, how.profiles)}; there are: {', '.join(how.profiles)}",
            mend="correct profile: in tsunagu.yml, or write the file profiles/NAME.yml in the home",
        )
    return how.profiles[how.profile]


def known_headers(how: How) -> frozenset[str]:
    if how.profile == TEMPLATE:
        return TEMPLATE_FIELDS
    if how.profile != AUTO:
        return _get_profile(how).profile.known_headers()
    return TEMPLATE_FIELDS.union(*(loaded.profile.known_headers() for loaded in how.profiles.values()))


def _skip(profile: Profile, table: Tabular) -> pl.Expr | None:
    """Rows that are no records: totals, and what the profile leaves out."""
    tests = []
    if profile.footers:
        first_filled = pl.coalesce(*(trim_cells(pl.col(name)) for name in table.header))
        tests.append(fold_cells(first_filled).is_in([fold_label(word) for word in profile.footers]).fill_null(False))
    scope = Scope(make_finder(profile, table), {}, date_system=date_system_of(table))
    tests += [compile_condition(condition, scope) for condition in profile.skip_rows]
    return reduce(lambda a, b: a | b, tests) if tests else None
