"""Outlook items (.msg): a container with properties, written here as Outlook lays it out (MS-CFB, MS-OXMSG)."""

from __future__ import annotations

import struct
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.core import FileNotes
from connectors.errors import FileRefused
from tests.connectors.reading_mail import OWN, REFUSAL, URL, read_parts

SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = dict[str, Any]  # name → bytes of a stream, or the tree of a storage


def write_container(path: Path, tree: Tree) -> Path:
    """A compound file. Streams are filled up to 4,096 bytes, so that none goes into the mini stream."""
    entries: list[tuple[str, int, bytes, int, int]] = [
        ("Root Entry", 5, b"", FREE, FREE)
    ]  # name, kind, data, child, right

    def add(branch: Tree) -> int:
        places = []
        for name, content in branch.items():
            places.append(len(entries))
            is_stream = isinstance(content, bytes)
            entries.append((name, 2 if is_stream else 1, content.ljust(4096, b"\0") if is_stream else b"", FREE, FREE))
            if not is_stream:
                entries[places[-1]] = (name, 1, b"", add(content), FREE)
        for left, right in pairwise(places):
            entries[left] = (*entries[left][:4], right)
        return places[0] if places else FREE

    entries[0] = ("Root Entry", 5, b"", add(tree), FREE)
    table: list[int] = []
    sectors, directory = b"", b""

    def store(data: bytes) -> int:
        nonlocal sectors
        first = len(table)
        count = -(-len(data) // SECTOR)
        table.extend([*range(first + 1, first + count), END])
        sectors += data.ljust(count * SECTOR, b"\0")
        return first

    for name, kind, data, child, right in entries:
        start = store(data) if data else END
        text = (name + "\0").encode("utf-16-le")
        directory += text.ljust(64, b"\0") + struct.pack(
            "<HBBIII16xI16xIQ", len(text), kind, 1, FREE, right, child, 0, start, len(data)
        )
    directory_start = store(directory)
    fat_count = -(-(len(table) + 2) // 128)
    fat_start = len(table)
    table.extend([FAT] * fat_count)
    fat = struct.pack(f"<{len(table)}I", *table).ljust(fat_count * SECTOR, b"\xff")
    places = [fat_start + number for number in range(fat_count)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16xHHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_count, directory_start, 0, 4096, END, 0, END, 0
    )
    header += struct.pack(f"<{len(places)}I", *places)
    path.write_bytes(header.ljust(SECTOR, b"\xff") + sectors + fat)
    return path


def write_properties(texts: dict[int, str], header: bytes, sent_at: datetime | None = None) -> Tree:
    tree: Tree = {f"__substg1.0_{number:04X}001F": text.encode("utf-16-le") for number, text in texts.items()}
    listed = b"".join(
        struct.pack("<HHIII", 0x001F, number, 6, len(text.encode("utf-16-le")) + 2, 0) for number, text in texts.items()
    )
    if sent_at is not None:
        ticks = int((sent_at - datetime(1601, 1, 1)).total_seconds()) * 10_000_000
        listed += struct.pack("<HHIQ", 0x0040, 0x0039, 6, ticks)
    return tree | {"__properties_version1.0": header + listed}


def write_item(path: Path, texts: dict[int, str], receiver: str = "taro@example.com") -> Path:
    root = write_properties(texts, struct.pack("<8x4I8x", 1, 0, 1, 0), datetime(2025, 3, 11, 0, 0, 5))
    receivers = write_properties({0x39FE: receiver, 0x3003: receiver, 0x3001: "見本 太郎"}, b"\0" * 8)
    return write_container(path, root | {"__recip_version1.0_#00000000": receivers})


def read(path: Path, notes: FileNotes | None = None) -> dict[str, Any]:
    (row,) = [row for part in read_parts(path, notes, **OWN) for row in part.rows.to_dicts()]
    return row


SENT = {0x001A: "IPM.Note", 0x0037: "選考結果のご連絡", 0x1000: REFUSAL + URL, 0x5D01: "hr@example.co.jp"}


def test_a_sent_item_is_a_message_by_its_properties(tmp_path: Path) -> None:
    notes = FileNotes()
    row = read(write_item(tmp_path / "a.msg", SENT | {0x1035: "<7@example.co.jp>"}), notes)
    assert (row["message_id"], row["direction"], row["kind"]) == ("7@example.co.jp", "outbound", "rejection")
    assert (row["from_address"], row["to_address"]) == ("hr@example.co.jp", "taro@example.com")
    assert (row["subject"], row["relay_token"]) == ("選考結果のご連絡", "Ab12")
    assert row["sent_at"].startswith("2025-03-11T00:00:05")
    assert notes.facts["format"] == "Outlook item"


def test_a_received_item_keeps_its_header(tmp_path: Path) -> None:
    header = (
        "Received: from a by b; Tue, 11 Mar 2025 09:00:00 +0900\r\n"
        "From: Taro <taro@example.com>\r\nTo: hr@example.co.jp\r\n"
        "Date: Tue, 11 Mar 2025 09:00:00 +0900\r\nMessage-ID: <8@example.com>\r\nContent-Type: multipart/mixed\r\n"
    )
    row = read(write_item(tmp_path / "a.msg", SENT | {0x007D: header, 0x1000: "辞退いたします"}))
    assert (row["message_id"], row["direction"], row["sent_at"]) == (
        "8@example.com", "inbound", "2025-03-11T09:00:00+09:00")  # fmt: skip


def test_what_is_no_mail_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="IPM.Appointment") as refusal:
        read(write_item(tmp_path / "a.msg", SENT | {0x001A: "IPM.Appointment"}))
    assert refusal.value.where == "a.msg"
    with pytest.raises(FileRefused, match="holds no mail"):
        read(write_container(tmp_path / "b.xls", {"Workbook": b"x"}))
    damaged = tmp_path / "c.msg"
    damaged.write_bytes((tmp_path / "a.msg").read_bytes()[:700])
    with pytest.raises(FileRefused, match="holds no mail"):
        read(damaged)
