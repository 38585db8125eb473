"""The resources of a dlt source as tables, read as those of a file are: by a profile, or named as the template's.

dlt (Apache-2.0, extra `dlt`) extracts; nothing of its loading is used: rows come as the resource yields them, whole, on
every run, and the change log finds what changed. A field within a field is a column `outer.inner`; a list is its JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, Secret

from connectors.core import REFUSED_SCHEMA
from connectors.errors import SettingsError, SourceError
from connectors.formats.batch import Batch, Tabular
from connectors.formats.text import fold_header

ROWS = 20_000  # of a batch: 30 columns of them are about 50 MB
URL_QUERY = re.compile(r"(https?://[^\s?'\"]*)\?[^\s'\"]*")


class DltSettings(BaseModel):
    """`module`: what is imported, installed or a folder beside tsunagu.yml (`dlt init` makes one); `source`: the
    function in it; `arguments`: what it is called with; `resources`: which of its resources are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    module: str
    source: str
    resources: list[str] = Field(min_length=1)
    arguments: Secret[dict[str, Any]] = Secret({})


@contextmanager
def open_resources(settings: DltSettings, home: Path) -> Iterator[list[Tabular]]:
    """A table a resource, in the order of the settings. The rows lie in a private folder of the home until the context
    ends, so memory is bounded by a batch.

    Raises SettingsError where dlt, the module, the source or a resource is not there, SourceError where reading fails.
    """
    source = _call(settings, home)
    spool = home / ".tsunagu" / "spool"
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="dlt-", dir=spool) as folder:
        yield [_collect(settings, source, name, Path(folder) / str(n)) for n, name in enumerate(settings.resources)]


def _call(settings: DltSettings, home: Path) -> Any:
    # Iterating tells nobody, but importing may: a run with applicants in it calls no stranger.
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    try:
        importlib.import_module("dlt")
    except ImportError:
        raise SettingsError("dlt is not installed here", mend="pip install 'tsunagu[dlt]'") from None
    if str(home) not in sys.path:
        sys.path.append(str(home))  # behind everything: a folder there shadows no installed module
    try:
        module = importlib.import_module(settings.module)
    except ImportError as error:
        raise SettingsError(
            f"no module {settings.module} ({error}); looked in {sys.prefix} and {home}",
            mend=f"pip install what has it, or in {home}: dlt init {settings.module} duckdb",
        ) from None
    make = getattr(module, settings.source, None)
    if not callable(make):
        there = sorted(n for n, v in vars(module).items() if callable(v) and hasattr(v, "with_args"))
        raise SettingsError(
            f"no source {settings.source} in {settings.module}; there are: {', '.join(there) or 'none'}",
            mend="correct dlt.source in tsunagu.yml",
        )
    with _telling(settings, settings.source):
        made: Any = make(**settings.arguments.get_secret_value())
    resources = dict(made.resources) if hasattr(made, "resources") else {getattr(made, "name", ""): made}
    unknown = [name for name in settings.resources if name not in resources]
    if unknown:
        raise SettingsError(
            f"no resource {', '.join(unknown)} in {settings.module}.{settings.source};"
            f" there are: {', '.join(sorted(resources))}",
            mend="correct dlt.resources in tsunagu.yml",
        )
    return resources


def _collect(settings: DltSettings, resources: dict[str, Any], name: str, folder: Path) -> Tabular:
    folder.mkdir(mode=0o700)
    header: dict[str, None] = {}
    files: list[Path] = []
    with _telling(settings, name):
        items = _flatten_items(resources[name])
        while rows := list(islice(items, ROWS)):
            columns = dict.fromkeys(column for row in rows for column in row)
            header |= columns
            files.append(folder / f"{len(files)}.parquet")
            pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String)).write_parquet(files[-1])
    names = _name_apart(header)

    def read() -> Iterator[Batch]:
        before = 0
        for file in files:
            rows = pl.read_parquet(file)
            rows = rows.select(
                pl.int_range(before + 1, before + 1 + rows.height, dtype=pl.Int64).alias("_row_number"),
                *((pl.col(c) if c in rows.columns else pl.lit("")).fill_null("").alias(n) for c, n in names.items()),
            )
            before += rows.height
            yield Batch(rows, pl.DataFrame(schema=REFUSED_SCHEMA), 0)

    return Tabular(name, tuple(names.values()), 1, {"format": "dlt resource"}, read)


def _flatten_items(resource: Iterable[Any]) -> Iterator[dict[str, str | None]]:
    """Every row as text by column. dlt hands rows one by one, in lists, or as Arrow tables."""
    for item in resource:
        if hasattr(item, "to_pylist"):
            item = item.to_pylist()
        for row in item if isinstance(item, list) else [item]:
            flat: dict[str, str | None] = {}
            _flatten(row, "", flat)
            yield flat


def _flatten(value: Any, name: str, flat: dict[str, str | None]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(item, f"{name}.{key}" if name else str(key), flat)
    elif value is None or isinstance(value, str):
        flat[name] = value
    elif isinstance(value, (bool, list)):
        flat[name] = json.dumps(value, ensure_ascii=False, default=str)
    else:
        flat[name] = value.isoformat() if hasattr(value, "isoformat") else str(value)


def _name_apart(header: Iterable[str]) -> dict[str, str]:
    """Column → header; of two that only differ in case or blanks the later one gets a number, as in a file."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for column in header:
        name, n = column or "value", 2
        while fold_header(name) in taken:
            name, n = f"{column} ({n})", n + 1
        taken.add(fold_header(name))
        names[column] = name
    return names


@contextmanager
def _telling(settings: DltSettings, name: str) -> Iterator[None]:
    """Whatever the source raises, by its kind and words, without query strings and without its own arguments."""
    try:
        yield
    except Exception as error:
        text = URL_QUERY.sub(r"\1", f"{type(error).__name__}: {error}")
        for secret in _texts(settings.arguments.get_secret_value()):
            text = text.replace(secret, "…")
        raise SourceError(f"{name} cannot be read: {text}", where=f"{settings.module}.{settings.source}") from None


def _texts(value: Any) -> Iterator[str]:
    """Those long enough to be a secret; the longest first, since one may hold another."""
    found = [value] if isinstance(value, str) else []
    if isinstance(value, (dict, list)):
        found = [text for item in (value.values() if isinstance(value, dict) else value) for text in _texts(item)]
    yield from sorted((text for text in found if len(text) > 3), key=len, reverse=True)
