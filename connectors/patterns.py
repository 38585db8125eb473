"""Regular expressions that stand in a source's settings."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _has_one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if groups != 1:
        raise ValueError("the pattern needs exactly one group ( ) around the id")
    return pattern


IdPattern = Annotated[str, AfterValidator(_has_one_group)]
