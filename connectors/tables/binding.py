"""Templates and profiles tied to the header of one table."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import reduce

import polars as pl

from connectors.entities import ENTITIES, Entity
from connectors.errors import FileRefused
from connectors.formats.moments import DateSystem
from connectors.formats.tabular import Tabular
from connectors.formats.text import fold_header, strip_unit
from connectors.tables.mapping import Binding
from connectors.tables.profile import EntityRules, Profile, UnpivotColumn
from connectors.tables.profile_rules import Rule
from connectors.tables.readable_keys import MadeUp
from connectors.tables.rule_cells import Cell, Scope, compile_condition, compile_rule, fold_label, trim_cells


def bind_template(entity: Entity, table: Tabular, where: str) -> Binding:
    """Header names that are fields, after folding. Raises FileRefused where a key column is missing."""
    found = find_by_spelling(table.header)
    cells = {}
    for name in entity.fields:
        header = found.get(fold_header(name))
        if header is not None:
            column = pl.col(header)
            cells[name] = Cell(column, column, (header,), (header,))
    missing = [name for name in entity.key if name not in cells]
    if missing:
        others = [name for name in table.header if fold_header(name) not in entity.fields]
        raise _refuse_missing(missing, others, where, entity.name)
    return Binding(entity, cells, date_system=date_system_of(table))


def bind_profile(profile: Profile, table: Tabular, settings: Mapping[str, float], where: str) -> list[Binding]:
    """One binding an entity, or one a column where columns are unpivoted; the first entity named is the main one.

    A field whose headers are all missing is left out. Raises FileRefused where that leaves the main entity keyless; any
    other entity without its key columns is left out whole.
    """
    find = make_finder(profile, table)
    bindings: list[Binding] = []
    for place, (name, rules) in enumerate(profile.all_entities()):
        scope = Scope(
            find=find,
            rules=rules.fields,
            blank=tuple(fold_label(word) for word in profile.blank),
            settings={**profile.settings, **settings},
            date_system=date_system_of(table),
        )
        made = [_bind(ENTITIES[name], rules, column, scope, is_main=place == 0) for column in _columns_of(rules)]
        whole = [binding for binding in made if binding is not None]
        if place == 0 and not whole:
            entity = ENTITIES[name]
            missing = [h for f in entity.key for h in _first_headers(rules.fields.get(f))] or list(entity.key)
            raise _refuse_missing(missing, table.header, where, name)
        bindings += whole
    return bindings


def make_finder(profile: Profile, table: Tabular) -> Callable[[Iterable[str]], str | None]:
    """The table's own header for any spelling that the profile knows of the headers given, or None."""
    found = find_by_spelling(table.header)

    def find(headers: Iterable[str]) -> str | None:
        return next((found[spelling] for spelling in profile.spellings(headers) if spelling in found), None)

    return find


def find_by_spelling(header: Iterable[str]) -> dict[str, str]:
    """Folded name → header; also without its unit, where no other header has that name."""
    found = {fold_header(name): name for name in header}
    for folded, name in list(found.items()):
        found.setdefault(strip_unit(folded), name)
    return found


def date_system_of(table: Tabular) -> DateSystem:
    return "1904" if table.facts.get("date_system") == "1904" else "1900"


def _columns_of(rules: EntityRules) -> list[UnpivotColumn | None]:
    return list(rules.unpivot.columns) if rules.unpivot else [None]


def _bind(
    entity: Entity, rules: EntityRules, column: UnpivotColumn | None, scope: Scope, *, is_main: bool
) -> Binding | None:
    said: dict[str, Rule] = dict(rules.fields)
    tests = [compile_condition(rules.when, scope)] if rules.when else []
    if column is not None and rules.unpivot is not None:
        if scope.find(column.column) is None:
            return None
        said |= {name: Rule(constant=text) for name, text in column.set.items()} | column.fields
        said[rules.unpivot.into] = Rule(column=column.column, values=rules.unpivot.values)
        cell = compile_rule(said[rules.unpivot.into], scope)
        tests += [trim_cells(cell.value).is_not_null()] if cell else []
    scope = Scope(scope.find, said, scope.blank, scope.settings, scope.date_system)
    compiled = {
        name: compile_rule(said[name], scope) for name in entity.fields if name in said and not _is_made(said[name])
    }
    cells = {name: cell for name, cell in compiled.items() if cell is not None}
    hidden: dict[str, Cell] = {}
    made_up: dict[str, MadeUp] = {}
    # Keys before counts: a count may run within a key.
    for name in sorted((n for n in said if _is_made(said[n])), key=lambda n: said[n].key is None):
        made = _make_up(name, said[name], scope, {*cells, *made_up}, hidden)
        if made is not None:
            made_up[name] = made
    if any(name not in cells and name not in made_up for name in entity.key):
        return None
    return Binding(
        entity=entity,
        cells=cells,
        hidden=hidden,
        made_up=made_up,
        where=reduce(lambda a, b: a & b, tests) if tests else None,
        one_per_key=rules.one_per_key,
        skips_blank_keys=not is_main and rules.when is None and rules.unpivot is None,
        date_system=scope.date_system,
    )


def _is_made(rule: Rule) -> bool:
    return rule.key is not None or rule.count is not None


def _make_up(name: str, rule: Rule, scope: Scope, known: set[str], hidden: dict[str, Cell]) -> MadeUp | None:
    """Parts that are fields are taken as what they mean (a date retyped in another form is the same key); other parts
    become hidden columns. A part that the file lacks is blank: when the sheet gets that column, its keys stay."""
    nothing = pl.lit("")

    def take(rules: Iterable[Rule], prefix: str) -> tuple[str, ...]:
        taken = []
        for place, part in enumerate(rules):
            if part.field in known:
                taken.append(part.field)
                continue
            cell = None if part.field else compile_rule(part, scope)
            hidden[f"{prefix}:{name}:{place}"] = cell or Cell(nothing, nothing)
            taken.append(f"{prefix}:{name}:{place}")
        return tuple(taken)

    given = take([Rule(column=rule.given)] if rule.given and scope.find(rule.given) else [], "given")
    parts = take(rule.key or rule.count or [], "part")
    if not given and not any(part in known or hidden[part].uses for part in parts):
        return None
    return MadeUp(
        kind="key" if rule.count is None else "count",
        parts=parts,
        of=take(rule.of or [], "of"),
        given=given[0] if given else None,
        numbered=rule.repeats == "number",
        hashed=rule.hashed,
    )


def _first_headers(rule: Rule | None) -> list[str]:
    return list(dict.fromkeys(rule.headers()))[:1] if rule else []


def _refuse_missing(missing: Iterable[str], header: Iterable[str], where: str, entity: str) -> FileRefused:
    header = list(header)
    hints = []
    for name in missing:
        close = difflib.get_close_matches(name, header, n=1, cutoff=0.5)
        hints.append(f"{name} (nearest: {close[0]})" if close else name)
    return FileRefused(
        f"no column {', '.join(hints)}, which {entity} needs; found: {', '.join(header[:30])}",
        where=where,
        mend="name the column so in the file, or say in a profile which column it is (tsunagu inspect FILE --write)",
    )
