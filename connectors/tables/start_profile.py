"""A first profile for a file that none fits: guesses from the header, each to be checked by a person.

What shipped profiles call a column counts first, then what words in its name mean. A profile that lacks a key is
written as NAME.yml.draft, which nothing reads, so that a half-done file never stops a run.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from connectors.entities import ENTITIES
from connectors.errors import ProfileError, UsageError
from connectors.formats.text import fold_header
from connectors.tables.profile import LoadedProfile, read_profile
from connectors.tables.recognise import find_entity

if TYPE_CHECKING:
    from connectors.tables.inspect import Inspection, TableView

# Words in a header that no shipped profile has → the field they mean. The first that matches counts.
MEANINGS: tuple[tuple[str, str], ...] = (
    (r"(応募|エントリー).*(日|日時|時刻|date)$", "applications.applied_at"),
    (r"(応募|受付|applicat).*(id|番号|コード|no\.?)$", "applications.application_id"),
    (r"(候補者|応募者|candidate).*(id|番号|コード|no\.?)$", "candidates.candidate_id"),
    (r"(求人|募集|ポジション|job).*(id|番号|コード|no\.?)$", "jobs.job_id"),
    (r"(経路|媒体|流入|チャネル|channel|source)", "applications.channel_label"),
    (r"(紹介会社|エージェント|agency)", "applications.agency_label"),
    (r"(不採用|辞退|見送り|終了|選考).*理由", "application_reasons.reason_label"),
    (r"(ステータス|対応状況|進捗|結果|合否|status)", "applications.status_label"),
    (r"(ステップ|段階|フェーズ|stage)", "applications.current_stage_label"),
    (r"(終了|不採用|辞退|クローズ).*(日|日時)$", "applications.closed_at"),
    (r"(更新|最終).*(日|日時)$", "applications.updated_at"),
    (r"(カナ|かな|ふりがな|フリガナ|よみ)", "candidates.kana"),
    (r"(氏名|名前|お名前|応募者名|候補者名|name)$", "candidates.full_name"),
    (r"(メール|e-?mail)", "candidates.email"),
    (r"(電話|tel|携帯|phone)", "candidates.phone"),
    (r"(生年月日|誕生日|birth)", "candidates.birth_date"),
    (r"(求人名|求人タイトル|募集職種|ポジション名?)$", "jobs.title"),
    (r"(部署|部門|配属|店舗名|勤務地)", "jobs.department"),
)
STAGE = re.compile(r"(.*(?:書類|面接|面談|選考|検査|試験|テスト|内定|承諾|入社))(?:実施|通過|予定)?(?:日|日時)$")
# Entities that one table may tell of together; a table is guessed to be of the family that knows most of its columns.
APPLICANTS = ("applications", "candidates", "jobs", "application_reasons")
FAMILIES = (APPLICANTS, *((name,) for name in ENTITIES if name not in (*APPLICANTS, "stage_events")))
# What a record is known by where the file has no number for it, best first; the first two that the file has are taken.
KNOWN_BY: dict[str, tuple[str, ...]] = {
    "applications": ("candidates.email", "candidates.phone", "candidates.full_name", "applications.applied_at"),
    "candidates": ("candidates.email", "candidates.phone", "candidates.full_name", "candidates.birth_date"),
    "jobs": ("jobs.title", "jobs.department"),
}


class _Plain(yaml.SafeDumper):
    """Writes a rule that stands twice twice, since a person edits each by itself."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_profile(inspection: Inspection, folder: Path) -> Path:
    """Start a profile in `folder` for the file's largest table and return its path. Raises UsageError where there is
    nothing to start from (no table, the template's own format)."""
    views = [*inspection.tables, *inspection.left_out]
    if not views:
        raise UsageError("there is no table in the file to write a profile for", where=str(inspection.path))
    known = [view for view in inspection.tables if view.reading in inspection.profiles]
    if known:
        return _copy(inspection.profiles[str(known[0].reading)], folder)
    if inspection.tables:
        raise UsageError("the file has the template's format and needs no profile", where=str(inspection.path))
    view = max(views, key=lambda v: len(v.header))
    name = _free_name(inspection.path.stem, folder)
    guesses = guess_fields(view.header, inspection.profiles.values())
    text, to_fill = _compose(name, inspection.path.name, view, guesses)
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    try:
        read_profile(path)
    except ProfileError:
        to_fill = to_fill or ["a key for at least one entity"]
        path.unlink()
        path = folder / f"{name}.yml.draft"
        lines = "".join(f"# Left to fill: {what}.\n" for what in to_fill)
        path.write_text(f"{lines}# Then rename this file to {name}.yml.\n{text}", encoding="utf-8")
    return path


def guess_fields(header: Iterable[str], profiles: Iterable[LoadedProfile]) -> dict[str, str]:
    """header → `entity.field`, each field once, all of one family; headers that say nothing known are left out."""
    votes = _count_meanings(profiles)
    names = [name for name in header if not STAGE.fullmatch(fold_header(name))]
    best: dict[str, str] = {}
    for family in FAMILIES:
        guesses: dict[str, str] = {}
        for name in names:
            folded = fold_header(name)
            meant = [meaning for meaning, _ in votes.get(folded, Counter()).most_common()]
            meant += [meaning for pattern, meaning in MEANINGS if re.search(pattern, folded)]
            free = (m for m in meant if m.split(".")[0] in family and m not in guesses.values())
            if meaning := next(free, None):
                guesses[name] = meaning
        best = max(best, guesses, key=len)
    return best


