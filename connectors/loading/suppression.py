"""Erased persons: what the loader does to a row of theirs, and what `tsunagu forget` does to those already stored.

One function for both, so a re-delivered export says of an erased person what the change log says: the row counts
as unchanged, rows in = loaded + unchanged + quarantined stays exact, and what a later export tells of the fate of an
application (rejected, hired) still reaches the numbers, without the person. In the place of a name stands an alias, in
that of every address `<alias>@erased.invalid`: two keys that agree, so the records stay one person. Phone, kana, birth
date, free text and columns nobody mapped are left empty.

A person is known again by keyed hashes (HMAC-SHA-256 under the home's erasure.key) of addresses, record ids, name with
phone and name with birth date: never by the values themselves, which nothing keeps.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from connectors.core import REFUSED_SCHEMA, Stream
from connectors.errors import LoadError
from connectors.loading.erased_record import mask_extra, mask_parsed, mask_record

DOMAIN = "erased.invalid"  # RFC 2606: no mail can ever reach it
ADDRESS = r"[^\s<>()\[\],;:\"'\\|@＠]+[@＠][^\s<>()\[\],;:\"'\\|@＠]+"
ADDRESS_COLUMNS = ("email", "from_address", "to_address")
NAMES = ("full_name", "candidate_ref")
EMPTIED = ("family_name", "given_name", "kana", "phone", "birth_date", "reason_text", "comment", "text", "subject")
FREE_TEXT = ("reason_text", "comment", "text", "subject", "thread_label")
PEOPLE = ("candidates", "employees")
REFERENCES = {"candidate_id": "candidate", "application_id": "application", "employee_id": "employee"}
# Of an API's record: which column or path holds whose id. `parent_id` is an application's or a candidate's.
RECORD_IDS = {"candidates": "candidate", "applications": "application", "opportunities": "application"}
RECORD_PATHS = {
    **dict.fromkeys(("$.candidate_id", "$.candidateId", "$.candidate.id", "$.contact", "$.contact.id"), "candidate"),
    **dict.fromkeys(("$.application_id", "$.applicationId", "$.application.id"), "application"),
}
ERASED = "erased person"
ANY_SOURCE = "*"  # an id that only one source has may be told by another: a sheet of evaluations names an ATS's own


def is_record(stream: Stream) -> bool:
    """An API's stream: its rows are records in JSON, not an entity's fields."""
    return "record" in stream.columns


def fold_address(text: str) -> str:
    """As identity does: NFKC, trimmed, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def fold_name(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def fold_digits(text: str) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True)
