"""Labels to keys: fold both, then look up; what no alias knows is its own member, what is missing is unknown."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

STAGES: dict[str, tuple[int, str]] = {
    "applied": (0, "応募"),
    "document": (10, "書類選考"),
    "casual": (15, "カジュアル面談"),
    "test": (20, "適性検査"),
    "interview_1": (30, "一次面接"),
    "interview_2": (40, "二次面接"),
    "interview_3": (50, "三次面接"),
    "interview_final": (60, "最終面接"),
    "offer": (70, "内定"),
    "accepted": (80, "内定承諾"),
    "joined": (90, "入社"),
}
ORDER = {key: order for key, (order, _) in STAGES.items()}
KEY_OF_ORDER = {order: key for key, order in ORDER.items()}
OUTCOMES = ("open", "hired", "rejected", "withdrawn", "offer_declined", "duplicate", "not_considered")


def fold(label: str | None) -> str:
    """NFKC, case folding, all white space removed."""
    return "".join(unicodedata.normalize("NFKC", label or "").casefold().split())


# Aliases the specification itself names; a company's own come from its labels file.
STAGE_ALIASES = {fold(name): key for key, (_, name) in STAGES.items()} | {
    fold("一次選考"): "interview_1",
    fold("1次面接"): "interview_1",
}

Aliases = Mapping[tuple[str, str], str]


def stage_of(label: str | None, aliases: Aliases) -> str:
    folded = fold(label)
    if folded in ORDER:
        return folded
    return aliases.get(("stage", folded)) or STAGE_ALIASES.get(folded) or folded or "unknown"


def channel_of(label: str | None, aliases: Aliases) -> str:
    folded = fold(label)
    return aliases.get(("channel", folded)) or folded or "unknown"


def reason_of(label: str | None, aliases: Aliases) -> str | None:
    """None for a blank label: it counts as not given."""
    folded = fold(label)
    return aliases.get(("reason", folded)) or folded or None


def outcome_of(outcome: str | None, status_label: str | None, aliases: Aliases) -> str:
    """An empty outcome comes from the status label's alias, else it is open."""
    if outcome:
        return outcome
    folded = fold(status_label)
    return aliases.get(("status", folded)) or (folded if folded in OUTCOMES else "open")
