"""Whom a registration on the agency's list means: the token first, then the e-mail address, then its hash.

The only place where the agency's list meets applicants. Addresses are compared as keyed hashes, which are kept nowhere;
what is kept is who was matched, by what, and the consent that the list tells.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import polars as pl

from orchestration.compute.identity import hash_email, normalise_email
from orchestration.compute.identity.keys import conform
from orchestration.compute.relay_terms import MOMENT

MATCH_SCHEMA = {
    "source": pl.String,
    "registration_id": pl.String,
    "person_id": pl.String,
    "matched_by": pl.String,
    "consent_at": pl.String,
    "token_source": pl.String,
    "token_application": pl.String,
}
REGISTRANT_SCHEMA = {
    "source": pl.String,
    "registration_id": pl.String,
    "token": pl.String,
    "email": pl.String,
    "email_hash": pl.String,
    "consent_at": pl.String,
}
MESSAGE_SCHEMA = {
    "source": pl.String,
    "message_id": pl.String,
    "application_source": pl.String,
    "application_id": pl.String,
    "direction": pl.String,
    "kind": pl.String,
    "sent_at": MOMENT,
    "relay_url_present": pl.Boolean,
    "relay_token": pl.String,
    "delivery": pl.String,
}
# What a column of consents says of somebody who gave none.
REFUSED = (
    *("0", "false", "no", "n", "×", "✕", "-", "ー", "なし", "無", "無し", "否", "不可", "いいえ"),
    *("未同意", "不同意", "同意しない"),
)


def match_agency_list(
    registrations: pl.DataFrame, tokens: pl.DataFrame, addresses: pl.DataFrame, key: bytes
) -> pl.DataFrame:
    """MATCH_SCHEMA, one row a registration that means a person or whose token names an application, by source,
    registration_id. matched_by: token, email or email_hash.

    `registrations` as of REGISTRANT_SCHEMA, `tokens` as of `list_token_applications`, `addresses` (email, person_id;
    one person an address) as of `identity.list_addresses`; `key`: the home's identity key. A list that
    tells consent for any of its registrations tells it for all: who gave none is matched to nobody.
    """
    own = conform(registrations, REGISTRANT_SCHEMA)
    consented = _tells_consent("consent_at")
    own = own.filter(consented | ~consented.any().over("source"))
    given = pl.col("email_hash").str.strip_chars().str.to_lowercase()
    asked = own.with_columns(
        by_email=_hash_addresses(own.select(normalise_email(pl.col("email"))).to_series(), key),
        by_hash=_hash_keyed(own.select(given).to_series(), key),
    )
    named = asked.join(
        tokens.rename({"application_source": "token_source", "application_id": "token_application"}),
        on="token",
        how="left",
        maintain_order="left",
    )
    # Every known address is hashed, some 2 µs each, but only where a token does not say it all.
    is_open = named["token_person_id"].is_null() & (named["by_email"].is_not_null() | named["by_hash"].is_not_null())
    known = addresses if is_open.any() else addresses.clear()
    people = known.select(hashed=_hash_addresses(known["email"], key), found="person_id")
    means = [pl.col(f"{way}_person_id") for way in ("token", "email", "hash")]
    return conform(
        named.join(people.rename({"hashed": "by_email", "found": "email_person_id"}), on="by_email", how="left")
        .join(people.rename({"hashed": "by_hash", "found": "hash_person_id"}), on="by_hash", how="left")
        .with_columns(
            person_id=pl.coalesce(means),
            matched_by=pl.when(means[0].is_not_null())
            .then(pl.lit("token"))
            .when(means[1].is_not_null())
            .then(pl.lit("email"))
            .when(means[2].is_not_null())
            .then(pl.lit("email_hash")),
        )
        .filter(pl.col("person_id").is_not_null() | pl.col("token_application").is_not_null())
        .sort("source", "registration_id"),
        MATCH_SCHEMA,
    )


def list_token_applications(messages: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """token, application_source, application_id, token_person_id: whose application each token names.

    It is that of the earliest outbound message (by sent_at, message_id) that carries the token and belongs to an
    application we have, bounced or not: the token was made for that application whatever became of the mail. An
    inbound message only quotes the line. `messages` as of MESSAGE_SCHEMA (fct_messages); application_source is the
    message's own source where missing.
    """
    known = conform(messages, MESSAGE_SCHEMA)
    carriers = known.with_columns(pl.coalesce("application_source", "source")).filter(
        (pl.col("direction") == "outbound") & pl.col("relay_token").is_not_null()
    )
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


def _tells_consent(column: str) -> pl.Expr:
    said = pl.col(column).str.normalize("NFKC").str.strip_chars().str.to_lowercase()
    return said.is_not_null() & (said != "") & ~said.is_in(REFUSED)


def _hash_addresses(addresses: Iterable[str | None], key: bytes) -> pl.Series:
    """An address is first hashed as an agency would, so that one that was reported as a hash finds it too."""
    return _hash_keyed((None if address is None else hash_email(address) for address in addresses), key)


def _hash_keyed(texts: Iterable[str | None], key: bytes) -> pl.Series:
    hashed = [None if text is None else hmac.digest(key, text.encode(), "sha256").hex() for text in texts]
    return pl.Series("hashed", hashed, dtype=pl.String)
