"""Values to cells to files: every moment, day, flag and number in one of the many forms people write them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

FULL_WIDTH = str.maketrans("0123456789/-:", "０１２３４５６７８９／－：")
# Whole hours and half hours, east and west: a file from anywhere.
OFFSETS = (0, 540, -300, 330, -210)
FLAGS = {True: ("○", "1", "true", "TRUE", "有", "True", "１"), False: ("×", "0", "false", "無", "False", "", "")}
REIWA = date(2019, 5, 1)


class DayOnly(datetime):
    """A moment of which only the local day was written down."""


class Writer:
    """Renders the cells of one company. Forms are drawn from the company's own random numbers."""

    def __init__(self, random: Random, zone: ZoneInfo) -> None:
        self.random, self.zone = random, zone

    def render(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.random.choice(FLAGS[value])
        if isinstance(value, datetime):
            return self._day(self._local(value).date()) if isinstance(value, DayOnly) else self._moment(value)
        if isinstance(value, date):
            return self._day(value)
        if isinstance(value, int | float):
            return self._number(value)
        return ";".join(value) if isinstance(value, list) else str(value)

    def _local(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC).astimezone(self.zone)

    def _number(self, value: float) -> str:
        text = f"{value:.2f}" if value != int(value) else str(int(value))
        pick = self.random.random()
        if pick < 0.04:
            return text.translate(FULL_WIDTH) if "." not in text else text
        return f"{int(value):,}" if pick < 0.08 and value == int(value) else text

    def _day(self, day: date) -> str:
        forms = [day.isoformat()] * 6 + [
            f"{day.year}/{day.month}/{day.day}",
            f"{day:%Y/%m/%d}",
            f"{day.year}年{day.month}月{day.day}日",
            day.isoformat().translate(FULL_WIDTH),
        ]
        if day >= REIWA:
            forms += [f"令和{day.year - 2018}年{day.month}月{day.day}日", f"R{day.year - 2018}.{day.month}.{day.day}"]
        return self.random.choice(forms)

    def _moment(self, value: datetime) -> str:
        local = self._local(value)
        naive = local.replace(tzinfo=None)
        if self._is_doubtful(naive) or self.random.random() < 0.45:
            return self._with_offset(value)
        forms = [naive.isoformat(), naive.isoformat(), naive.isoformat(sep=" ")]
        if not naive.microsecond:
            forms += self._japanese_forms(naive)
        return self.random.choice(forms)

    def _is_doubtful(self, naive: datetime) -> bool:
        """True where the clocks were set back or forth: without an offset that hour means two moments, or none."""
        return any(
            naive.replace(tzinfo=self.zone, fold=fold).utcoffset() != shifted.replace(tzinfo=self.zone).utcoffset()
            for fold in (0, 1)
            for shifted in (naive - timedelta(hours=3), naive + timedelta(hours=3))
        )

    def _with_offset(self, value: datetime) -> str:
        aware = value.replace(tzinfo=UTC)
        if self.random.random() < 0.35:
            return aware.replace(tzinfo=None).isoformat() + "Z"
        text = aware.astimezone(timezone(timedelta(minutes=self.random.choice(OFFSETS)))).isoformat()
        compact = text[:-3] + text[-2:]
        return self.random.choice((text, text, text.replace("T", " "), compact))

    def _japanese_forms(self, naive: datetime) -> list[str]:
        slashes = f"{naive.year}/{naive.month}/{naive.day} {naive.hour}:{naive:%M}"
        kanji = f"{naive.year}年{naive.month}月{naive.day}日 {naive.hour}時{naive.minute}分"
        if naive.second:
            slashes, kanji = f"{slashes}:{naive:%S}", f"{kanji}{naive.second}秒"
        era = f"令和{naive.year - 2018}年{naive.month}月{naive.day}日 {naive.hour}:{naive:%M:%S}"
        return [slashes, kanji, naive.isoformat(sep=" ").translate(FULL_WIDTH), era]


def repeat_rows(entity: str, rows: list[Row], random: Random) -> list[Row]:
    """Some rows twice, some with an older version above: the later row of a key stands."""
    if entity not in ("applications", "candidates", "stage_events", "messages"):
        return rows
    written = []
    for row in rows:
        pick = random.random()
        if pick < 0.01:
            written.append(row)
        elif pick < 0.02 and entity == "applications":
            written.append(row | {"outcome": "open", "closed_at": None, "channel_label": "Zq前の媒体"})
        written.append(row)
    return written


def write_table(path: Path, rows: list[Row], fields: list[str], writer: Writer) -> None:
    """One entity's file: random column order, encoding, delimiter and line ends; unused columns may be left out."""
    random = writer.random
    used = [name for name in fields if any(row.get(name) is not None for row in rows)]
    columns = used if used and random.random() < 0.3 else list(fields)
    if random.random() < 0.3:
        random.shuffle(columns)
    cells = [{name: writer.render(row.get(name)) for name in columns} for row in rows]
    if random.random() < 0.2:
        columns = [*columns, "備考メモ"]
        cells = [row | {"備考メモ": random.choice(("", "確認済み", 'いわゆる"別枠"、要相談'))} for row in cells]
    is_tabbed = random.random() < 0.2
    text = io.StringIO(newline="")
    table = csv.DictWriter(
        text,
        columns,
        delimiter="\t" if is_tabbed else ",",
        lineterminator=random.choice(("\n", "\r\n")),
        quoting=csv.QUOTE_ALL if random.random() < 0.2 else csv.QUOTE_MINIMAL,
    )
    table.writeheader()
    table.writerows(cells)
    encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "cp932"))
    path.with_suffix(".tsv" if is_tabbed else ".csv").write_bytes(_encode(text.getvalue(), encoding))


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")
