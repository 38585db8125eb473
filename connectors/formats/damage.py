"""What Python's archive readers raise over bytes that are no sound archive; fuzzing found each of them."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # a password, and NotImplementedError: a compression nobody knows
    ValueError,
    KeyError,
    OverflowError,
)
