"""One written date or time, in any form that Japanese files use, to ISO 8601 text.

Eras and their first days: the era law (元号法, 1979) and the cabinet orders of 1989-01-07 and 2019-04-01; Meiji, Taishō
and Shōwa by the notices of their accession. A date outside its era (令和元年4月) is no date: either part may be the
wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Literal

DateSystem = Literal["1900", "1904"]

# First and last day. Before 1873 (Meiji 6) Japan's calendar was another.
ERAS = {
    "明治": (1868, date(1873, 1, 1), date(1912, 7, 29)),
    "大正": (1912, date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (1926, date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (1989, date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (2019, date(2019, 5, 1), date(2100, 12, 31)),
}
LETTERS = {
    "M": "明治",
    "T": "大正",
    "S": "昭和",
    "H": "平成",
    "R": "令和",
    "明": "明治",
    "大": "大正",
    "昭": "昭和",
    "平": "平成",
    "令": "令和",
}
# Serial 60 is Excel's 1900-02-29, which never was; from 61 on, day 0 is 1899-12-30. Only serials between these dates
# are taken for dates: 32,874 to 73,415 in the 1900 system. Anything smaller or larger is a number in the wrong column.
SERIAL_ZERO = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
SERIAL_FIRST, SERIAL_LAST = date(1990, 1, 1), date(2100, 12, 31)
MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}

_WEEKDAY = r"(?:\s*(?:\((?:[日月火水木金土](?:曜日?)?|[A-Za-z]{3,9})(?:[・,]?祝日?)?\)|[日月火水木金土]曜日?))?"
_TIME = r"""(?:[T\s,]*
    (?P<half>午前|午後|[AaPp]\.?[Mm]\.?)?\s*
    (?P<hour>\d{1,2})(?:
        :(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?
        |時(?:\s*(?:(?P<minute2>\d{1,2})分(?:\s*(?P<second2>\d{1,2})秒)?|(?P<thirty>半)))?
    )
    \s*(?P<half2>[AaPp]\.?[Mm]\.?)?
    \s*(?P<zone>Z|z|UTC|GMT|JST|(?:UTC|GMT)?[+-]\d{2}:?\d{2})?(?:\s*\([A-Z]{3,4}\))?
)?"""
_FORMS = (
    rf"(?P<year>\d{{4}})(?P<s>[-/.])(?P<month>\d{{1,2}})(?P=s)(?P<day>\d{{1,2}}){_WEEKDAY}{_TIME}",
    rf"(?P<year>\d{{4}})\s*年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*日{_WEEKDAY}{_TIME}",
    rf"(?P<era>明治|大正|昭和|平成|令和|[MTSHRmtshr明大昭平令])\.?\s*(?P<nth>元|\d{{1,2}})\s*(?:年|[-/.])\s*"
    rf"(?P<month>\d{{1,2}})\s*(?:月|[-/.])\s*(?P<day>\d{{1,2}})\s*日?{_WEEKDAY}{_TIME}",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T\s_]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
    rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})\s{_TIME}",
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[-\s](?P<name>[A-Za-z]{{3,9}})\.?[-\s,]\s*(?P<year>\d{{4}}){_TIME}",
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<name>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_TIME}",
)
FORMS = tuple(re.compile(form, re.ASCII | re.VERBOSE) for form in _FORMS)
SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)


def read_moment(text: str, date_system: DateSystem = "1900") -> str | None:
    """`YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SS[.ffffff][Z|±HH:MM]` where a time is given; None where it is no date.

    None too for what could be two dates: years of two digits without an era, day and month both in digits before the
    year, a month without a day, a weekday that is not that day's… is not checked, since files get it wrong.
    """
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    if SERIAL.fullmatch(text):
        return _read_serial(float(text), date_system)
    for form in FORMS:
        if found := form.fullmatch(text):
            return _build(found.groupdict())
    return None


def _build(parts: dict[str, str | None]) -> str | None:
    try:
        day = _read_day(parts)
        if day is None:
            return None
        hour = parts.get("hour")
        if hour is None:
            return day.isoformat()
        minute = parts.get("minute") or parts.get("minute2") or ("30" if parts.get("thirty") else "0")
        second = parts.get("second") or parts.get("second2") or "0"
        hours = _read_hour(int(hour), parts.get("half") or parts.get("half2"))
        if hours is None:
            return None
        if hours == 24 and int(minute) == int(second) == 0:
            day, hours = day + timedelta(days=1), 0  # the end of a day, as ISO 8601 and Japanese timetables write it
        micro = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
        clock = time(hours, int(minute), int(second), micro)
        moment = datetime.combine(day, clock)  # without a zone where none is given: the company's, which staging knows
        return moment.isoformat() + _read_zone(parts.get("zone"))
    except (ValueError, OverflowError):
        return None


def _read_day(parts: dict[str, str | None]) -> date | None:
    month = MONTHS.get((parts.get("name") or "")[:3].lower()) or int(parts.get("month") or 0)
    number = int(parts["day"] or 0)
    if parts.get("era") is None:
        return date(int(parts["year"] or 0), month, number)
    era = parts["era"] or ""
    first_year, first, last = ERAS[LETTERS.get(era.upper(), era)]
    nth = 1 if parts["nth"] == "元" else int(parts["nth"] or 0)
    day = date(first_year + nth - 1, month, number)
    return day if nth >= 1 and first <= day <= last else None


def _read_hour(hour: int, half: str | None) -> int | None:
    if half is None:
        return hour
    if hour > 12:
        # 午後14時 is a slip that leaves no doubt, 午前14時 leaves all.
        return hour if half[0] in "午" and half == "午後" and hour < 24 else None
    afternoon = half == "午後" or half[0] in "Pp"
    return hour % 12 + (12 if afternoon else 0)


def _read_zone(zone: str | None) -> str:
    if not zone:
        return ""
    if zone == "JST":
        return "+09:00"
    zone = zone.removeprefix("UTC").removeprefix("GMT")
    if zone in ("", "Z", "z"):
        return "Z"
    digits = zone[1:].replace(":", "")
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        raise ValueError(f"no offset from UTC is {zone}")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


def _read_serial(serial: float, date_system: DateSystem) -> str | None:
    zero = SERIAL_ZERO[date_system]
    # A serial holds a time to about a tenth of a millisecond; what is below a millisecond is the float's noise.
    moment = datetime.combine(zero, time.min) + timedelta(milliseconds=round(serial * 86_400_000))
    if not SERIAL_FIRST <= moment.date() <= SERIAL_LAST:
        return None
    if moment.time() == time.min:
        return moment.date().isoformat()
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
