"""A profile: one YAML file that says how one export's columns become the fields of entities.

    name: shop_list                      the file's name without .yml
    title_ja: …                          what a person calls the export
    title_en: …
    headers: {応募者コード: [応募ID, ID]}    further spellings of a header, good wherever the first one is named
    recognise: {required: [応募者コード, [ステータス, 対応状況]], helpful: [店舗名]}
    settings: {tax_rate: 0.10}           numbers a connection may override
    blank: ["'", 未定]                    cells that say nothing
    footers: [合計, 計]                    a row whose first filled cell is one of these is no record
    skip_rows: [{column: 状態, in: [テスト]}]
    entities:
      applications:
        when: {column: 応募日, is: filled}
        fields: {application_id: 応募者コード, outcome: {column: 結果, values: {採用: hired}}}
      stage_events:
        fields: {application_id: 応募者コード}
        unpivot:
          into: entered_at
          columns: [{column: 一次面接日, set: {event_id: interview_1, stage_label: 一次面接}}]

The first entity listed is the main one: a row of it without a key is refused, a row of the others is left out.
Rules and conditions are told in profile_rules.py; header names are compared by formats.text.fold_header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from connectors.entities import ENTITIES
from connectors.errors import ProfileError, SettingsError
from connectors.formats.text import fold_header
from connectors.tables.profile_rules import AnyRule, Condition, Headers, Rule, Strict, Text, Values, Words
from connectors.yaml_lines import explain, nearest, read_yaml

SHIPPED = Path(__file__).resolve().parents[1] / "profiles"


class Required(Strict):
    """A header (or one of several) by which an export is known. More weight for what no other export has."""

    header: Headers
    weight: float = Field(default=1.0, gt=0)


def _as_required(value: Any) -> Any:
    return {"header": value} if isinstance(value, str | list) else value


AnyRequired = Annotated[Required, BeforeValidator(_as_required)]


class Recognise(Strict):
    """Every required header must be there; a helpful one that is adds half its weight to the score."""

    required: list[AnyRequired] = Field(min_length=1)
    helpful: list[AnyRequired] = Field(default_factory=list)


class UnpivotColumn(Strict):
    column: Headers
    set: dict[str, Text] = Field(default_factory=dict)
    fields: dict[str, AnyRule] = Field(default_factory=dict)


class Unpivot(Strict):
    """One record for each of `columns` that is filled: its cell, or what `values` says it means, goes into `into`."""

    into: str
    values: Values | None = None
    columns: list[UnpivotColumn] = Field(min_length=1)


class EntityRules(Strict):
    fields: dict[str, AnyRule] = Field(default_factory=dict)
    when: Condition | None = None
    unpivot: Unpivot | None = None
    one_per_key: bool = False  # of several rows with the same key (a posting on every application) the last one counts

    def all_rules(self) -> Iterator[tuple[str, Rule]]:
        yield from self.fields.items()
        if self.unpivot is not None:
            for item in self.unpivot.columns:
                yield self.unpivot.into, Rule(column=item.column, values=self.unpivot.values)
                yield from ((name, Rule(constant=text)) for name, text in item.set.items())
                yield from item.fields.items()


def _as_several(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Profile(Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    title_ja: str
    title_en: str
    headers: dict[str, Headers] = Field(default_factory=dict)
    recognise: Recognise
    settings: dict[str, float] = Field(default_factory=dict)
    blank: Words = Field(default_factory=list)
    footers: Words = Field(default_factory=list)
    skip_rows: list[Condition] = Field(default_factory=list)
    entities: dict[str, Annotated[list[EntityRules], BeforeValidator(_as_several)]] = Field(min_length=1)

    def all_entities(self) -> Iterator[tuple[str, EntityRules]]:
        for name, several in self.entities.items():
            for rules in several:
                yield name, rules

    def spellings(self, headers: Iterable[str]) -> list[str]:
        """The headers and their further spellings, in order, folded."""
        further = {fold_header(name): names for name, names in self.headers.items()}
        every = [spelling for header in headers for spelling in (header, *further.get(fold_header(header), ()))]
        return list(dict.fromkeys(fold_header(spelling) for spelling in every))

    def known_headers(self) -> frozenset[str]:
        """Every header the profile names, folded."""
        named = [
            header for required in (*self.recognise.required, *self.recognise.helpful) for header in required.header
        ]
        named += [header for condition in self.skip_rows for header in condition.headers()]
        for _, rules in self.all_entities():
            named += [header for _, rule in rules.all_rules() for header in rule.headers()]
            named += rules.when.headers() if rules.when else ()
        return frozenset(self.spellings(named))


@dataclass(frozen=True)
class LoadedProfile:
    profile: Profile
    path: Path
    is_own: bool  # from the home's profiles folder, not shipped

    @property
    def name(self) -> str:
        return self.profile.name


def read_profile(path: Path) -> Profile:
    """Raises ProfileError that names file, line, key, what is allowed and the mend, for every mistake."""
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise ProfileError("no such profile", where=str(path)) from None
    return _read_profile(path, stamp)


# Reading one takes 10 ms, and every file of an inbox asks for all of them; `stamp` makes a changed file a new one.
@lru_cache(maxsize=256)
def _read_profile(path: Path, stamp: int) -> Profile:
    try:
        document = read_yaml(path)
    except SettingsError as error:
        raise ProfileError(error.message, where=error.where, mend=error.mend) from None
    mistakes: list[str] = []
    profile = explain(Profile, document.data, document, mistakes)
    if profile is not None:
        mistakes += [f"{document.at(*where)}: {'.'.join(where)}: {what}" for where, what in _find_mistakes(profile)]
    if profile is None or mistakes:
        raise ProfileError("\n".join(mistakes))
    if profile.name != path.stem:
        raise ProfileError(
            f"name: {profile.name!r} in a file called {path.name}",
            where=document.at("name"),
            mend=f"write name: {path.stem}, or rename the file to {profile.name}.yml",
        )
    return profile


def read_profiles(own: Path | None, *, shipped: Path = SHIPPED) -> dict[str, LoadedProfile]:
    """Every profile by name. One in the folder `own` (it need not exist) wins over a shipped one of the same name."""
    found: dict[str, LoadedProfile] = {}
    for folder, is_own in ((shipped, False), (own, True)):
        for path in sorted(folder.glob("*.y*ml")) if folder is not None and folder.is_dir() else ():
            profile = read_profile(path)
            found[profile.name] = LoadedProfile(profile, path, is_own)
    return found


def _find_mistakes(profile: Profile) -> Iterator[tuple[tuple[str, ...], str]]:
    """What pydantic cannot know: the words of the data model, and rules that build on each other."""
    for name, rules in profile.all_entities():
        where = ("entities", name)
        if name not in ENTITIES:
            yield where, f"no such entity{nearest(name, ENTITIES)}; allowed: {', '.join(ENTITIES)}\n→ correct the name"
            continue
        entity = ENTITIES[name]
        said = {field for field, _ in rules.all_rules()}
        for field in sorted(said - set(entity.fields)):
            hint = nearest(field, entity.fields)
            yield (
                (*where, "fields", field),
                f"no such field{hint}; allowed: {', '.join(entity.fields)}\n→ correct the name",
            )
        for field in entity.key:
            if field not in said:
                yield (
                    (*where, "fields"),
                    f"the key {field} has no rule\n→ add {field}: column, or {field}: {{key: [columns]}}",
                )
        for field, rule in rules.all_rules():
            for missing in sorted(set(rule.references()) - said):
                yield (*where, "fields", field), f"field: {missing} has no rule here\n→ add a rule for {missing}"
            if any(part.net_of_tax for part in _unfold(rule)) and "tax_rate" not in profile.settings:
                yield (*where, "fields", field), "net_of_tax needs a rate\n→ add the line settings: {tax_rate: 0.10}"


def _unfold(rule: Rule) -> Iterator[Rule]:
    yield rule
    for inner in rule.inner():
        yield from _unfold(inner)
