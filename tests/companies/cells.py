"""One cell of a template file read by hand: times, dates, numbers and flags in the forms people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# First year of an era is year 1: the western year is the number plus this.
ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
YES = {"true", "1", "○", "◯", "有", "yes", "y"}
NO = {"false", "0", "×", "無", "no", "n"}

DAY = (
    r"(?:(?P<era>令和|平成|昭和|[RHS]))?(?P<year>\d{1,4}|元)\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*"
    r"(?P<day>\d{1,2})日?"
)
CLOCK = r"(?:[T\s]*(?P<hour>\d{1,2})[:時](?P<minute>\d{1,2})[:分]?(?:(?P<second>\d{1,2})(?P<fraction>\.\d+)?秒?)?)?"
OFFSET = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
MOMENT = re.compile(DAY + CLOCK + OFFSET, re.IGNORECASE)


class UnreadableCellError(ValueError):
    """A cell that no form fits: the generator never writes one, so a file that has one is not its own."""


def fold_width(text: str | None) -> str:
    """NFKC without surrounding white space (U+3000 too); an empty string for nothing."""
    return unicodedata.normalize("NFKC", text or "").strip()


def read_text(text: str | None) -> str | None:
    """The text as it is, trimmed of white space of any kind; None where nothing is left."""
    return (text or "").strip() or None


def read_date(text: str | None) -> date | None:
    """A day, written in any of the forms of `MOMENT`."""
    parts = _split(text)
    return None if parts is None else _day(parts)


def is_day_only(text: str | None) -> bool:
    parts = _split(text)
    return parts is not None and parts["hour"] is None


def read_moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A point in time in UTC without tzinfo: no offset means the company's zone, no clock its midnight."""
    parts = _split(text)
    if parts is None:
        return None
    day = _day(parts)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    micro = round(float(parts["fraction"] or 0) * 1_000_000)
    local = datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=_zone(parts["offset"], zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def _zone(offset: str | None, zone: ZoneInfo) -> ZoneInfo | timezone:
    if not offset:
        return zone
    if offset in "Zz":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _split(text: str | None) -> dict[str, str | None] | None:
    plain = fold_width(text)
    if not plain:
        return None
    found = MOMENT.fullmatch(plain)
    if found is None:
        raise UnreadableCellError(f"{text!r} is no date or time")
    return found.groupdict()


def _day(parts: dict[str, str | None]) -> date:
    year = 1 if parts["year"] == "元" else int(parts["year"] or 0)
    era = parts["era"]
    return date(year + (ERAS[era.upper()] if era else 0), int(parts["month"] or 0), int(parts["day"] or 0))


def read_number(text: str | None) -> float | None:
    plain = fold_width(text).replace(",", "").removeprefix("¥").removesuffix("円")
    return float(plain) if plain else None


def read_whole(text: str | None) -> int | None:
    number = read_number(text)
    return None if number is None else int(number)


def read_flag(text: str | None) -> bool | None:
    plain = fold_width(text).lower()
    if plain and plain not in YES | NO:
        raise UnreadableCellError(f"{text!r} is no flag")
    return None if not plain else plain in YES


def read_word(text: str | None) -> str | None:
    """A word of a fixed vocabulary (outcome, exit_type, …): width and case do not matter."""
    return fold_width(text).lower() or None


def read_list(text: str | None) -> list[str]:
    return [part for part in ((piece.strip()) for piece in (text or "").split(";")) if part]