def _count_meanings(profiles: Iterable[LoadedProfile]) -> dict[str, Counter[str]]:
    votes: dict[str, Counter[str]] = {}
    for loaded in profiles:
        for entity, rules in loaded.profile.all_entities():
            for field, rule in rules.all_rules():
                for spelling in loaded.profile.spellings(rule.headers()):
                    votes.setdefault(spelling, Counter())[f"{entity}.{field}"] += 1
    return votes


def _copy(loaded: LoadedProfile, folder: Path) -> Path:
    path = folder / f"{loaded.name}.yml"
    if path.exists():
        raise UsageError(f"the file is read by your own profile {loaded.name}", where=str(path), mend="edit that file")
    note = f"# Your own copy of the shipped profile {loaded.name}: it goes before the shipped one from now on.\n"
    path.write_text(note + loaded.path.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def _free_name(stem: str, folder: Path) -> str:
    text = unicodedata.normalize("NFKC", stem).lower()
    word = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\d_.\-]{6,}$", "", text)).strip("_0123456789")[:40]
    word = word if re.match(r"[a-z]", word) and find_entity(word) is None else "my_export"
    number, name = 1, word
    while (folder / f"{name}.yml").exists() or (folder / f"{name}.yml.draft").exists():
        number += 1
        name = f"{word}_{number}"
    return name


def _compose(name: str, file: str, view: TableView, guesses: dict[str, str]) -> tuple[str, list[str]]:
    """The profile's text, and what a person must fill in before it can be read."""
    headers = {meaning: header for header, meaning in guesses.items()}
    order = [e for e in dict.fromkeys((*APPLICANTS, *ENTITIES)) if any(m.startswith(f"{e}.") for m in headers)]
    if set(order) & {"candidates", "application_reasons"} and "applications" not in order:
        order.insert(0, "applications")
    entities: dict[str, dict[str, Any]] = {}
    to_fill: list[str] = []
    for entity in order:
        fields = {f: headers[f"{entity}.{f}"] for f in ENTITIES[entity].fields if f"{entity}.{f}" in headers}
        missing = [
            f for f in ENTITIES[entity].key if f not in fields and not _give_key(entity, f, fields, headers, entities)
        ]
        if missing and entities:
            continue  # the main entity keeps these columns in _extra
        to_fill += [f"entities.{entity}.fields.{field}: which column is it" for field in missing]
        ordered = {field: fields[field] for field in ENTITIES[entity].fields if field in fields}
        entities[entity] = {"one_per_key": True, "fields": ordered} if entity == "jobs" else {"fields": ordered}
    if "applications" in entities:
        for other, key in (("candidates", "candidate_id"), ("jobs", "job_id")):
            if other in entities:
                entities["applications"]["fields"].setdefault(key, entities[other]["fields"][key])
        if stages := [header for header in view.header if STAGE.fullmatch(fold_header(header))]:
            entities["stage_events"] = _unpivot(stages, entities["applications"]["fields"]["application_id"])
    profile = {
        "name": name,
        "title_ja": Path(file).stem,
        "title_en": f"export like {file}",
        "recognise": {"required": list(guesses)[:8] or list(view.header)[:3]},
        "entities": entities or {"applications": {"fields": {}}},
    }
    body = yaml.dump(profile, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    return _explain(view, guesses) + body, to_fill


def _give_key(
    entity: str, field: str, fields: dict[str, Any], headers: dict[str, str], entities: dict[str, dict[str, Any]]
) -> bool:
    """Put a rule for a key field that no column was guessed for into `fields`, if there is anything to make it of."""
    if field in ("ordinal", "version", "spell_no"):
        fields[field] = {"constant": 1}
    elif field == "application_id" and "applications" in entities:
        fields[field] = entities["applications"]["fields"]["application_id"]
    elif entity in ("applications", "candidates") and (own := _number_of_applicant(headers)):
        fields[field] = own
    elif field == ENTITIES[entity].key[0]:
        known_by = KNOWN_BY.get(entity, tuple(f"{entity}.{name}" for name in ENTITIES[entity].fields))
        parts = [headers[meaning] for meaning in known_by if meaning in headers][: 2 if entity in KNOWN_BY else 4]
        if entity == "applications" and headers.get("applications.applied_at") not in (None, *parts):
            parts.append(headers["applications.applied_at"])
        if parts:
            fields[field] = {"key": parts} | ({} if entity != "candidates" else {"repeats": "same"})
    return field in fields


def _number_of_applicant(headers: dict[str, str]) -> str | None:
    return headers.get("applications.application_id") or headers.get("candidates.candidate_id")


def _unpivot(stages: list[str], application_id: Any) -> dict[str, Any]:
    columns = []
    for header in stages:
        match = STAGE.fullmatch(fold_header(header))
        label = match.group(1) if match else header
        columns.append({"column": header, "set": {"event_id": label, "stage_label": label}})
    return {"fields": {"application_id": application_id}, "unpivot": {"into": "entered_at", "columns": columns}}


def _explain(view: TableView, guesses: dict[str, str]) -> str:
    rest = [h for h in view.header if h not in guesses and not STAGE.fullmatch(fold_header(h))]
    lines = [
        "# Started by tsunagu inspect --write: every line is a guess from the header. Check each, delete wrong ones.",
        "# field: column, or field: [column, its other spelling], or a rule (see the shipped profiles for examples).",
        "# A column named nowhere is kept verbatim in _extra.",
    ]
    lines += [f"# Columns not guessed: {', '.join(rest)}"] if rest else []
    for entity in dict.fromkeys(meaning.split(".")[0] for meaning in guesses.values()):
        lines.append(f"# {entity} has the fields {', '.join(ENTITIES[entity].fields)}")
    return "\n".join(line.replace("\n", " ") for line in lines) + "\n"
