"""Mails through the connector, as the loader would ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.core import FileNotes, Part, Run, SourceFile
from connectors.sources.mail import MailSettings, read_mail
from tests.connectors.formats.raw_mail import write_mbox

REFUSAL = "慎重に選考いたしました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。\n"
URL = "https://careerrelay.jp/?c=Ab12"
OWN = {"own_domains": ["example.co.jp"]}


def make_run(home: Path, patterns: tuple[str, ...] = ("https://careerrelay.jp/?c=*",), **settings: Any) -> Run:
    return Run("mail", MailSettings(path="inbox", **settings), home, relay_url_patterns=patterns)


def read_parts(path: Path, notes: FileNotes | None = None, **settings: Any) -> list[Part]:
    file = SourceFile(path, path.name, datetime(2025, 4, 1))
    return list(read_mail(make_run(path.parent, **settings), file, notes or FileNotes()))


def read_rows(
    folder: Path, mails: Iterable[bytes], notes: FileNotes | None = None, **settings: Any
) -> list[dict[str, Any]]:
    path = folder / "box.mbox"
    path.write_bytes(write_mbox(mails))
    parts = read_parts(path, notes, **settings)
    return [row for part in parts for row in part.rows.iter_rows(named=True)]
