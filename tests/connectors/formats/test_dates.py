from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.entities import Kind
from connectors.formats.dates import EXPECTED, to_canonical
from connectors.formats.moments import ERAS, read_moment

REFUSED = object()

DATES = {
    "2025-03-11": "2025-03-11",
    "2025/3/11": "2025-03-11",
    "2025.3.1": "2025-03-01",
    "2025-3-1": "2025-03-01",
    "20250311": "2025-03-11",
    "2025年3月11日": "2025-03-11",
    "2025年 3月 1日": "2025-03-01",
    "２０２５／０３／１１": "2025-03-11",
    "2025/3/11(火)": "2025-03-11",
    "2025年3月11日（火曜日）": "2025-03-11",
    "2025年3月11日 火曜日": "2025-03-11",
    "令和7年3月11日": "2025-03-11",
    "令和元年5月1日": "2019-05-01",
    "㋿7年3月11日": "2025-03-11",
    "R7.3.11": "2025-03-11",
    "r07/03/11": "2025-03-11",
    "令7.3.11": "2025-03-11",
    "H31.4.30": "2019-04-30",
    "平成31年4月30日": "2019-04-30",
    "S64.1.7": "1989-01-07",
    "昭和50年1月1日": "1975-01-01",
    "大正15年12月24日": "1926-12-24",
    "Mar 11, 2025": "2025-03-11",
    "11 March 2025": "2025-03-11",
    "11-Mar-2025": "2025-03-11",
    " 2025-03-11 ": "2025-03-11",
    "\u30002025/3/11\u3000": "2025-03-11",
    "45000": "2023-03-15",
    "32874": "1990-01-01",
    "73415": "2100-12-31",
    "9999-12-31": "9999-12-31",
    "": None,
    " \u3000": None,
    "-": "",
    "―": "",
    "N/A": "",
    "未定": "",
    "0000-00-00": "",
    "2025-02-30": REFUSED,
    "2025-02-29": REFUSED,
    "2024-02-29": "2024-02-29",
    "2025/13/1": REFUSED,
    "2025/3": REFUSED,
    "2025年3月": REFUSED,
    "25/3/11": REFUSED,
    "3/11/2025": REFUSED,
    "11/3/2025": REFUSED,
    "令和元年4月30日": REFUSED,
    "平成31年5月1日": REFUSED,
    "昭和64年1月8日": REFUSED,
    "令和0年5月1日": REFUSED,
    "R7.2.30": REFUSED,
    "明治3年1月1日": REFUSED,
    "32873": REFUSED,
    "73416": REFUSED,
    "2025": REFUSED,
    "応募": REFUSED,
    "2025-03-11頃": REFUSED,
    "２０２５-０２-３０": REFUSED,
    "2025/3-11": REFUSED,
}
MOMENTS = {
    "2025-03-11 14:05": "2025-03-11 14:05",
    "2025-03-11T14:05:06.123456+0900": "2025-03-11T14:05:06.123456+0900",
    "2025-03-11T05:05:00Z": "2025-03-11T05:05:00Z",
    "2025/3/1 9:05": "2025-03-01T09:05:00",
    "2025/03/01 09:05:07": "2025-03-01T09:05:07",
    "2025/3/1　9：05": "2025-03-01T09:05:00",
    "2025年3月1日 午後2時5分": "2025-03-01T14:05:00",
    "2025年3月1日 午前0時30分": "2025-03-01T00:30:00",
    "2025年3月1日14時": "2025-03-01T14:00:00",
    "2025年3月1日14時半": "2025-03-01T14:30:00",
    "2025年3月1日（土）14:00": "2025-03-01T14:00:00",
    "令和7年3月1日 14時5分6秒": "2025-03-01T14:05:06",
    "2025/3/1 2:05 PM": "2025-03-01T14:05:00",
    "2025/3/1 12:05 AM": "2025-03-01T00:05:00",
    "2025-03-01 14:05 JST": "2025-03-01T14:05:00+09:00",
    "2025-03-01T14:05:00.1234567Z": "2025-03-01T14:05:00.123456Z",
    "Sat, 01 Mar 2025 14:05:00 +0900": "2025-03-01T14:05:00+09:00",
    "20250301140506": "2025-03-01T14:05:06",
    "20250301T050500Z": "2025-03-01T05:05:00Z",
    "45000.5": "2023-03-15T12:00:00",
    "45000.999988425926": "2023-03-15T23:59:59",
    "2025/12/31 24:00": "2026-01-01T00:00:00",
    "2025/3/1 24:01": REFUSED,
    "2025/3/1 25:00": REFUSED,
    "2025-03-01 23:60": REFUSED,
    "2025-03-01T10:00:00+99:00": REFUSED,
    "2025年3月1日 午前14時": REFUSED,
    "2025/3/1 10:00〜11:00": REFUSED,
    "10:00": REFUSED,
}
YEN = {
    "1234": "1234",
    "1,234": "1234",
    "¥1,234": "1234",
    "￥１，２３４円": "1234",
    "1,234,567円": "1234567",
    "3.5万円": "35000",
    "350万": "3500000",
    "1億2,000万円": "120000000",
    "5,000千円": "5000000",
    "△1,234": "-1234",
    "▲5": "-5",
    "(1,234)": "-1234",
    "-1,234": "-1234",
    "−3": "-3",
    "1.5E+07": "15000000",
    "1234.50": "1234.50",
    "+5": "5",
    "ー": "",
    "1,5": REFUSED,
    "12,34,567": REFUSED,
    "400-500万": REFUSED,
    "約350万": REFUSED,
    "$100": REFUSED,
    "85%": REFUSED,
    "(5": REFUSED,
    "万円": REFUSED,
    "2025/3/1": REFUSED,
    "12345678901234567": REFUSED,
}
NUMBERS = {"85％": "85", ".5": "0.5", "５．５": "5.5", "4.0点": "4", "-0.25": "-0.25", "abc": REFUSED, "1 2": REFUSED}
COUNTS = {"12": "12", "12.0": "12", "12名": "12", "1,000件": "1000", "007": "007", "3.5": REFUSED, "9" * 19: REFUSED}
FLAGS = {
    "TRUE": "TRUE",
    "0": "0",
    "○": "true",
    "◯": "true",
    "有": "true",
    "はい": "true",
    "Ｙ": "true",
    "×": "false",
    "無": "false",
    "No": "false",
    "-": "",
    "?": REFUSED,
    "2": REFUSED,
}
LISTS = {
    "a@example.com": "a@example.com",
    "a@example.com;b@example.com": "a@example.com;b@example.com",
    "a@example.com, b@example.com": "a@example.com;b@example.com",
    "090-1111-2222、03-1111-2222\n": "090-1111-2222;03-1111-2222",
}


