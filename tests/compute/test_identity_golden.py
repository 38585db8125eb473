"""Both golden companies: the same people, the same employees, and every message with its person."""

from __future__ import annotations

import polars as pl
import pytest
from golden_frames import AS_OF, COMPANIES, read, read_candidates, read_employees

from orchestration.compute.identity import (
    attribute_messages,
    choose_links,
    link,
    list_addresses,
    persons,
    recognise_employees,
    score_alike,
)


def xref_of(company: str) -> pl.DataFrame:
    candidates = read_candidates(company)
    strong = link(candidates)
    alike = choose_links(candidates.height, strong, score_alike(candidates, strong))
    return persons(candidates, pl.concat([strong, alike]), secret=b"secret", as_of_at=AS_OF)


def applications_of(company: str) -> pl.DataFrame:
    """application_id, person_id (ours), person (expected)."""
    expected = read(company, "expected/fct_applications.csv").select("application_id", "person")
    applications = read(company, "inbox/template/applications.csv").select("application_id", "candidate_id")
    return applications.join(expected, on="application_id").join(xref_of(company), on="candidate_id", how="left")


@pytest.mark.parametrize("company", COMPANIES)
def test_the_applications_of_a_person_are_the_expected_ones(company: str) -> None:
    applications = applications_of(company).with_columns(found=pl.col("application_id").min().over("person_id"))
    assert applications["person_id"].null_count() == 0
    assert applications["found"].to_list() == applications["person"].to_list()


@pytest.mark.parametrize("company", COMPANIES)
def test_an_employee_with_an_application_is_recognised_as_its_applicant(company: str) -> None:
    employees = read_employees(company)
    found = recognise_employees(employees, read_candidates(company), xref_of(company))
    applicants = applications_of(company).select("application_id", applicant="person_id")
    known = employees.join(applicants, on="application_id").join(found, on="employee_id", how="left")
    assert known.height > 5
    assert known["person_id"].to_list() == known["applicant"].to_list()


@pytest.mark.parametrize("company", COMPANIES)
def test_staff_who_never_applied_are_recognised_as_nobody(company: str) -> None:
    found = recognise_employees(read_employees(company), read_candidates(company), xref_of(company))
    strangers = read_employees(company).filter(pl.col("full_name").str.starts_with("社員"))
    assert strangers.height > 5
    assert found.join(strangers, on="employee_id").is_empty()


@pytest.mark.parametrize("company", COMPANIES)
def test_a_message_with_an_application_belongs_to_its_applicant(company: str) -> None:
    messages = read(company, "inbox/template/messages.csv").with_columns(source=pl.lit("t"))
    addresses = list_addresses(read_candidates(company), xref_of(company))
    attributed = attribute_messages(messages, addresses)
    applicants = applications_of(company).select("application_id", applicant="person_id")
    given = messages.join(applicants, on="application_id").join(attributed, on="message_id", how="left")
    known = given.drop_nulls("person_id")
    assert known.height > 0.9 * given.height  # an anonymised candidate's messages stay without a person
    assert known["person_id"].to_list() == known["applicant"].to_list()
    strangers = messages.filter(pl.col("from_address") == "stranger@else.example")
    assert strangers.height and attributed.join(strangers, on="message_id").is_empty()
