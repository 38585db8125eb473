"""Points in time as APIs tell them, and as bookmarks keep them: text in UTC that sorts by time."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any


def tell_moment(value: Any) -> str | None:
    """ISO 8601 with an offset, or epoch milliseconds → ISO 8601 in UTC to the millisecond, which sorts as text."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000, UTC)
        else:
            moment = datetime.fromisoformat(str(value))
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def to_milliseconds(moment: str) -> int:
    """UTC text → epoch milliseconds."""
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def shift(moment: str, by: timedelta) -> str:
    """A bookmark moved, to the second, for a parameter."""
    return (datetime.fromisoformat(moment) + by).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def earlier_of(mine: datetime, theirs: str | None) -> str:
    """When the extraction began, by whichever clock is behind: ours or the server's (its header Date)."""
    told = mine.replace(tzinfo=UTC)
    if theirs is not None:
        with contextlib.suppress(TypeError, ValueError):
            told = min(told, parsedate_to_datetime(theirs))
    return tell_moment(told.isoformat()) or ""
