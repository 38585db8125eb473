"""What the machine itself could not do — a full disk, a limit, no right to write, no memory — told as one error.

DuckDB's and Python's own words for these name a file and a number, never a row.
"""

from __future__ import annotations

import errno
import re

import duckdb

from connectors.errors import ResourceError

AGAIN = "then run again: nothing half-done is left, and the published file is as it was"
FULL = ("the disk is full", f"make room, {AGAIN}")
LIMIT = ("a file may not grow any further here", f"raise the limit on file sizes (ulimit -f) or the quota, {AGAIN}")
BARRED = ("this may not be written", f"give the user of Tsunagu the right to write there, {AGAIN}")
MEMORY = (
    "the memory is used up",
    f"raise warehouse.memory_limit in tsunagu.yml, lower warehouse.threads, or use a machine with more, {AGAIN}",
)
BY_NUMBER = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), FULL),
    errno.EFBIG: LIMIT,
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), BARRED),
    errno.ENOMEM: MEMORY,
}
BY_WORDS = (
    (re.compile(r"No space left|Disk quota|max_temp_directory_size", re.IGNORECASE), FULL),
    (re.compile(r"File too large", re.IGNORECASE), LIMIT),
    (re.compile(r"Read-only file system|Permission denied|Operation not permitted", re.IGNORECASE), BARRED),
    (re.compile(r"Out of Memory|failed to allocate|could not allocate", re.IGNORECASE), MEMORY),
)
FILE = re.compile(r'file "([^"]+)"')


def find_resource_error(error: BaseException) -> ResourceError | None:
    """`error`, or what it came from, as a ResourceError; None where the machine is not to blame."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        found = _explain(current)
        if found is not None:
            return found
        current = current.__cause__ or current.__context__
    return None


def explain_words(text: str, where: str | None = None) -> ResourceError | None:
    """The same of an error that is only known by its words, such as one in a result of dbt."""
    for pattern, (what, mend) in BY_WORDS:
        if pattern.search(text):
            file = FILE.search(text)
            return ResourceError(what, where=file.group(1) if file else where, mend=mend)
    return None


def _explain(error: BaseException) -> ResourceError | None:
    if isinstance(error, ResourceError):
        return error
    if isinstance(error, MemoryError):
        return ResourceError(MEMORY[0], mend=MEMORY[1])
    if isinstance(error, OSError) and error.errno in BY_NUMBER:
        what, mend = BY_NUMBER[error.errno]
        return ResourceError(what, where=str(error.filename) if error.filename else None, mend=mend)
    if isinstance(error, duckdb.Error):
        return explain_words(str(error))
    return None
