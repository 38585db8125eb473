"""Who is who: candidate records become persons, by keys that agree, then by likeness where two keys still agree.

`link(candidates, rules)` yields edges of strong keys, `score_alike` and `choose_links` those of likeness,
`persons(candidates, edges, …)` the cross-reference; the other three look up
what else names a person. Frames in, frames out; times are naive UTC; nothing of a name or address leaves but as a key.
"""

from __future__ import annotations

from orchestration.compute.identity.alike import choose_links, score_alike
from orchestration.compute.identity.decisions import apply_decisions, list_review, name_links
from orchestration.compute.identity.history import close_intervals, tell_events
from orchestration.compute.identity.keys import hash_email, normalise_email, order_records
from orchestration.compute.identity.linking import STRONG_KEYS, Rule, link
from orchestration.compute.identity.mentions import attribute_feedback
from orchestration.compute.identity.persons import persons
from orchestration.compute.identity.references import attribute_messages, list_addresses, recognise_employees
from orchestration.compute.identity.weights import Likeness

__all__ = [
    "STRONG_KEYS",
    "Likeness",
    "Rule",
    "apply_decisions",
    "attribute_feedback",
    "attribute_messages",
    "choose_links",
    "close_intervals",
    "hash_email",
    "link",
    "list_addresses",
    "list_review",
    "name_links",
    "normalise_email",
    "order_records",
    "persons",
    "recognise_employees",
    "score_alike",
    "tell_events",
]
