"""Whose are an address, a message and an employee record: lookups over the persons that linking found."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from orchestration.compute.identity.keys import (
    CANDIDATE_SCHEMA,
    KEYS,
    carry_key,
    conform,
    derive_keys,
    normalise_email,
    order_records,
    prepare_keys,
)

MESSAGE_SCHEMA = {
    "source": pl.String,
    "message_id": pl.String,
    "direction": pl.String,
    "from_address": pl.String,
    "to_address": pl.String,
}
EMPLOYEE_SCHEMA = {
    "source": pl.String,
    "employee_id": pl.String,
    "full_name": pl.String,
    "kana": pl.String,
    "email": pl.String,
    "birth_date": pl.Date,
}


def list_addresses(candidates: pl.DataFrame, person_xref: pl.DataFrame) -> pl.DataFrame:
    """email (normalised), person_id: every address that belongs to one person only; one row an address, ordered by it.

    An address of several persons (an agency's, a family's) names nobody and is left out, as are those of anonymised
    records.
    """
    prepared = _with_person(candidates, person_xref, ["email"])
    carried = carry_key(prepared, "email").join(prepared.select("node", "person_id"), on="node")
    return (
        carried.group_by("value")
        .agg(pl.col("person_id").first(), is_sole=_is_sole("person_id"))
        .filter("is_sole")
        .select(pl.col("value").alias("email"), "person_id")
        .sort("email")
    )


def attribute_messages(messages: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """message_xref: source, message_id, person_id; only messages whose counterpart is one known person.

    `messages`: source, message_id, direction, from_address, to_address; `addresses` as of `list_addresses`. The
    counterpart is the recipient of an outbound message and the sender of any other; of several recipients (joined by
    `;` or `,`) those count who are known, and where they are two persons the message is nobody's.
    """
    counterpart = pl.when(pl.col("direction") == "outbound").then("to_address").otherwise("from_address")
    named = (
        conform(messages, MESSAGE_SCHEMA)
        .select("source", "message_id", email=counterpart.str.replace_all(",", ";").str.split(";"))
        .drop_nulls("email")
        .explode("email")
        .with_columns(normalise_email(pl.col("email")))
        .join(addresses, on="email")
    )
    return (
        named.group_by("source", "message_id")
        .agg(pl.col("person_id").first(), is_sole=_is_sole("person_id"))
        .filter("is_sole")
        .select("source", "message_id", "person_id")
        .sort("source", "message_id")
    )


def recognise_employees(employees: pl.DataFrame, candidates: pl.DataFrame, person_xref: pl.DataFrame) -> pl.DataFrame:
    """employee_xref: source, employee_id, person_id; only employees who are one known person beyond doubt.

    `employees`: source, employee_id, full_name, kana, email, birth_date; one row a spell, whose keys are taken
    together. Two keys of e-mail, kana, name and birth date must agree; kana and name alone do not suffice where both
    sides have a birth date and it differs. Of several persons the one with the most agreeing keys; a tie is nobody.
    """
    staff = conform(employees, EMPLOYEE_SCHEMA | CANDIDATE_SCHEMA).select("source", "employee_id", **derive_keys())
    staff_keys = _list_keys(staff, ["source", "employee_id"])
    people_keys = _list_keys(_with_person(candidates, person_xref, KEYS), ["person_id"])
    dated = people_keys.filter(pl.col("key") == "birth_date").select("person_id", is_dated=True).unique()
    matches = (
        staff_keys.with_columns(has_birth_date=(pl.col("key") == "birth_date").any().over("source", "employee_id"))
        .join(people_keys, on=["key", "value"])
        .group_by("source", "employee_id", "person_id")
        .agg(pl.col("key").unique().alias("keys"), pl.col("has_birth_date").any())
        .filter(pl.col("keys").list.len() >= 2)
        .join(dated, on="person_id", how="left")
    )
    only_name = (pl.col("keys").list.set_difference(["kana", "name"]).list.len() == 0) & pl.col("has_birth_date")
    best = (
        matches.filter(~(only_name & pl.col("is_dated").fill_null(False)))
        .with_columns(agreeing=pl.col("keys").list.len())
        .filter(pl.col("agreeing") == pl.col("agreeing").max().over("source", "employee_id"))
    )
    sole = best.filter(pl.len().over("source", "employee_id") == 1)
    return sole.select("source", "employee_id", "person_id").sort("source", "employee_id")


def _list_keys(records: pl.DataFrame, owner: list[str]) -> pl.DataFrame:
    """owner …, key, value: the distinct keys of each owner; both ways of writing a name count as `name`."""
    texts = [
        records.select(*owner, pl.lit(key).alias("key"), pl.col(column).cast(pl.String).alias("value"))
        for key, column in (("kana", "kana"), ("name", "name"), ("name", "latin"), ("birth_date", "birth_date"))
    ]
    addresses = records.select(*owner, pl.lit("email").alias("key"), pl.col("email").alias("value")).explode("value")
    addresses = addresses.with_columns(normalise_email(pl.col("value")))
    return pl.concat([*texts, addresses]).drop_nulls().unique()


def _is_sole(column: str) -> pl.Expr:
    return pl.col(column).hash().min() == pl.col(column).hash().max()


def _with_person(candidates: pl.DataFrame, person_xref: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    prepared = prepare_keys(order_records(candidates), keys)
    return prepared.join(
        person_xref.select("source", "candidate_id", "person_id"), on=["source", "candidate_id"], maintain_order="left"
    )
