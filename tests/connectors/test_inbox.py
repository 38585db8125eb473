"""The inbox: which files count, in which order, and when their source said so."""

from __future__ import annotations

import os
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from connectors.core import Connector, Run
from connectors.inbox import Listing, date_file, identify_content, identify_reading, list_files
from connectors.settings import Source
from tests.connectors.loading import Settings, scripted, set_day

CORE = """<?xml version="1.0"?><cp:coreProperties
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:modified>{}</dcterms:modified></cp:coreProperties>"""


def listing(home: Path, path: str = "inbox", connector: Connector | None = None) -> Listing:
    return list_files(home, Source("ats", connector or scripted(), Settings(path=path)))


def touch(home: Path, name: str, day: str = "2025-07-01", text: str = "{}") -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    set_day(path, day)
    return path


def names(found: Listing) -> list[str]:
    return [file.name for file in found.files]


def test_a_folder_is_listed_with_all_below_it_by_time_then_name(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/b.json")
    touch(tmp_path, "inbox/a.json")
    touch(tmp_path, "inbox/部署/古い.json", "2025-06-01")
    found = listing(tmp_path)
    assert names(found) == ["inbox/部署/古い.json", "inbox/a.json", "inbox/b.json"]
    assert found.files[0].extracted_at == datetime(2025, 6, 1, 12)
    assert found.warnings == []


@pytest.mark.parametrize(
    "name", [".hidden.json", "~$open.json", "copy.json.part", "copy.json.tmp", "x.json.CRDOWNLOAD", ".git/x.json"]
)
def test_what_is_hidden_or_still_being_written_is_left_out(tmp_path: Path, name: str) -> None:
    touch(tmp_path, f"inbox/{name}")
    touch(tmp_path, "inbox/a.json")
    for path in ("inbox", "inbox/**/*", "inbox/*"):
        assert names(listing(tmp_path, path)) == ["inbox/a.json"]


def test_an_ending_the_connector_does_not_take_is_a_warning(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/notes.docx")
    touch(tmp_path, "inbox/UPPER.JSON")
    found = listing(tmp_path)
    assert names(found) == ["inbox/UPPER.JSON"]
    assert found.unread == ["inbox/notes.docx"]
    assert found.warnings == ["not read: inbox/notes.docx; scripted takes .json"]


def test_a_connector_without_endings_takes_every_file(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/mail")
    connector = scripted()
    connector.file_suffixes = None
    assert names(listing(tmp_path, connector=connector)) == ["inbox/mail"]


@pytest.mark.parametrize("path", ["inbox", "inbox/*.json", "inbox/none.json"])
def test_a_path_that_matches_nothing_is_a_warning(tmp_path: Path, path: str) -> None:
    (tmp_path / "inbox").mkdir()
    found = listing(tmp_path, path)
    assert found.files == [] and found.warnings == [f"no file to read in {path}"]


def test_a_pattern_and_a_single_file_are_paths_too(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/costs/a.json")
    touch(tmp_path, "inbox/costs/b.json")
    touch(tmp_path, "inbox/other/c.json")
    assert names(listing(tmp_path, "inbox/costs/*.json")) == ["inbox/costs/a.json", "inbox/costs/b.json"]
    assert names(listing(tmp_path, "inbox/**/c.json")) == ["inbox/other/c.json"]
    assert names(listing(tmp_path, "inbox/costs/a.json")) == ["inbox/costs/a.json"]


def test_an_absolute_path_outside_the_home_keeps_its_whole_name(tmp_path: Path) -> None:
    outside = touch(tmp_path, "share/a.json")
    (tmp_path / "home").mkdir()
    for path in (str(outside.parent), str(outside), f"{outside.parent}/*.json"):
        assert names(listing(tmp_path / "home", path)) == [outside.as_posix()]


def test_symbolic_links_are_told_and_not_followed(tmp_path: Path) -> None:
    secret = touch(tmp_path, "elsewhere/secret.json")
    touch(tmp_path, "inbox/a.json")
    (tmp_path / "inbox/link.json").symlink_to(secret)
    (tmp_path / "inbox/folder").symlink_to(secret.parent)
    found = listing(tmp_path)
    assert names(found) == ["inbox/a.json"]
    assert sorted(found.warnings) == [
        "inbox/folder: a symbolic link is not followed",
        "inbox/link.json: a symbolic link is not followed",
    ]
    for path in ("inbox/*", "inbox/*/*.json", "inbox/**/*.json"):
        assert "secret" not in str(names(listing(tmp_path, path)))


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/a.json")
    os.mkfifo(tmp_path / "inbox/pipe.json")
    assert names(listing(tmp_path)) == ["inbox/a.json"]


def test_a_name_in_another_encoding_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / os.fsdecode("求人.json".encode("cp932"))).touch()
    (name,) = names(listing(tmp_path))
    assert name.startswith("inbox/") and name.endswith(".json")
    name.encode()


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("hrmos_20250311.csv", "2025-03-10T15:00"),
        ("応募者2025-03-11.csv", "2025-03-10T15:00"),
        ("20250311_0905.csv", "2025-03-11T00:05"),
        ("20250311090512.csv", "2025-03-11T00:05:12"),
        ("export-2025-03-11T09-05-12.csv", "2025-03-11T00:05:12"),
        ("applications_20240401-20250331.csv", "2025-03-30T15:00"),
        ("20250311_9999.csv", "2025-03-10T15:00"),
        ("20251231.csv", "2025-07-01T12:00"),
        ("20250231.csv", "2025-07-01T12:00"),
        ("求人120250311.csv", "2025-07-01T12:00"),
        ("2025-0311.csv", "2025-07-01T12:00"),
        ("jobs.csv", "2025-07-01T12:00"),
    ],
)
def test_a_file_is_of_the_date_in_its_name_unless_that_is_later_than_the_file(
    tmp_path: Path, name: str, moment: str
) -> None:
    assert date_file(touch(tmp_path, name), "Asia/Tokyo") == datetime.fromisoformat(moment)


def test_a_date_in_a_name_is_a_day_of_the_company(tmp_path: Path) -> None:
    path = touch(tmp_path, "20250311.csv")
    assert date_file(path, "America/New_York") == datetime(2025, 3, 11, 4)


@pytest.mark.parametrize(
    ("modified", "moment"),
    [
        ("2025-06-05T01:02:03Z", "2025-06-05T01:02:03"),
        ("2025-06-05T10:02:03+09:00", "2025-06-05T01:02:03"),
        ("2026-06-05T01:02:03Z", "2025-07-01T12:00"),
        ("yesterday", "2025-07-01T12:00"),
        ("<!DOCTYPE x>", "2025-07-01T12:00"),
    ],
)
def test_a_workbook_says_itself_when_it_was_saved(tmp_path: Path, modified: str, moment: str) -> None:
    path = tmp_path / "costs.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("docProps/core.xml", CORE.format(modified))
    set_day(path, "2025-07-01")
    assert date_file(path, "Asia/Tokyo") == datetime.fromisoformat(moment)
    path.rename(tmp_path / "costs_20250310.xlsx")
    assert date_file(tmp_path / "costs_20250310.xlsx", "Asia/Tokyo") == datetime(2025, 3, 9, 15)


@pytest.mark.parametrize("text", ["", "no zip", "PK\x03\x04 broken"])
def test_a_broken_workbook_is_of_the_time_of_its_file(tmp_path: Path, text: str) -> None:
    assert date_file(touch(tmp_path, "costs.xlsx", text=text), "Asia/Tokyo") == datetime(2025, 7, 1, 12)


def test_a_content_is_the_same_under_any_name_and_another_when_read_otherwise(tmp_path: Path) -> None:
    touch(tmp_path, "inbox/a.json", text='{"a": 1}')
    touch(tmp_path, "inbox/b.json", "2025-07-02", text='{"a": 1}')
    touch(tmp_path, "inbox/c.json", "2025-07-03", text='{"a": 2}')
    a, b, c = listing(tmp_path).files
    connector = scripted()

    def reading(text: str) -> str:
        return identify_reading(connector, Run("ats", Settings(reading=text), tmp_path))

    assert identify_content(a, reading("1")) == identify_content(b, reading("1"))
    assert identify_content(a, reading("1")) != identify_content(c, reading("1"))
    assert identify_content(a, reading("1")) != identify_content(a, reading("2"))
