"""The contracts a company may write into tsunagu.yml: the career relay's and the recruiting agencies'."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _midnight_free(value: Any) -> Any:
    # YAML reads 2025-04-01 as a date and a quoted one as text; both are meant as the day.
    return date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_midnight_free)]


class RelayTerms(Strict):
    """One entry of the relay contract, in force from local midnight of `valid_from` until the next entry's."""

    valid_from: Day
    url_patterns: list[str] = []
    referrals_per_slot: int = Field(default=10, ge=1)
    counting_event: Literal["registered", "acknowledged"] = "registered"
    eligible_outcomes: list[Literal["rejected", "withdrawn", "offer_declined"]] = ["rejected"]
    require_match: bool = True
    unit: Literal["person", "application"] = "person"
    slot_kind: Literal["hire", "introduction", "interview"] = "hire"
    slot_valid_days: int | None = Field(default=None, ge=1)
    clawback_days: int | None = Field(default=None, ge=0)
    fee_rate: float = Field(default=0.35, ge=0, le=1)
    typical_salary: float | None = Field(default=None, ge=0)
    slot_value: float | None = Field(default=None, ge=0)

    @field_validator("url_patterns")
    @classmethod
    def _mark_the_token(cls, values: list[str]) -> list[str]:
        for value in values:
            if value.count("*") > 1 or not value.startswith(("http://", "https://")):
                raise ValueError(f"{value!r} must be a URL with at most one * where the token stands")
        return values


class RefundStep(Strict):
    """Whoever leaves within so many days of the first day takes back this share of the fee."""

    within_days: int = Field(ge=0)
    refund_rate: float = Field(ge=0, le=1)


class AgencyTerms(Strict):
    """What an agency takes for a hire and gives back for an early departure; in force for hires whose first day is on
    or after `valid_from`, until the agency's next entry. Money in yen net of tax.

    `agency` is the name that applications carry as agency_label, or a channel_id; the name goes first. The fee is
    `fee_rate` of the accepted offer's theoretical annual salary (`typical_salary` where the offer names none), at least
    `minimum_fee`. No fee for the hiring types in `fee_excludes`; no refund for departures in `refund_excludes`.
    """

    agency: str = Field(min_length=1)
    valid_from: Day
    fee_rate: float = Field(ge=0, le=1)
    minimum_fee: float = Field(default=0, ge=0)
    typical_salary: float | None = Field(default=None, ge=0)
    refund_steps: list[RefundStep] = []
    fee_excludes: list[str] = []
    # The agreements in use refund what the hire decides (and a dismissal for the hire's own fault), nothing else.
    refund_excludes: list[Literal["voluntary", "involuntary", "contract_end", "transfer", "death", "unknown"]] = [
        "contract_end",
        "transfer",
        "death",
    ]

    @property
    def folded(self) -> str:
        """The agency's name as labels are compared: NFKC, case folding, no spaces."""
        return "".join(unicodedata.normalize("NFKC", self.agency).casefold().split())

    @property
    def in_force(self) -> tuple[str, date]:
        """What only one entry may have: the folded name and the day it begins."""
        return self.folded, self.valid_from

    @field_validator("refund_steps")
    @classmethod
    def _steps_are_distinct(cls, steps: list[RefundStep]) -> list[RefundStep]:
        days = [step.within_days for step in steps]
        if len(set(days)) < len(days):
            raise ValueError(f"two steps with the same within_days in {days}; one of each is allowed")
        return steps
