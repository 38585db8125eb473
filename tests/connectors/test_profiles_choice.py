"""`auto` knows every export that a shipped profile is for, and no other profile fits it as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.entities import ENTITIES
from connectors.formats.tabular import open_tables
from connectors.tables.profile import read_profiles
from connectors.tables.recognise import choose_profile, rank_profiles
from tests.conftest import ROOT
from tests.connectors.reading_tables import read_text
from tests.connectors.shipped_exports import EXPORTS, Row, export_text

PROFILES = read_profiles(None)
# Which profile reads what the sample company keeps; its mail is no table, some of its lists are in the template.
SAMPLE = {
    "herp": "herp_hire",
    "hrhacker": "hrhacker",
    "costs": "media_cost",
    "evaluations": "evaluation_sheet",
    "roster": "employee_roster",
}
RELAY = {"登録者": "agency_registrations", "枠利用": "agency_slots"}


def test_every_shipped_profile_has_an_export_here() -> None:
    assert {name for name, _ in EXPORTS} == set(PROFILES)


@pytest.mark.parametrize(("name", "rows"), EXPORTS, ids=[f"{name}-{len(rows[0])}" for name, rows in EXPORTS])
def test_an_export_is_known_by_its_header_and_no_rival_comes_near(name: str, rows: list[Row]) -> None:
    ranked = rank_profiles(PROFILES.values(), list(rows[0]))
    assert choose_profile(ranked, "here").loaded.name == name
    rivals = [fit.tell() for fit in ranked[1:] if fit.fits and fit.score > ranked[0].score - 1]
    assert rivals == []


@pytest.mark.parametrize(("name", "rows"), EXPORTS[8:], ids=[f"{name}-{len(rows[0])}" for name, rows in EXPORTS[8:]])
@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_an_export_is_read_whole_in_both_encodings(tmp_path: Path, name: str, rows: list[Row], encoding: str) -> None:
    reading = read_text(tmp_path, "export_20260930.csv", export_text(rows), encoding)
    assert reading.notes.facts["profile"] == name
    assert reading.refused == []
    first, *_ = reading.rows
    assert reading.rows[first]


def test_every_file_of_the_sample_company_is_read_by_its_own_profile() -> None:
    known = frozenset().union(*(loaded.profile.known_headers() for loaded in PROFILES.values()))
    seen = {}
    for path in sorted((ROOT / "data" / "sample" / "inbox").glob("*/*.*")):
        if path.suffix not in (".csv", ".xlsx") or path.name.split("_")[0] in ENTITIES:
            continue
        fits = [rank_profiles(PROFILES.values(), t.header) for t in open_tables(path, known_headers=known)]
        seen[path] = {choose_profile(ranked, path.name).loaded.name for ranked in fits if ranked[0].fits}
    expected = {
        path: {SAMPLE.get(path.parent.name) or next(name for word, name in RELAY.items() if word in path.name)}
        for path in seen
    }
    assert seen == expected and len(seen) >= 7