@pytest.mark.parametrize(
    ("kind", "cases"),
    [
        *(("date", DATES), ("at", DATES), ("at", MOMENTS), ("date", MOMENTS)),
        *(("yen", YEN), ("num", YEN | NUMBERS), ("n", COUNTS), ("flag", FLAGS), ("list", LISTS)),
    ],
)
def test_text_becomes_canonical_or_is_refused(kind: Kind, cases: dict[str, object]) -> None:
    if kind == "num":
        cases = {text: value for text, value in cases.items() if text not in ("85%", "12345678901234567")}
    canonical, ok = to_canonical(pl.Series("x", list(cases), dtype=pl.String), kind)
    read = {text: value if fine else REFUSED for text, value, fine in zip(cases, canonical, ok, strict=True)}
    assert read == cases
    assert canonical.name == "x"
    assert canonical.filter(~ok).null_count() == (~ok).sum()
    assert kind in EXPECTED or kind == "list"


def test_text_and_ids_pass_as_they_are() -> None:
    values = pl.Series(["00123", "", None, " x "])
    for kind in ("id", "text"):
        canonical, ok = to_canonical(values, kind)
        assert canonical.to_list() == values.to_list()
        assert ok.all()


def test_serials_of_a_1904_workbook_are_four_years_and_a_day_later() -> None:
    values = pl.Series(["43538", "43538.25"])
    assert to_canonical(values, "at", date_system="1904")[0].to_list() == ["2023-03-15", "2023-03-15T06:00:00"]
    assert to_canonical(values, "at")[0].to_list() == ["2019-03-14", "2019-03-14T06:00:00"]


def test_nulls_and_empty_columns_are_fine() -> None:
    for kind in ("at", "date", "n", "num", "yen", "flag", "list"):
        canonical, ok = to_canonical(pl.Series([None, None], dtype=pl.String), kind)
        assert canonical.to_list() == [None, None] and ok.all()
        assert len(to_canonical(pl.Series([], dtype=pl.String), kind)[0]) == 0


@given(st.dates(date(1873, 1, 1), date(2100, 12, 31)))
@settings(max_examples=100, deadline=None)
def test_every_day_comes_back_from_each_way_to_write_it(day: date) -> None:
    era, (first_year, _, _) = next((n, e) for n, e in ERAS.items() if e[1] <= day <= e[2])
    year = day.year - first_year + 1
    letter = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}[era]
    written = [
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day:%d %b %Y}",
    ]
    if year < 100:
        written += [
            f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日",
            f"{letter}{year}.{day.month}.{day.day}",
        ]
    if day >= date(1990, 1, 1):
        written.append(str((day - date(1899, 12, 30)).days))
    canonical, ok = to_canonical(pl.Series(written), "date")
    assert set(canonical) == {day.isoformat()}
    assert ok.all()


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_refused_or_nothing_but_never_an_error(text: str) -> None:
    for kind in ("at", "date", "n", "num", "yen", "flag", "list"):
        canonical, ok = to_canonical(pl.Series([text], dtype=pl.String), kind)
        if ok[0] and canonical[0] and kind in ("n", "num", "yen"):
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", canonical[0])
        assert canonical[0] is None or ok[0]


def test_the_day_after_an_era_belongs_to_the_next() -> None:
    eras = list(ERAS.items())
    for (name, (year, _, last)), (_, (_, first, _)) in pairwise(eras):
        assert last + timedelta(days=1) == first
        assert read_moment(f"{name}{first.year - year + 1}年{first.month}月{first.day}日") is None
