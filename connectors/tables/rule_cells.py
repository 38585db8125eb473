"""A profile's rules as polars expressions over one table's own columns.

Each rule becomes a `Cell`: the text as the file has it (`raw`), and the text it stands for (`value`). Where a header is
missing there is no cell: the field stays empty, and what needs it says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

import polars as pl

from connectors.formats.dates import to_canonical
from connectors.formats.moments import DateSystem
from connectors.tables.conversions import take_tax_off, to_month_edge
from connectors.tables.profile_rules import Condition, Rule


@dataclass(frozen=True)
class Cell:
    """`keeps`: the headers whose text `raw` holds whole in every row; `uses`: all that took part (one header at least,
    or the cell is a constant)."""

    raw: pl.Expr
    value: pl.Expr
    keeps: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    separator: str = " + "
    constant: str | None = None

    @property
    def is_plain(self) -> bool:
        return self.raw is self.value

    @property
    def label(self) -> str:
        """How a person finds the cell in the file: its header, or several."""
        return self.separator.join(self.uses)


@dataclass(frozen=True)
class Scope:
    """What rules are compiled against. `find` gives the file's own header for the spellings of a rule, or None."""

    find: Callable[[Iterable[str]], str | None]
    rules: Mapping[str, Rule]
    blank: tuple[str, ...] = ()
    settings: Mapping[str, float] | None = None
    date_system: DateSystem = "1900"


