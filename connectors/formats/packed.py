"""A table in a gzip or zip archive (applications.csv.gz), unpacked within limits to where it can be read."""

from __future__ import annotations

import errno
import gzip
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from connectors.errors import FileRefused
from connectors.formats.archive import Limits
from connectors.formats.damage import DAMAGED

PIECE_BYTES = 1 << 20
# What macOS and Windows put beside the files.
NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class Unpacked:
    """The one file of an archive: `name` inside it, `path` of the copy, which lives as long as `folder`."""

    name: str
    path: Path
    folder: tempfile.TemporaryDirectory[str]


def unpack(path: Path, limits: Limits) -> Unpacked:
    """The copy has the archive's name, so that messages name what lies in the inbox.

    Raises FileRefused where the archive holds no file or several, is locked, damaged, or larger than the limits: a zip
    tells that in its directory, before anything is unpacked; of a gzip no more than the limit is ever written.
    """
    folder = tempfile.TemporaryDirectory(prefix="tsunagu-")
    copy = Path(folder.name) / path.name
    try:
        with _open_only_file(path, limits) as (name, stream), copy.open("wb") as target:
            size = 0
            while piece := stream.read(PIECE_BYTES):
                size += len(piece)
                if size > limits.unpacked_bytes:
                    raise _too_big(f"unpacks to more than {limits.unpacked_bytes >> 20:,} MiB", path.name)
                target.write(piece)
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk, such as no room for the copy: nothing is wrong with the archive
        raise FileRefused(f"the archive is damaged: {error}", where=path.name, mend="pack or export it again") from None
    return Unpacked(name, copy, folder)


@contextmanager
def _open_only_file(path: Path, limits: Limits) -> Iterator[tuple[str, IO[bytes] | gzip.GzipFile]]:
    if not zipfile.is_zipfile(path):
        with gzip.open(path) as stream:
            yield path.name.removesuffix(path.suffix), stream
        return
    with zipfile.ZipFile(path) as archive:
        files = [
            part
            for part in archive.infolist()
            if not part.is_dir() and not part.filename.startswith(NOISE[0]) and not part.filename.endswith(NOISE[1:])
        ]
        if len(files) != 1:
            names = ", ".join(part.filename for part in files[:5]) + (" …" if len(files) > 5 else "")
            raise FileRefused(
                f"the archive holds {len(files)} files{': ' + names if names else ''}",
                where=path.name,
                mend="unpack it and put the files into the inbox",
            )
        [part] = files
        if part.flag_bits & 1:
            raise FileRefused("locked by a password", where=path.name, mend="unpack it, or pack it without a password")
        if part.file_size > limits.unpacked_bytes:
            raise _too_big(f"unpacks to {part.file_size >> 20:,} MiB", path.name)
        with archive.open(part) as stream:
            yield PurePosixPath(part.filename).name, stream


def _too_big(found: str, where: str) -> FileRefused:
    return FileRefused(
        f"the archive {found}",
        where=where,
        mend="split the file; or, where it is honest, raise max_unpacked_mib of the source in tsunagu.yml",
    )
