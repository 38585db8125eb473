"""The words a profile is written in: rules (how a field's text comes about) and conditions (which rows are meant).

A rule is a header (`応募日時`), several spellings of one (`[応募日時, 応募日]`, the first that the file has counts), or
a mapping with exactly one of the words of `Rule`. Every rule has two results: the text as the file has it, and what it
means; the first is kept in raw, the second beside it where they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    # YAML reads 1 as a number and 2025-04-01 as a date; cells are text. Its yes and true are one value: quotes decide.
    if isinstance(value, bool):
        raise ValueError("YAML reads yes, no, true, false, on and off as a switch; put the word in quotes")
    return str(value) if isinstance(value, int | float | date) else value


def _as_rule(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


def _text_keys(value: Any) -> Any:
    return {_as_text(key): _as_text(item) for key, item in value.items()} if isinstance(value, dict) else value


Headers = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[list[Text], BeforeValidator(lambda value: value if isinstance(value, list) else [value])]
# label → meaning; null: it means nothing; "*": every label not named (default: it stays as it is)
Values = Annotated[dict[str, str | None], BeforeValidator(_text_keys)]


class Condition(Strict):
    """Which rows: exactly one test of `column`, or `all`/`any`/`none` of several. A column the file lacks is blank."""

    column: Headers | None = None
    is_: Literal["filled", "blank"] | None = Field(default=None, alias="is")
    in_: Words | None = Field(default=None, alias="in")
    matches: str | None = None  # a regular expression, anywhere in the cell after NFKC
    from_: date | None = Field(default=None, alias="from")  # the cell's day is this one or later
    all: list[Condition] | None = None
    any: list[Condition] | None = None
    none: list[Condition] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = [t for t in (self.is_, self.in_, self.matches, self.from_) if t is not None]
        groups = [g for g in (self.all, self.any, self.none) if g is not None]
        if self.column is None and (len(groups) != 1 or tests):
            raise ValueError("a condition is one of all, any, none, or a column with one of is, in, matches, from")
        if self.column is not None and (len(tests) != 1 or groups):
            raise ValueError("a column is tested by exactly one of is, in, matches, from")
        return self

    def headers(self) -> Iterator[str]:
        yield from self.column or ()
        for group in (self.all, self.any, self.none):
            for condition in group or ():
                yield from condition.headers()


class Case(Strict):
    when: Condition
    then: AnyRule


class Rule(Strict):
    """Exactly one of the words up to `month_end`; the rest refine it."""

    column: Headers | None = None
    constant: Text | None = None
    field: str | None = None  # what another field of the same record means
    join: list[AnyRule] | None = None  # filled parts, with `with` between them
    first_of: list[AnyRule] | None = None  # the first filled one, row by row
    date: AnyRule | None = None  # with `time`: two columns, one point in time
    split: Headers | None = None  # `part` (1 = first, -1 = last) of the cell cut at `at`
    list_of: list[AnyRule] | None = None  # several texts: cells cut at `at`, joined by ;
    case: list[Case] | None = None  # the first whose condition holds, else `otherwise`
    key: list[AnyRule] | None = None  # a readable key for a record without an id; `given`: the file's own id goes first
    count: list[AnyRule] | None = None  # 1, 2, 3 … over the different `of` under the same parts, in the file's order
    net_of_tax: Headers | None = None  # amount with tax → without, at the setting tax_rate
    month_start: Headers | None = None  # 2025年4月, 2025/04 … → its first day
    month_end: Headers | None = None  # … → its last day

    with_: str = Field(default=" ", alias="with")
    at: str = "[;；,、，/／\\n]"  # a regular expression
    part: int | None = None
    time: AnyRule | None = None
    otherwise: AnyRule | None = None
    given: Headers | None = None
    of: list[AnyRule] | None = None
    repeats: Literal["number", "same"] = "number"
    hashed: bool = False  # the key is a digest of its parts: ids are published, names and addresses must not be
    values: Values | None = None

    @model_validator(mode="after")
    def _one_word(self) -> Rule:
        said = [name for name in WORDS if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(
                f"a rule says exactly one of {', '.join(WORDS)}; this one says {', '.join(said) or 'none'}"
            )
        word = said[0]
        for refinement, owners in REFINEMENTS.items():
            if refinement in self.model_fields_set and word not in owners:
                raise ValueError(f"{refinement.rstrip('_')} goes with {' or '.join(owners)}, not with {word}")
        for refinement, owner in (("part", "split"), ("time", "date"), ("of", "count")):
            if word == owner and getattr(self, refinement) in (None, 0):
                raise ValueError(f"{owner} needs {refinement}")
        return self

    @property
    def word(self) -> str:
        return next(name for name in WORDS if getattr(self, name) is not None)

    def inner(self) -> list[Rule]:
        """The rules this one is made of."""
        several = [rule for name in SEVERAL for rule in getattr(self, name) or ()]
        single = [rule for rule in (self.date, self.time, self.otherwise) if rule is not None]
        return several + single + [case.then for case in self.case or ()]

    def headers(self) -> Iterator[str]:
        """Every header the rule or a condition in it names."""
        for name in ("column", "split", "net_of_tax", "month_start", "month_end", "given"):
            yield from getattr(self, name) or ()
        for case in self.case or ():
            yield from case.when.headers()
        for rule in self.inner():
            yield from rule.headers()

    def references(self) -> Iterator[str]:
        """Every field of the same record that the rule builds on."""
        if self.field is not None:
            yield self.field
        for rule in self.inner():
            yield from rule.references()


AnyRule = Annotated[Rule, BeforeValidator(_as_rule)]
WORDS = (
    *("column", "constant", "field", "join", "first_of", "date", "split", "list_of", "case", "key", "count"),
    *("net_of_tax", "month_start", "month_end"),
)
SEVERAL = ("join", "first_of", "list_of", "key", "count", "of")
REFINEMENTS: dict[str, tuple[str, ...]] = {
    "with_": ("join",),
    "at": ("split", "list_of"),
    "part": ("split",),
    "time": ("date",),
    "otherwise": ("case",),
    "given": ("key",),
    "of": ("count",),
    "repeats": ("key",),
    "hashed": ("key",),
    "values": ("column", "first_of", "join", "split"),
}
for _model in (Condition, Case, Rule):
    _model.model_rebuild()
