"""What tsunagu.yml says of who is one person, instead of the measured defaults of compute/identity/weights.py."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from connectors.terms import Strict

Share = Annotated[float, Field(gt=0, lt=1)]


class Weight(Strict):
    """How often a level holds between two records of one person (m) and of two (u)."""

    m: Share
    u: Share


class Linkage(Strict):
    """None: as measured. `weights`: comparison → level → weight, with the names that `tsunagu person show` prints."""

    link_probability: Share | None = None
    review_probability: Share | None = None
    agreeing_keys: float | None = Field(default=None, ge=0.5, le=5)
    shared_by: int | None = Field(default=None, ge=1)
    weights: dict[str, dict[str, Weight]] = Field(default={})