def fold_label(text: str) -> str:
    """How cells are compared with words of a profile: NFKC, white space removed, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def fold_cells(cells: pl.Expr) -> pl.Expr:
    return cells.str.normalize("NFKC").str.replace_all(r"\s", "").str.to_lowercase()


def trim_cells(cells: pl.Expr) -> pl.Expr:
    """White space of any kind off both ends; what is empty then is NULL."""
    trimmed = cells.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def compile_rule(rule: Rule, scope: Scope, seen: tuple[str, ...] = ()) -> Cell | None:
    """None where no header of the rule is in the file. `key` and `count` rules are not for here (see mapping.py)."""
    if rule.column is not None:
        return _with_values(_read_column(rule.column, scope), rule)
    if rule.constant is not None:
        text = pl.lit(rule.constant)
        return Cell(text, text, constant=rule.constant)
    if rule.field is not None:
        return _refer(rule.field, scope, seen)
    if rule.join is not None:
        return _with_values(_join(rule.join, rule.with_, scope, seen), rule)
    if rule.first_of is not None:
        return _with_values(_choose(rule.first_of, scope, seen), rule)
    if rule.date is not None and rule.time is not None:
        return _join_date_and_time(rule.date, rule.time, scope, seen)
    if rule.split is not None:
        return _with_values(_split(rule, scope), rule)
    if rule.list_of is not None:
        return _list(rule, scope, seen)
    if rule.case is not None:
        return _decide(rule, scope, seen)
    if rule.net_of_tax is not None:
        rate = Decimal(str((scope.settings or {})["tax_rate"]))
        return _transform(rule.net_of_tax, scope, lambda cells: take_tax_off(cells, rate))
    headers = rule.month_start or rule.month_end or []
    is_end = rule.month_end is not None
    return _transform(headers, scope, lambda cells: to_month_edge(cells, is_end, scope.date_system))


def compile_condition(condition: Condition, scope: Scope) -> pl.Expr:
    """A Boolean expression without NULL."""
    for group, combine in ((condition.all, "and"), (condition.any, "or"), (condition.none, "not")):
        if group is not None:
            inner = [compile_condition(item, scope) for item in group]
            joined = reduce(lambda a, b: a & b if combine == "and" else a | b, inner, pl.lit(combine == "and"))
            return ~joined if combine == "not" else joined
    column = _read_column(condition.column or [], scope)
    if column is None:
        return pl.lit(condition.is_ == "blank")
    value = column.value
    if condition.is_ is not None:
        blank = trim_cells(value).is_null()
        return blank if condition.is_ == "blank" else ~blank
    if condition.in_ is not None:
        return fold_cells(value).is_in([fold_label(word) for word in condition.in_]).fill_null(False)
    if condition.matches is not None:
        return value.str.normalize("NFKC").str.contains(condition.matches).fill_null(False)
    days = _map_texts(value, lambda cells: to_canonical(cells, "at", date_system=scope.date_system)[0].str.head(10))
    return (days >= str(condition.from_)).fill_null(False)


def _map_texts(cells: pl.Expr, change: Callable[[pl.Series], pl.Series]) -> pl.Expr:
    return cells.map_batches(change, return_dtype=pl.String)


def _read_column(headers: Iterable[str], scope: Scope) -> Cell | None:
    name = scope.find(headers)
    if name is None:
        return None
    raw = pl.col(name)
    if not scope.blank:
        return Cell(raw, raw, (name,), (name,))
    return Cell(raw, pl.when(~fold_cells(raw).is_in(list(scope.blank))).then(raw), (name,), (name,))


def _transform(headers: Iterable[str], scope: Scope, change: Callable[[pl.Series], pl.Series]) -> Cell | None:
    cell = _read_column(headers, scope)
    return cell and Cell(cell.raw, _map_texts(cell.value, change), cell.keeps, cell.uses)


def _with_values(cell: Cell | None, rule: Rule) -> Cell | None:
    if cell is None or rule.values is None:
        return cell
    meanings = {fold_label(label): meaning for label, meaning in rule.values.items() if label != "*"}
    rest = pl.lit(rule.values["*"], dtype=pl.String) if "*" in rule.values else cell.value
    filled = trim_cells(cell.value).is_not_null()
    mapped = fold_cells(cell.value).replace_strict(
        list(meanings), list(meanings.values()), default=rest, return_dtype=pl.String
    )
    return Cell(cell.raw, pl.when(filled).then(mapped), cell.keeps, cell.uses, cell.separator)


def _refer(name: str, scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    rule = scope.rules.get(name)
    if rule is None or name in seen or rule.key is not None or rule.count is not None:
        return None
    cell = compile_rule(rule, scope, (*seen, name))
    return cell and Cell(cell.value, cell.value, (), cell.uses, constant=cell.constant)


def _compile_all(rules: Iterable[Rule], scope: Scope, seen: tuple[str, ...]) -> list[Cell]:
    return [cell for rule in rules if (cell := compile_rule(rule, scope, seen)) is not None]


def _join(rules: list[Rule], separator: str, scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    cells = _compile_all(rules, scope, seen)
    if not any(cell.uses for cell in cells):
        return None  # constants alone join to nothing
    # Without any of its columns filled a record has no such text, whatever constants would stand around it.
    filled = reduce(lambda a, b: a | b, [trim_cells(cell.value).is_not_null() for cell in cells if cell.uses])
    joined = pl.concat_str([trim_cells(cell.value) for cell in cells], separator=separator, ignore_nulls=True)
    text = pl.when(filled).then(joined)
    return Cell(text, text, _unite(cell.keeps for cell in cells), _unite(cell.uses for cell in cells))


def _choose(rules: list[Rule], scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    cells = _compile_all(rules, scope, seen)
    if not cells:
        return None
    raw, value = cells[-1].raw, cells[-1].value
    for cell in reversed(cells[:-1]):
        filled = trim_cells(cell.value).is_not_null()
        raw = pl.when(filled).then(cell.raw).otherwise(raw)
        value = pl.when(filled).then(cell.value).otherwise(value)
    if not any(cell.uses for cell in cells):
        return cells[0]  # only the constant is left of columns that the file lacks
    # Of several columns the one not chosen is kept nowhere here, so it is not called kept.
    keeps = cells[0].keeps if len(cells) == 1 else ()
    return Cell(raw, value, keeps, _unite(cell.uses for cell in cells), " / ")


def _join_date_and_time(day: Rule, time: Rule, scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    date_cell, time_cell = compile_rule(day, scope, seen), compile_rule(time, scope, seen)
    if date_cell is None or time_cell is None:
        return date_cell
    # A date cell of a workbook reads as a midnight, a time cell as a time on Excel's day 0.
    days = trim_cells(date_cell.value).str.replace(r"[ T]00:00(:00)?$", "")
    times = trim_cells(time_cell.value).str.replace(r"^(1899-12-3[01]|1900-01-0[01]|1904-01-01)[ T]", "")
    text = pl.when(days.is_not_null()).then(pl.concat_str([days, times], separator=" ", ignore_nulls=True))
    return Cell(text, text, (*date_cell.keeps, *time_cell.keeps), (*date_cell.uses, *time_cell.uses))


def _split(rule: Rule, scope: Scope) -> Cell | None:
    cell = _read_column(rule.split or [], scope)
    if cell is None or rule.part is None:
        return None
    parts = cell.value.str.replace_all(rule.at, "\x1f").str.split("\x1f")
    index = rule.part - 1 if rule.part > 0 else rule.part
    return Cell(cell.raw, trim_cells(parts.list.get(index, null_on_oob=True)), cell.keeps, cell.uses)


def _list(rule: Rule, scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    cells = _compile_all(rule.list_of or [], scope, seen)
    if not cells:
        return None
    texts = [
        trim_cells(cell.value).str.replace_all(rf"\s*(?:{rule.at})+\s*", ";").str.strip_chars(";") for cell in cells
    ]
    joined = pl.concat_str([pl.when(text != "").then(text) for text in texts], separator=";", ignore_nulls=True)
    value = pl.when(joined != "").then(joined)
    if len(cells) == 1:
        return Cell(cells[0].raw, value, cells[0].keeps, cells[0].uses)
    return Cell(value, value, (), _unite(cell.uses for cell in cells))


def _decide(rule: Rule, scope: Scope, seen: tuple[str, ...]) -> Cell | None:
    otherwise = compile_rule(rule.otherwise, scope, seen) if rule.otherwise else None
    nothing = pl.lit(None, dtype=pl.String)
    raw, value = (otherwise.raw, otherwise.value) if otherwise else (nothing, nothing)
    uses = [otherwise.uses] if otherwise else []
    for case in reversed(rule.case or []):
        then = compile_rule(case.then, scope, seen)
        if then is None:
            continue
        holds = compile_condition(case.when, scope)
        raw = pl.when(holds).then(then.raw).otherwise(raw)
        value = pl.when(holds).then(then.value).otherwise(value)
        asked = tuple(name for header in case.when.headers() if (name := scope.find([header])))
        uses.append((*then.uses, *asked))
    return Cell(raw, value, (), _unite(reversed(uses)), " / ")


def _unite(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in several for name in names))
