"""The agencies' terms of tsunagu.yml as the models read them: one table of entries, one of refund steps."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from connectors.terms import AgencyTerms

DDL = """
create table if not exists ops.agency_terms (
    agency varchar, valid_from date, fee_rate double, minimum_fee double, typical_salary double,
    fee_excludes varchar, refund_excludes varchar
);
create table if not exists ops.agency_refund_steps (
    agency varchar, valid_from date, within_days bigint, refund_rate double
);
"""


def write_agency_terms(connection: duckdb.DuckDBPyConnection, entries: Sequence[AgencyTerms]) -> None:
    """Replace both tables. `agency` is folded as labels are; exclusions are joined, each between semicolons."""
    connection.execute("delete from ops.agency_terms")
    connection.execute("delete from ops.agency_refund_steps")
    for terms in entries:
        connection.execute(
            "insert into ops.agency_terms values (?, ?, ?, ?, ?, ?, ?)",
            [
                terms.folded,
                terms.valid_from,
                terms.fee_rate,
                terms.minimum_fee,
                terms.typical_salary,
                _join(terms.fee_excludes),
                _join(terms.refund_excludes),
            ],
        )
        for step in terms.refund_steps:
            connection.execute(
                "insert into ops.agency_refund_steps values (?, ?, ?, ?)",
                [terms.folded, terms.valid_from, step.within_days, step.refund_rate],
            )


def _join(words: Sequence[str]) -> str:
    return f";{';'.join(sorted(word.strip() for word in words))};"
