from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from connectors.entities import ENTITIES
from connectors.formats.tabular import open_tables
from connectors.tables.template import ALLOWED, NOTES, allowed_words, write_template
from tests.connectors.reading_tables import SHARED, read_path


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "採用データ.xlsx"
    write_template(path)
    return path


def test_the_empty_template_loads_as_every_entity_with_no_row_and_no_warning(workbook: Path) -> None:
    reading = read_path(workbook)
    assert reading.rows == {name: [] for name in ENTITIES}
    assert reading.refused == [] and reading.notes.warnings == []


def test_every_sheet_has_the_fields_in_the_models_order(workbook: Path) -> None:
    headers = {
        table.sheet: table.header for table in open_tables(workbook, known_headers=frozenset({"application_id"}))
    }
    for name, entity in ENTITIES.items():
        assert headers[name] == tuple(entity.fields)


def test_every_field_has_a_note_in_japanese_and_english() -> None:
    notes = yaml.safe_load(NOTES.read_text("utf-8"))
    assert {name: ["rows", *entity.fields] for name, entity in ENTITIES.items()} == {
        name: list(fields) for name, fields in notes.items()
    }
    for fields in notes.values():
        assert all(len(pair) == 2 and all(isinstance(text, str) and text for text in pair) for pair in fields.values())


def test_the_words_offered_are_those_of_the_data_model() -> None:
    model = (SHARED / "spec" / "1-model.md").read_text("utf-8")
    for field, words in ALLOWED.items():
        entity, name = field.split(".")
        assert name in ENTITIES[entity].fields
        line = next(line for line in model.splitlines() if line.startswith(f"| {entity} |"))
        listed = (
            line.split(f"{name} (")[1].split(")")[0]
            if f"{name} (" in line
            else model.split("`outcome` of")[1].split(".")[0]
        )
        assert [word.strip(" `\n") for word in listed.split(":")[-1].split(",")] == list(words)


def test_a_drop_down_holds_the_words_and_lets_others_through(workbook: Path) -> None:
    import re
    import zipfile

    with zipfile.ZipFile(workbook) as archive:
        sheets = {n: archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")}
    lists = [found for text in sheets.values() for found in re.findall(r"<dataValidation .*?</dataValidation>", text)]
    offered = {re.search(r"<formula1>&quot;(.*?)&quot;|<formula1>\"(.*?)\"", found).group(0) for found in lists}  # type: ignore[union-attr]
    assert len(lists) == sum(bool(allowed_words(e, f)) for e in ENTITIES.values() for f in e.fields)
    assert any("offer_declined" in text for text in offered)
    assert all('errorStyle="information"' in found for found in lists)
