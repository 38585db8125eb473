"""Whom a registration means: the token first, then the e-mail address, then its hash."""

from __future__ import annotations

import polars as pl

from orchestration.compute.identity import hash_email, normalise_email


def list_token_applications(messages: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """token, application_source, application_id, token_person_id: whose application each token names.

    It is that of the earliest outbound message (by sent_at, message_id) that carries the token and belongs to an
    application we have, bounced or not: the token was made for that application whatever became of the mail. An
    inbound message only quotes the line.
    """
    carriers = messages.filter((pl.col("direction") == "outbound") & pl.col("relay_token").is_not_null())
    return (
        carriers.join(
            applications.select(
                "application_id", pl.col("source").alias("application_source"), token_person_id="person_id"
            ),
            on=["application_source", "application_id"],
        )
        .sort("sent_at", "message_id", "source", nulls_last=True)
        .unique("relay_token", keep="first", maintain_order=True)
        .select(pl.col("relay_token").alias("token"), "application_source", "application_id", "token_person_id")
    )


def match_persons(registrations: pl.DataFrame, tokens: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """`registrations` with person_id, token_source, token_application (what its token names) and reported_hash.

    `tokens` as of `list_token_applications`, `addresses` (email, person_id; one person an address) as of
    `identity.list_addresses`. reported_hash is the SHA-256 of the normalised e-mail, else the reported one.
    """
    named = tokens.rename({"application_source": "token_source", "application_id": "token_application"})
    by_email = addresses.select(pl.col("email").alias("address"), email_person_id="person_id")
    matched = (
        registrations.with_columns(
            address=normalise_email(pl.col("email")),
            given_hash=pl.col("email_hash").str.strip_chars().str.to_lowercase(),
        )
        .join(named, on="token", how="left", maintain_order="left")
        .join(by_email, on="address", how="left", maintain_order="left")
        .with_columns(person_id=pl.coalesce("token_person_id", "email_person_id"))
    )
    # No hash can be undone, so every known address is hashed (some 1.3 µs each), but only where a hash is all we have.
    wanted = matched.filter(pl.col("person_id").is_null() & pl.col("given_hash").is_not_null())
    known = addresses if wanted.height else addresses.clear()
    by_hash = pl.DataFrame(
        {"given_hash": [hash_email(address) for address in known["email"]], "hash_person_id": known["person_id"]},
        schema={"given_hash": pl.String, "hash_person_id": pl.String},
    )
    own_hash = pl.Series(
        "own_hash", [None if a is None else hash_email(a) for a in matched["address"]], dtype=pl.String
    )
    return (
        matched.with_columns(own_hash)
        .join(by_hash, on="given_hash", how="left", maintain_order="left")
        .with_columns(
            person_id=pl.coalesce("person_id", "hash_person_id"), reported_hash=pl.coalesce("own_hash", "given_hash")
        )
        .drop("address", "given_hash", "own_hash", "token_person_id", "email_person_id", "hash_person_id")
    )
