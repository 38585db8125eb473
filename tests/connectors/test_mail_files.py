from __future__ import annotations

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors.core import REFUSED_SCHEMA, FileNotes
from connectors.errors import FileRefused
from connectors.load import load_source, prepare
from connectors.mailing import sharing
from connectors.sources import mail as mail_source
from connectors.sources.mail import connector
from tests.connectors.formats.raw_mail import FIXTURES, write_mail, write_mbox
from tests.connectors.reading_mail import OWN, REFUSAL, make_run, read_parts, read_rows


def test_what_cannot_be_read_is_refused_with_its_line_and_without_its_body(tmp_path: Path) -> None:
    secret = "本文は保存しない"
    path = tmp_path / "box"
    path.write_bytes(
        write_mbox([write_mail(secret)])
        + b"From x Tue Mar 11 09:00:00 2025\nno header\n\n"
        + secret.encode()
        + b"\n\n"
        + b"From someone\n"
        + write_mail(secret, without=["Date"])
        + b"\n"
        + write_mbox([write_mail(bytes(range(256)) * 9, Message_ID="<9@x>"), write_mail("ok", Message_ID="<2@x>")])
    )
    parts = read_parts(path)
    rows = pl.concat([part.rows for part in parts])
    refused = pl.concat([part.refused for part in parts if part.refused is not None])
    assert rows["message_id"].to_list() == ["1@example.co.jp", "2@x"]
    assert refused.schema == pl.Schema(REFUSED_SCHEMA)
    assert sum(part.refused_rows for part in parts) == refused.height == 3
    assert refused["column"].to_list() == ["message", "sent_at", "message"]
    lines = path.read_bytes().split(b"\n")
    assert [lines[number - 1][:5] for number in refused["row_number"]] == [b"From "] * 3
    assert json.loads(refused["record"][1])["message-id"] == "<1@example.co.jp>"
    assert secret not in str(rows.to_dicts()) + str(refused.to_dicts())


def test_an_eml_without_any_date_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(write_mail("x", without=["Date"]))
    (part,) = read_parts(path)
    assert part.rows.height == 0
    assert part.refused_rows == 1
    assert part.refused is not None
    assert "no readable date" in part.refused["reason"][0]


def test_a_file_that_is_no_mail_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FileRefused, match="not a mail"):
        read_parts(path)


def test_drafts_are_left_out_and_counted(tmp_path: Path) -> None:
    notes = FileNotes()
    mails = [write_mail(REFUSAL, X_Unsent="1"), write_mail(REFUSAL, X_Gmail_Labels="Drafts"), write_mail(REFUSAL)]
    assert len(read_rows(tmp_path, mails, notes)) == 1
    assert notes.facts["drafts_left_out"] == "2"
    assert notes.facts["messages"] == "3"


def test_a_file_comes_in_batches_and_every_message_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "box"
    path.write_bytes(write_mbox([write_mail("x", Message_ID=f"<{n}@x>") for n in range(25)]))
    whole = pl.concat([part.rows for part in read_parts(path)])
    monkeypatch.setattr(mail_source, "BATCH", 10)
    parts = read_parts(path)
    assert [part.rows.height for part in parts] == [10, 10, 5]
    assert pl.concat([part.rows for part in parts]).equals(whole)


def test_an_empty_mailbox_gives_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "Sent"
    path.write_bytes(b"")
    notes = FileNotes()
    assert read_parts(path, notes) == []
    assert notes.facts["messages"] == "0"


def test_every_file_of_the_mail_fixtures_loads_or_is_refused_and_counts_add_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted = dict.fromkeys(("files", "refused files", "logs", "messages", "rows", "refused", "drafts"), 0)
    for path in sorted(FIXTURES.rglob("*")):
        if not path.is_file():
            continue
        counted["files"] += 1
        notes = FileNotes()
        try:
            parts = read_parts(path, notes)
        except FileRefused as refusal:
            assert refusal.where == path.name
            assert refusal.mend
            assert path.suffix != ".eml", path
            counted["refused files"] += 1
            continue
        rows, refused = sum(part.rows.height for part in parts), sum(part.refused_rows for part in parts)
        if notes.facts["format"] in ("events", "postfix"):
            counted["logs"] += 1
            continue
        drafts = int(notes.facts.get("drafts_left_out", 0))
        assert int(notes.facts["messages"]) == rows + refused + drafts, path
        for part in parts:
            assert part.rows["message_id"].null_count() == 0
            assert part.rows["sent_at"].null_count() == 0
        for name, count in (
            ("messages", rows + refused + drafts),
            ("rows", rows),
            ("refused", refused),
            ("drafts", drafts),
        ):
            counted[name] += count
    with capsys.disabled():
        print(f"\nmail fixtures: {counted}")
    assert counted["rows"] >= 290
    assert counted["refused"] <= 3


def test_a_mailbox_loads_once_and_its_bodies_are_nowhere_in_the_warehouse(tmp_path: Path) -> None:
    secret = "この一文は倉庫に残らない"
    (tmp_path / "inbox").mkdir()
    mails = [write_mail(REFUSAL + secret, Message_ID=f"<{number}@x>") for number in range(3)]
    (tmp_path / "inbox" / "Sent").write_bytes(write_mbox([*mails, mails[0]]))
    (tmp_path / "inbox" / "copy.eml").write_bytes(mails[1])
    (tmp_path / "inbox" / "dateless.eml").write_bytes(write_mail(secret, without=["Date"]))
    (tmp_path / "inbox" / "notes.txt").write_text(secret, encoding="utf-8")
    run = make_run(tmp_path, **OWN)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        prepare(connection)
        for _ in range(2):
            load_source(connection, connector, run)
            counted = connection.sql(
                "select sum(rows_in), sum(rows_loaded), sum(rows_unchanged), sum(rows_quarantined) from ops.loads"
            ).fetchall()
            assert counted == [(6, 3, 2, 1)]
        messages = connection.sql("select * from raw_mail.messages").fetchall()
        refused = connection.sql("select * from ops.quarantine").fetchall()
    assert len(messages) == 3
    assert len(refused) == 2
    assert secret not in str(messages) + str(refused)


def test_several_processes_read_a_file_as_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "box"
    ids = [f"<{n % 120}@x>" for n in range(130)]
    path.write_bytes(
        write_mbox([write_mail(REFUSAL, Message_ID=name, To=f"c{n}@x.example") for n, name in enumerate(ids)])
    )
    alone = pl.concat([part.rows for part in read_parts(path)])
    monkeypatch.setattr(sharing, "LARGE_BYTES", 0)
    monkeypatch.setattr(sharing, "CHUNK_MAILS", 7)
    monkeypatch.setattr(sharing, "count_cores", lambda: 2)
    assert pl.concat([part.rows for part in read_parts(path)]).equals(alone)
    assert alone["message_id"].n_unique() == 130