class Suppression:
    """`aliases`: kind → digest → alias. Kinds: address, address_hash, value (a whole cell: an id or label that names
    her), candidate, application, employee (ids of a source), name_and_phone, name_and_birth, row (all of a row),
    text (a row of somebody else that mentions her), line (a line in quarantine)."""

    key: bytes
    aliases: dict[str, dict[str, str]]

    def digest(self, kind: str, *texts: str) -> str:
        return hmac.digest(self.key, "\x1f".join((kind, *texts)).encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def find(self, kind: str, *texts: str) -> str | None:
        known = self.aliases.get(kind)
        return known.get(self.digest(kind, *texts)) if known else None

    def address_of(self, text: str) -> str | None:
        alias = self.find("address", fold_address(text))
        return None if alias is None else f"{alias}@{DOMAIN}"

    def replace_values(self, stream: Stream, rows: pl.DataFrame) -> pl.DataFrame:
        """Addresses anywhere in the row, and cells that are an id or a label naming her, become the alias's."""
        for name in rows.columns:
            if rows.schema[name] != pl.String or name in ("_parsed", "_file"):
                continue
            distinct = rows.get_column(name).unique().drop_nulls()
            swaps = self._swap_addresses(distinct)
            if self.aliases.get("value") and name not in ("_extra", "record"):
                for text in distinct:
                    if (swapped := self._swap_parts(text)) != text:
                        swaps[text] = swapped
            if name == "email_hash" and self.aliases.get("address_hash"):
                for text in distinct:
                    alias = self.find("address_hash", text.strip().lower())
                    if alias:
                        swaps[text] = hashlib.sha256(f"{alias}@{DOMAIN}".encode()).hexdigest()
            if swaps:
                rows = rows.with_columns(pl.col(name).replace(list(swaps), list(swaps.values())))
        return rows

    def blank(self, source: str, stream: Stream, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of an erased person without the person. `rows` as of `replace_values`, with `_key`."""
        if not rows.height:
            return rows
        alias = self._name_rows(source, stream, rows)
        emptied = [name for name in FREE_TEXT if name in rows.columns]
        mentions = self._look_up("text", rows.get_column("_key"), source, stream.name).is_not_null()
        if mentions.any():
            empty = [pl.when(~mentions).then(pl.col(name)).alias(name) for name in emptied]
            rows = rows.with_columns(*empty, *self._each(rows, "_extra", mentions, lambda text, i: mask_extra(text)))
        hers = alias.is_not_null()
        if not hers.any():
            return rows
        if is_record(stream):
            name = stream.name
            masked = self._each(rows, "record", hers, lambda text, i: mask_record(name, text, f"{alias[i]}", DOMAIN))
            return rows.with_columns(*masked)
        changed = [
            pl.when(hers).then(None).otherwise(pl.col(name)).alias(name)
            for name in (*EMPTIED, "thread_label")
            if name in rows.columns
        ]
        rows = rows.with_columns(
            *changed,
            *self._each(rows, "_extra", hers, lambda text, i: mask_extra(text)),
            *self._each(rows, "_parsed", hers, lambda text, i: mask_parsed(stream.name, text)),
        )
        swaps = [
            pl.when(hers).then(alias).otherwise(pl.col(name)).alias(name) for name in NAMES if name in rows.columns
        ]
        if stream.name in PEOPLE:
            swaps.append(pl.when(hers).then(alias + f"@{DOMAIN}").otherwise(pl.col("email")).alias("email"))
        return rows.with_columns(swaps)

    def mask_refused(self, source: str, stream: Stream, refused: pl.DataFrame) -> pl.DataFrame:
        """Refused lines of an erased person lose what they quote; they still count."""
        if not refused.height:
            return refused
        lines = [
            (row["row_number"], row["column"], None, ERASED, None)
            if self.tells_of_her(source, row)
            else tuple(row[name] for name in REFUSED_SCHEMA)
            for row in refused.iter_rows(named=True)
        ]
        return pl.DataFrame(lines, schema=REFUSED_SCHEMA, orient="row")

    def tells_of_her(self, source: str, row: dict[str, Any]) -> bool:
        record = row["record"] or ""
        if self.find("line", record):
            return True
        texts = [record, row["value"] or "", row["reason"] or ""]
        if any(self.address_of(found) for text in texts for found in re.findall(ADDRESS, text)):
            return True
        try:
            cells = json.loads(record or "{}").values()
        except (ValueError, AttributeError):
            return False
        return any(
            self.find(kind, source, str(cell).strip()) for cell in cells for kind in ("candidate", "application")
        )

    def _name_rows(self, source: str, stream: Stream, rows: pl.DataFrame) -> pl.Series:
        """The alias of each row's person; null where she is none of the erased."""
        found = [self._look_up("row", rows.get_column("_key"), source, stream.name)]
        if not is_record(stream):
            found += [
                self._look_up(kind, rows.get_column(name), whose)
                for name, kind in REFERENCES.items()
                for whose in (source, ANY_SOURCE)
                if name in rows.columns
            ]
            found += [self._address_alias(rows.get_column(n)) for n in ADDRESS_COLUMNS if n in rows.columns]
            if stream.name in PEOPLE:
                found += [self._pair(rows, "name_and_phone", "phone"), self._pair(rows, "name_and_birth", "birth_date")]
        else:
            if stream.name in RECORD_IDS:
                found.append(self._look_up(RECORD_IDS[stream.name], rows.get_column("id"), source))
            if "parent_id" in rows.columns:
                found += [
                    self._look_up(kind, rows.get_column("parent_id"), source) for kind in ("application", "candidate")
                ]
            for path, kind in RECORD_PATHS.items():
                found.append(self._look_up(kind, rows.get_column("record").str.json_path_match(path), source))
            if stream.name in RECORD_IDS:
                found.append(self._address_alias(rows.get_column("record")))
        return pl.select(pl.coalesce(found)).to_series()

    def _look_up(self, kind: str, texts: pl.Series, *before: str) -> pl.Series:
        known = self.aliases.get(kind)
        if not known:
            return pl.Series([None] * len(texts), dtype=pl.String)
        distinct = texts.unique().drop_nulls().to_list()
        hits = {text: alias for text in distinct if (alias := self.find(kind, *before, text.strip()))}
        return texts.replace_strict(list(hits), list(hits.values()), default=None, return_dtype=pl.String)

    def _address_alias(self, texts: pl.Series) -> pl.Series:
        # `replace_values` came before: an erased address is an alias's by now.
        return texts.str.extract(r"([a-z]+)@" + re.escape(DOMAIN), 1)

    def _pair(self, rows: pl.DataFrame, kind: str, other: str) -> pl.Series:
        nothing = pl.Series([None] * rows.height, dtype=pl.String)
        if not self.aliases.get(kind) or "full_name" not in rows.columns or other not in rows.columns:
            return nothing
        pairs = rows.select("full_name", other).unique().drop_nulls()
        hits = [
            (name, text, alias)
            for name, text in pairs.iter_rows()
            for part in text.split(";")
            if (alias := self.find(kind, fold_name(name), fold_digits(part)))
        ]
        schema = {"full_name": pl.String, other: pl.String, "alias": pl.String}
        table = pl.DataFrame(hits, schema=schema, orient="row").unique(["full_name", other], keep="first")
        return rows.join(table, on=["full_name", other], how="left", maintain_order="left").get_column("alias")

    def _swap_addresses(self, distinct: pl.Series) -> dict[str, str]:
        if not self.aliases.get("address"):
            return {}
        swaps: dict[str, str] = {}
        for text in distinct.filter(distinct.str.contains("[@＠]")):
            swapped = re.sub(ADDRESS, lambda match: self.address_of(match.group()) or match.group(), text)
            if swapped != text:
                swaps[text] = ";".join(dict.fromkeys(swapped.split(";")))
        return swaps

    def _swap_parts(self, text: str) -> str:
        return "\x1f".join(self.find("value", part.strip()) or part for part in text.split("\x1f"))

    def _each(self, rows: pl.DataFrame, name: str, where: pl.Series, change: Any) -> list[pl.Series]:
        if name not in rows.columns:
            return []
        texts = rows.get_column(name).to_list()
        for place in where.arg_true():
            if texts[place] is not None:
                texts[place] = change(texts[place], place)
        return [pl.Series(name, texts, dtype=pl.String)]


def read_suppression(connection: duckdb.DuckDBPyConnection, key: bytes | None) -> Suppression | None:
    """None where nobody was erased. Raises LoadError where somebody was and the key is gone: loading on would bring
    them back."""
    rows: Iterable[tuple[str, str, str]] = connection.execute(
        "select kind, digest, alias from ops.suppressions order by erased_at, kind, digest"
    ).fetchall()
    if not rows:
        return None
    if not key:
        raise LoadError(
            "persons were erased here, and the key by which they are known again is missing",
            where="erasure.key",
            mend="put erasure.key back beside the warehouse (it belongs to every backup of it)",
        )
    aliases: dict[str, dict[str, str]] = {}
    for kind, digest, alias in rows:
        aliases.setdefault(kind, {}).setdefault(digest, alias)
    return Suppression(key, aliases)
