"""What every connector promises, held against what it declares; each mistake says how it is mended."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from connectors.api import Api, Resource
from connectors.bookmark import tell_moment
from connectors.core import Connector
from connectors.entities import ENTITIES
from connectors.errors import TsunaguError

SECRET_NAME = re.compile(r"(token|secret|password|api_key)$")


def check_declaration(connector: Connector, checkout: Path) -> list[str]:
    """The mistakes of a connector's settings, streams and staging folder."""
    return [*_check_settings(connector), *_check_streams(connector), *_check_staging(connector, checkout)]


def check_records(resource: Resource, records: list[Any]) -> list[str]:
    """The mistakes of a resource's declaration that a page of its records shows. Field names are told, never values."""
    if not records:
        return []
    where, mistakes = resource.name, []
    fields = ", ".join(sorted(records[0])[:30])
    if resource.key:
        without = sum(record.get(resource.key) in (None, "") for record in records)
        if without:
            mistakes.append(
                f"{where}: {without} of {len(records)} records have no {resource.key!r}; fields: {fields}"
                "\n→ name the field that holds the record's id: key=… of the resource"
            )
        elif len({str(record[resource.key]) for record in records}) < len(records):
            mistakes.append(
                f"{where}: {resource.key!r} repeats within a page\n→ name the field that tells records apart: key=…"
            )
    if resource.updated and not any(tell_moment(record.get(resource.updated)) for record in records):
        mistakes.append(
            f"{where}: no record tells a moment at {resource.updated!r}; fields: {fields}"
            "\n→ name the update time (ISO 8601 or epoch milliseconds): updated=…, or leave it out and read all"
        )
    return mistakes


@dataclass(frozen=True)
class Look:
    """One live page of a resource: how many records it had, or why it could not be read."""

    resource: str
    records: int
    mistakes: list[str]
    failure: str | None = None


def look_live(api: Api, settings: Any) -> Iterator[Look]:
    """One page of each list, from the API itself; nothing is kept or written. Of what is asked for once a record, that
    of the list's first one."""
    client = api.open(settings)
    first: dict[str, str] = {}
    for resource in api.resources.values():
        if resource.parent is not None and resource.parent not in first:
            continue
        try:
            call = api.first_call(resource, first.get(resource.parent or ""))
            _, records, _ = next(api.pages(client, resource, call))
        except TsunaguError as error:
            if getattr(error, "status", None) not in resource.absent:
                yield Look(resource.name, 0, [], str(error))
            continue
        if resource.key and records and records[0].get(resource.key) is not None:
            first[resource.name] = str(records[0][resource.key])
        yield Look(resource.name, len(records), check_records(resource, records))


def _check_settings(connector: Connector) -> Iterator[str]:
    model, where = connector.settings, f"{connector.name}: settings"
    if model.model_config.get("extra") != "forbid":
        yield f'{where} accept keys they do not know\n→ model_config = ConfigDict(extra="forbid", frozen=True)'
    told = inspect.getdoc(sys.modules[model.__module__]) or ""
    for name, info in model.model_fields.items():
        if SECRET_NAME.search(name) and "SecretStr" not in str(info.annotation):
            yield f"{where}.{name} is no SecretStr: it would be written to files\n→ declare it {name}: SecretStr"
        if connector.api is not None and f"`{name}`" not in told:
            yield (
                f"{where}.{name} is not documented"
                f"\n→ name `{name}` in the docstring of connectors/sources/{connector.name}.py"
            )


def _check_streams(connector: Connector) -> Iterator[str]:
    if not connector.streams:
        yield f"{connector.name}: no stream is declared\n→ declare one: api.resource(…), @connector.stream or .files"
    for stream in connector.streams.values():
        for name in stream.key:
            if name not in stream.columns:
                yield (
                    f"{connector.name}.{stream.name}: key column {name} is not declared"
                    f"\n→ add it to columns=, or choose primary_key from: {', '.join(stream.columns)}"
                )


def _check_staging(connector: Connector, checkout: Path) -> Iterator[str]:
    """An API's raw tables and models are its own; those of files stand in models/sources.yml."""
    if connector.api is None:
        return
    folder = checkout / "dbt_project" / "models" / "staging" / connector.name
    shown = folder.relative_to(checkout)
    declared: dict[str, Any] = {"sources": [], "models": []}
    for path in sorted(folder.glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for part in declared:
            declared[part] += document.get(part) or []
    tables = {table["name"] for source in declared["sources"] for table in source.get("tables", [])}
    described = {model["name"] for model in declared["models"] if (model.get("description") or "").strip()}
    models = sorted(folder.glob("*.sql"))
    if not models:
        yield f"{shown}: no model\n→ write stg_{connector.name}__applications.sql; models/staging/lever shows how"
    used = "\n".join(path.read_text(encoding="utf-8") for path in models)
    for stream in connector.streams:
        if f"'{stream}'" in used and f"{connector.name}__{stream}" not in tables:
            yield (
                f"{shown}: a model reads {stream}, which no .yml declares"
                f"\n→ add `- name: {connector.name}__{stream}` to the tables of source raw"
            )
    for table in sorted(tables):
        if table.removeprefix(f"{connector.name}__") not in connector.streams:
            yield f"{shown}: no resource has the name of table {table}\n→ drop the table, or declare the resource"
    for path in models:
        entity = path.stem.removeprefix(f"stg_{connector.name}__")
        if not path.stem.startswith((f"stg_{connector.name}__", "int_")) or (
            path.stem.startswith("stg_") and entity not in ENTITIES
        ):
            yield (
                f"{path.relative_to(checkout)}: no entity of that name"
                f"\n→ name it stg_{connector.name}__ and one of: {', '.join(ENTITIES)}"
            )
        if path.stem not in described:
            yield f"{path.relative_to(checkout)}: not described\n→ describe {path.stem} in {shown}/{connector.name}.yml"
