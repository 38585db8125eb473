"""The files of a connection: which they are, when their source said so, and which content they hold."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from defusedxml import ElementTree

from connectors.core import Connector, Run, SourceFile
from connectors.formats.damage import DAMAGED
from connectors.settings import Source

# What an editor or a copy leaves beside a file while it is being written.
UNFINISHED = (".tmp", ".part", ".crdownload", ".partial")
# 20250311, 2025-03-11, and a time after it: 20250311_0905, 2025-03-11T09:05:12. Never inside a longer number.
DATE_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(-?)(\d\d)\2(\d\d)(?:[T_ -]?(\d\d)[:.-]?(\d\d)(?:[:.-]?(\d\d))?)?(?!\d)"
)
WORKBOOKS = {".xlsx", ".xlsm", ".xltx", ".xlsb"}
CORE_PROPERTIES = "docProps/core.xml"
MODIFIED = "{http://purl.org/dc/terms/}modified"
WILDCARDS = "*?["
# Excel writes about 600 bytes; far more is no property sheet, and is not worth unpacking.
CORE_BYTES = 65_536
SHOWN_NAMES = 5


@dataclass
class Listing:
    """Files in the order in which they load: (extracted_at, name). `unread`: the connector takes no such ending."""

    files: list[SourceFile] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def list_files(home: Path, source: Source, timezone: str = "Asia/Tokyo") -> Listing:
    """The files of `source`'s `path`: a file, a folder (all below it), or a pattern, relative to the home.

    Left out without a word: hidden files, what Office and downloads leave while at work. Left out with a warning:
    symbolic links (they could lead out of the inbox), endings the connector does not take. Nothing found is a warning.
    """
    listing = Listing()
    path = getattr(source.settings, "path", None)
    if path is None:  # a source that is no folder
        return listing
    for found in sorted(_find(home, path, listing)):
        name = _name_under(home, found)
        if not _is_taken(found, source.connector):
            listing.unread.append(name)
            continue
        listing.files.append(SourceFile(found, name, date_file(found, timezone)))
    if listing.unread:
        listing.warnings.append(_tell_unread(listing.unread, source.connector))
    if not listing.files:
        listing.warnings.append(f"no file to read in {path}")
    listing.files.sort(key=lambda file: (file.extracted_at, file.name))
    return listing


def _tell_unread(names: list[str], connector: Connector) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more (status unread in ops.files)" if len(names) > SHOWN_NAMES else ""
    return f"not read: {', '.join(names[:SHOWN_NAMES])}{more}; {connector.name} takes {taken_endings(connector)}"


def taken_endings(connector: Connector) -> str:
    return ", ".join(sorted(connector.file_suffixes or ()))


def identify_content(file: SourceFile, reading: str) -> str:
    """The same bytes read the same way have the same id, wherever they lie. `reading`: see `identify_reading`."""
    with file.path.open("rb") as handle:
        digest = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16))
    digest.update(f"\0{reading}".encode())
    return digest.hexdigest()


def identify_reading(connector: Connector, run: Run) -> str:
    """The way in which a source's files are read now: the connector, its settings and rules."""
    return f"{connector.name}\0{connector.file_fingerprint(run)}"


def date_file(path: Path, timezone: str) -> datetime:
    """When the source said what the file says, UTC without zone: the date in its name, read in `timezone`, unless it is
    later than the file's own time; else the workbook's property `modified`; else the file's time."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    named = max(_dates_in(path.name, ZoneInfo(timezone)), default=None)
    if named is not None and named <= written:
        return named.replace(tzinfo=None)
    saved = _read_modified(path) if path.suffix.lower() in WORKBOOKS else None
    return (saved if saved is not None and saved <= written else written).replace(tzinfo=None)


def _dates_in(name: str, zone: ZoneInfo) -> Iterator[datetime]:
    # Of several dates (a period's two ends) the latest counts: no export is older than the end of what it covers.
    for match in DATE_IN_NAME.finditer(name):
        year, _, month, day, *clock = match.groups()
        try:
            moment = datetime(int(year), int(month), int(day), tzinfo=zone)
        except ValueError:
            continue
        hour, minute, second = (int(part or 0) for part in clock)
        if hour < 24 and minute < 60 and second < 60:
            moment = moment.replace(hour=hour, minute=minute, second=second)
        yield moment.astimezone(UTC)


def _read_modified(path: Path) -> datetime | None:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(CORE_PROPERTIES) as part:
            text = part.read(CORE_BYTES)
        saved = ElementTree.fromstring(text).findtext(MODIFIED)
        moment = datetime.fromisoformat((saved or "").strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (*DAMAGED, ElementTree.ParseError):
        return None


def _find(home: Path, path: str, listing: Listing) -> Iterator[Path]:
    target = home / path
    if any(sign in path for sign in WILDCARDS):
        yield from _match(target, home, listing)
    elif target.is_dir():
        yield from _walk(target, home, listing)
    elif target.exists():
        yield target


def _match(pattern: Path, home: Path, listing: Listing) -> Iterator[Path]:
    wild = next(place for place, part in enumerate(pattern.parts) if any(sign in part for sign in WILDCARDS))
    base = Path(*pattern.parts[:wild])
    for found in base.glob(str(PurePath(*pattern.parts[wild:]))):
        # What the user spelled is meant, links and dots too; what a wildcard happens to find is not.
        below = found.relative_to(base).parts
        folders = [base.joinpath(*below[: depth + 1]) for depth in range(len(below) - 1)]
        if any(map(_is_hidden, below)) or found.is_dir() or any(folder.is_symlink() for folder in folders):
            continue
        if _is_regular(found, home, listing):
            yield found


def _walk(folder: Path, home: Path, listing: Listing) -> Iterator[Path]:
    def tell(error: OSError) -> None:
        listing.warnings.append(f"{_name_under(home, Path(error.filename))}: cannot be listed: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=tell, followlinks=False):
        for name in list(folders):
            if _is_hidden(name):
                folders.remove(name)
            elif (Path(root) / name).is_symlink():
                listing.warnings.append(f"{_name_under(home, Path(root) / name)}: a symbolic link is not followed")
        for name in names:
            if not _is_hidden(name) and _is_regular(Path(root) / name, home, listing):
                yield Path(root) / name


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def _is_regular(path: Path, home: Path, listing: Listing) -> bool:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        listing.warnings.append(f"{_name_under(home, path)}: a symbolic link is not followed")
    return stat.S_ISREG(mode)


def _is_taken(path: Path, connector: Connector) -> bool:
    return connector.file_suffixes is None or path.suffix.lower() in connector.file_suffixes


def _name_under(home: Path, path: Path) -> str:
    shown = path.relative_to(home) if path.is_relative_to(home) else path
    # A name written in another encoding than UTF-8 could not be stored; it is shown as well as can be.
    return os.fsencode(shown.as_posix()).decode("utf-8", "replace")
