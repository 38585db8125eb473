"""The empty workbook of the open exchange format: a sheet an entity, its fields as header, notes and drop-downs.

It loads as it is, with zero rows; drop-downs suggest words and never forbid others, since the vocabularies know more.
"""

from __future__ import annotations

from pathlib import Path

import xlsxwriter
import yaml
from xlsxwriter.format import Format

from connectors.entities import ENTITIES, Entity, Kind
from connectors.tables.planning import NOTES_SHEET

NOTES = Path(__file__).with_name("template_notes.yml")
FLAG = ("true", "false")
ALLOWED: dict[str, tuple[str, ...]] = {
    "jobs.hiring_type": ("new_graduate", "mid_career", "part_time", "other"),
    "applications.applied_at_basis": ("ats", "ingested", "mail"),
    "applications.outcome": (
        *("open", "hired", "rejected", "withdrawn", "offer_declined", "duplicate", "not_considered"),
    ),
    "applications.closed_by": ("company", "candidate", "system", "unknown"),
    "application_reasons.party": ("company", "candidate", "neither", "unknown"),
    "stage_events.exit_type": ("advance", "back", "reject", "withdraw", "hire", "transfer", "exempt", "open"),
    "stage_events.precision": ("timestamp", "date", "snapshot"),
    "interviews.status": ("scheduled", "held", "cancelled", "no_show"),
    "evaluations.recommendation": ("definitely_no", "no", "no_decision", "yes", "strong_yes"),
    "offers.status": ("draft", "sent", "accepted", "declined", "withdrawn", "superseded"),
    "employees.termination_type": ("voluntary", "involuntary", "contract_end", "transfer", "death", "unknown"),
    "channel_costs.kind": ("fixed", "per_application", "success_fee", "tool", "internal", "refund"),
    "messages.direction": ("inbound", "outbound"),
    "messages.kind": ("acknowledgement", "application_notice", "scheduling", "rejection", "offer", "other"),
    "messages.delivery": ("sent", "delivered", "bounced", "deferred", "unknown"),
    "relay_registrations.status": ("pending", "valid", "duplicate", "invalid"),
}
# A sheet ends at this row; drop-downs reach to the end because a range costs nothing.
LAST_ROW = 1_048_575
KIND_JA: dict[Kind, str] = {
    "id": "番号（文字）",
    "text": "文字",
    "at": "日時",
    "date": "日付",
    "n": "整数",
    "num": "数値",
    "yen": "金額（円）",
    "flag": "true / false",
    "list": "文字（; 区切り）",
}
# Text cells keep the zeros of 00123; the others let Excel help with typing.
FORMATS: dict[Kind, str] = {
    "id": "@",
    "text": "@",
    "list": "@",
    "flag": "@",
    "at": "yyyy-mm-dd hh:mm",
    "date": "yyyy-mm-dd",
}


def read_notes() -> dict[str, dict[str, list[str]]]:
    """entity → field → [日本語, English]; `rows` says what one row is."""
    return yaml.safe_load(NOTES.read_text(encoding="utf-8"))


def write_template(path: Path) -> None:
    """Write the workbook to `path`, whatever stands there."""
    notes = read_notes()
    book = xlsxwriter.Workbook(path)
    key_header = book.add_format({"bold": True, "bg_color": "#F4B183", "border": 1})
    header = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
    for entity in ENTITIES.values():
        sheet = book.add_worksheet(entity.name)
        sheet.freeze_panes(1, 0)
        for column, (name, kind) in enumerate(entity.fields.items()):
            sheet.write_string(0, column, name, key_header if name in entity.key else header)
            sheet.set_column(column, column, max(12, len(name) + 2), formats.get(kind))
            words = allowed_words(entity, name)
            if words:
                about = {"input_title": name, "input_message": notes[entity.name][name][0][:255]}
                sheet.data_validation(
                    1,
                    column,
                    LAST_ROW,
                    column,
                    {"validate": "list", "source": list(words), "error_type": "information", **about},
                )
    _write_notes(book, notes, header)
    book.close()


def allowed_words(entity: Entity, field: str) -> tuple[str, ...]:
    """The words of the data model for a field of a closed vocabulary, or none."""
    return FLAG if entity.fields[field] == "flag" else ALLOWED.get(f"{entity.name}.{field}", ())


def _write_notes(book: xlsxwriter.Workbook, notes: dict[str, dict[str, list[str]]], header: Format) -> None:
    sheet = book.add_worksheet(NOTES_SHEET)
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    titles = ("シート.項目 sheet.column", "必須 key", "種類 kind", "意味", "meaning", "使う言葉 words")
    for column, (title, width) in enumerate(zip(titles, (40, 10, 18, 48, 44, 48), strict=True)):
        sheet.write_string(0, column, title, header)
        sheet.set_column(column, column, width, wrap)
    sheet.freeze_panes(1, 0)
    row = 1
    for entity in ENTITIES.values():
        # Every text ends in a mark that no header has, so that no line of notes is ever taken for one.
        japanese, english = notes[entity.name]["rows"]
        sheet.write_row(row, 0, [f"{entity.name}:", "", "", f"{japanese}。", f"{english}."], header)
        row += 1
        for name, kind in entity.fields.items():
            japanese, english = notes[entity.name][name]
            key = "○" if name in entity.key else ""
            words = ", ".join(allowed_words(entity, name))
            about = [f"{KIND_JA[kind]} {kind}", f"{japanese}。", f"{english}.", words]
            sheet.write_row(row, 0, [f"{entity.name}.{name}", key, *about])
            row += 1
