"""An API's record of an erased person: what the models read of an application's fate stays, everything else goes.

What stays is named, not what goes: a field nobody foresaw (an answer, a link, a custom field) is dropped.
"""

from __future__ import annotations

import json
import re
from typing import Any

# Leaves by their own name: ids, times, states and numbers of the process.
KEPT_NAMES = re.compile(
    r"(^|_)ids?$|Ids?$|_at$|At$|_on$|Time$|(^|_|[a-z])[sS]tatus$|^(date|startDate|state|stage|stage_name|action|type|"
    r"origin|sources|version|prospect|disqualified|withdrew|is_template|isAnonymized|candidate_rating|"
    r"disqualification_reason|shortcode|domain|overall_recommendation|contact|interview|user|score)$"
)
# Whole branches that speak of the company's own process and staff.
KEPT_BRANCHES = frozenset(
    "stage current_stage currentInterviewStage source archived archiveReason rejection_reason job posting stageChanges"
    " applications toStage latestVersion submittedByUser sentDocument signedDocument interviewEvents".split()
)
NAMES = frozenset({"name", "full_name", "fullName", "first_name", "firstName", "firstname"})
ADDRESSES = frozenset(
    "email emails email_addresses emailAddresses primaryEmailAddress email_address emailAddress".split()
)


def mask_record(text: str, alias: str, domain: str) -> str:
    """JSON object in, JSON object out, in the loader's own spelling (no blanks, characters as they are)."""
    try:
        record = json.loads(text)
    except ValueError:
        return "{}"
    return json.dumps(_mask(record, alias, f"{alias}@{domain}"), ensure_ascii=False, separators=(",", ":"))


def _mask(value: Any, alias: str, address: str) -> Any:
    if isinstance(value, list):
        return [kept for item in value if isinstance(item, dict) and (kept := _mask(item, alias, address))]
    if not isinstance(value, dict):
        return None
    kept: dict[str, Any] = {}
    for name, item in value.items():
        if name in ADDRESSES:
            kept[name] = _swap_address(item, address)
        elif name in NAMES:
            kept[name] = alias if item else item
        elif name in KEPT_BRANCHES or (KEPT_NAMES.search(name) and not isinstance(item, dict)):
            kept[name] = item
        elif isinstance(item, (dict, list)):
            below = _mask(item, alias, address)
            if below:
                kept[name] = below
        elif isinstance(item, bool):
            kept[name] = item
    return kept


def _swap_address(item: Any, address: str) -> Any:
    """In the shape the source has: a text, an object with a value, or a list of either; one is enough."""
    if isinstance(item, list):
        return [_swap_address(item[0], address)] if item else item
    if isinstance(item, dict):
        return {"value": address}
    return address if item else item
