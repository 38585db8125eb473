"""Keys for records that have none of their own, and running numbers, made from the columns a profile names.

A hand-kept sheet has no ids, so a record is known by what stays when a cell is mended:
`みなと店|タウンワーク|2025-04-01`. Two records of a file with the same key and other content are two lines (the same
advertisement bought twice), not two versions: the second becomes `…#2`, in the file's order, and the file's warnings
say so. An exact repeat of a row is the same line.

Ids are published, so a key whose parts are personal is a digest of them: 80 bits, no two alike by chance below some
10^11 records. It is not secret: who knows every part can make it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import polars as pl


@dataclass
class MadeUp:
    """A field that no column holds. `parts`, `of` and `given` are column names of the mapped frame.

    kind `key`: the parts joined by |, unless `given` is filled; `numbered` adds #2, #3 … to other content,
    `hashed` makes a digest of the whole.
    kind `count`: 1, 2, 3 … over the different `of` under the same parts. The memory spans the batches of one table.
    """

    kind: Literal["key", "count"]
    parts: tuple[str, ...]
    of: tuple[str, ...] = ()
    given: str | None = None
    numbered: bool = True
    hashed: bool = False
    seen: dict[str, dict[object, int]] = field(default_factory=dict)
    repeated_rows: list[int] = field(default_factory=list)

    def make(self, frame: pl.DataFrame, content: pl.Series) -> pl.Series:
        """`frame`: what each field means, and `_row_number`; `content`: a hash of each whole row of the file."""
        keys = _join(frame, self.parts)
        if self.kind == "count":
            return self._count(keys, _join(frame, self.of))
        if self.numbered:
            keys = self._number(keys, content, frame.get_column("_row_number"))
        if self.hashed:
            keys = pl.Series([None if key is None else _digest(key) for key in keys], dtype=pl.String)
        if self.given is not None:
            own = tidy_part(frame.get_column(self.given))
            keys = own.zip_with(own != "", keys)
        return keys

    def _count(self, keys: pl.Series, of: pl.Series) -> pl.Series:
        texts = zip(keys.fill_null(""), of.fill_null(""), strict=True)
        numbers = [self._number_of(key, what) for key, what in texts]
        return pl.Series(map(str, numbers), dtype=pl.String)

    def _number(self, keys: pl.Series, content: pl.Series, rows: pl.Series) -> pl.Series:
        made: list[str | None] = []
        for key, what, row in zip(keys, content, rows, strict=True):
            known = key in self.seen and what in self.seen[key]
            number = 1 if key is None else self._number_of(key, what)
            if number > 1 or known:
                self.repeated_rows.append(row)
            made.append(key if number == 1 else f"{key}#{number}")
        return pl.Series(made, dtype=pl.String)

    def _number_of(self, key: str, what: object) -> int:
        numbers = self.seen.setdefault(key, {})
        return numbers.setdefault(what, len(numbers) + 1)


def _join(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Series:
    if not names:
        return pl.Series([None] * frame.height, dtype=pl.String)
    joined = pl.select(pl.concat_str([tidy_part(frame.get_column(name)) for name in names], separator="|")).to_series()
    return joined.set(joined.str.strip_chars("|") == "", None)


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def tidy_part(texts: pl.Series) -> pl.Series:
    """NFKC, white space off both ends and single inside, so that retyping a width changes no key; nothing is ""."""
    return texts.fill_null("").str.normalize("NFKC").str.replace_all(r"\s+", " ").str.strip_chars()
