"""What is left of an erased person's record: what the models read of an application's fate stays, everything else goes.

What stays is named, not what goes: a field nobody foresaw (an answer, a link, a custom field) is dropped.
"""

from __future__ import annotations

import json
import re
from typing import Any

from connectors.entities import classify

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
# Lever's answers to a form: of a score the value is a number, of every other type it is what somebody wrote.
SCORES = ("score", "score-system")
# (stream, field) of a record itself, where the same name elsewhere is the person's: Lever's title of the form that was
# filled in, which is the criterion judged; Ashby's stage.
TITLES = frozenset({("feedback", "text"), ("history", "title")})
NAMES = frozenset({"name", "full_name", "fullName", "first_name", "firstName", "firstname"})
ADDRESSES = frozenset(
    "email emails email_addresses emailAddresses primaryEmailAddress email_address emailAddress".split()
)
# Of the columns nobody mapped, what the models read: of which message a delivery report tells.
KEPT_EXTRA = frozenset(
    {"bounced_message_id", "final_recipient", "result", "message_id", "MessageId", "Message ID", "メッセージID"}
)


def mask_record(stream: str, text: str, alias: str, domain: str) -> str:
    """JSON object in, JSON object out, in the loader's own spelling (no blanks, characters as they are)."""
    try:
        record = json.loads(text)
    except ValueError:
        return "{}"
    masked = _mask(record, alias, f"{alias}@{domain}") or {}
    if isinstance(record, dict):
        titles = {name: item for name, item in record.items() if (stream, name) in TITLES and _is_plain(item)}
        masked = {name: {**masked, **titles}[name] for name in record if name in masked or name in titles}
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def mask_extra(text: str) -> str | None:
    """A row's columns that nobody mapped (JSON): those that the models read, None where none is left."""
    try:
        cells = json.loads(text)
    except ValueError:
        return None
    kept = {name: value for name, value in cells.items() if name in KEPT_EXTRA} if isinstance(cells, dict) else {}
    return json.dumps(kept, ensure_ascii=False) if kept else None


def mask_parsed(entity: str, text: str) -> str | None:
    """A row's parsed values (JSON) without the person's."""
    cells = json.loads(text)
    kept = {name: value for name, value in cells.items() if classify(entity, name) != "direct"}
    return json.dumps(kept, ensure_ascii=False) if kept else None


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
        elif name in KEPT_BRANCHES or _is_kept(name, item, value):
            kept[name] = item
        elif isinstance(item, (dict, list)):
            below = _mask(item, alias, address)
            if below:
                kept[name] = below
        elif isinstance(item, bool):
            kept[name] = item
    return kept


def _is_kept(name: str, item: Any, beside: dict[str, Any]) -> bool:
    if name == "value":
        return beside.get("type") in SCORES and _is_plain(item)
    if name == "feedbackForms":  # ids; a form in their place is what somebody wrote
        return isinstance(item, list) and all(map(_is_plain, item))
    return bool(KEPT_NAMES.search(name)) and not isinstance(item, dict)


def _is_plain(item: Any) -> bool:
    return not isinstance(item, (dict, list))


def _swap_address(item: Any, address: str) -> Any:
    """In the shape the source has: a text, an object with a value, or a list of either; one is enough."""
    if isinstance(item, list):
        return [_swap_address(item[0], address)] if item else item
    if isinstance(item, dict):
        return {"value": address}
    return address if item else item
