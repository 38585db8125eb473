"""The union views: what the models read, whatever connections there are."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from connectors import load
from connectors.core import Run, discover, entity_stream
from connectors.settings import Source, load_home

YML = """\
company: {name: 株式会社テスト, timezone: Asia/Tokyo}
sources:
  east: {connector: table, path: inbox/east}
  west: {connector: table, path: inbox/west}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("east", "west"):
        folder = tmp_path / "inbox" / name
        folder.mkdir(parents=True)
        (folder / "jobs.csv").write_text(f"job_id,title\nJ1,{name}\n", encoding="utf-8")
    (tmp_path / "tsunagu.yml").write_text(YML, encoding="utf-8")
    return tmp_path


def open_home(home: Path) -> tuple[duckdb.DuckDBPyConnection, dict[str, Source]]:
    connection = duckdb.connect(str(home / "warehouse.duckdb"))
    load.prepare(connection)
    return connection, dict(load_home(home, {}).sources)


def load_one(connection: duckdb.DuckDBPyConnection, source: Source, home: Path) -> None:
    load.load_source(connection, source.connector, Run(source.name, source.settings, home))


def test_every_stream_of_every_connector_has_a_view_before_anything_is_loaded(home: Path) -> None:
    connection, sources = open_home(home)
    assert load.refresh_views(connection, sources.values())
    views = {f"{connector}__{stream}" for connector, stream in load.union_streams()}
    assert views == {f"{c.name}__{s}" for c in discover().values() for s in c.streams}
    found = connection.execute("select view_name from duckdb_views() where schema_name = 'raw'").fetchall()
    assert {name for (name,) in found} == views
    assert connection.execute("select count(*) from raw.table__jobs").fetchall() == [(0,)]


def test_a_view_has_the_declared_columns_then_the_log_s_with_fixed_types(home: Path) -> None:
    connection, sources = open_home(home)
    load.refresh_views(connection, sources.values())

    def columns() -> list[tuple[str, str]]:
        return connection.execute("select column_name, column_type from (describe raw.table__jobs)").fetchall()

    empty = columns()
    assert empty == [
        ("source", "VARCHAR"),
        *((name, "VARCHAR") for name in entity_stream("jobs").columns),
        ("_extra", "VARCHAR"),
        ("_parsed", "VARCHAR"),
        ("_key", "VARCHAR"),
        ("_row_hash", "BIGINT"),
        ("_deleted", "BOOLEAN"),
        ("_load_id", "BIGINT"),
        ("_loaded_at", "TIMESTAMP"),
        ("_extracted_at", "TIMESTAMP"),
        ("_file", "VARCHAR"),
        ("_row_number", "BIGINT"),
    ]
    load_one(connection, sources["east"], home)
    load.refresh_views(connection, sources.values())
    assert columns() == empty


def test_a_view_unites_the_connections_that_are_configured(home: Path) -> None:
    connection, sources = open_home(home)
    for source in sources.values():
        load_one(connection, source, home)
    query = "select source, job_id, title from raw.table__jobs order by source"
    load.refresh_views(connection, sources.values())
    assert connection.execute(query).fetchall() == [("east", "J1", "east"), ("west", "J1", "west")]
    load.refresh_views(connection, [sources["west"]])
    assert connection.execute(query).fetchall() == [("west", "J1", "west")]


def test_views_are_made_again_only_when_connections_or_columns_change(home: Path) -> None:
    connection, sources = open_home(home)
    assert load.refresh_views(connection, sources.values())
    assert not load.refresh_views(connection, sources.values())
    load_one(connection, sources["east"], home)
    assert load.refresh_views(connection, sources.values())
    (home / "inbox/east/jobs.csv").write_text("job_id,title\nJ1,new\n", encoding="utf-8")
    load_one(connection, sources["east"], home)
    assert not load.refresh_views(connection, sources.values())
    connection.execute("drop view raw.table__jobs")
    assert load.refresh_views(connection, sources.values())


def test_a_table_that_lacks_a_column_declared_since_reads_null_there(home: Path) -> None:
    connection, sources = open_home(home)
    load_one(connection, sources["east"], home)
    connection.execute("alter table raw_east.jobs drop column department")
    load.refresh_views(connection, sources.values())
    assert connection.execute("select title, department from raw.table__jobs").fetchall() == [("east", None)]
