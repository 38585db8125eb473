"""What a mail's own words say: its kind, the relay URL, the application. Quoted words say nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.formats.mail import Message, Text
from connectors.formats.mail_html import read_html
from connectors.formats.mail_kinds import Direction, Kind, KindRules
from connectors.formats.mail_quote import cut_quoted, unfold_flowed
from connectors.formats.mail_relay import RelayPattern, find_relay

ANSWER = re.compile(r"\s*(?:re|aw|sv|antw|返信|回复)\s*(?:\[\d+\]|\^\d+)?\s*[:：]", re.I)
# A plain text as long as this says what its HTML form says; a shorter one may be "please view this mail as HTML".
TELLING_LENGTH = 100


@dataclass(frozen=True)
class Questions:
    """What to look for. The pattern has one group, around the application's id."""

    rules: KindRules
    relay: tuple[RelayPattern, ...] = ()
    application_id_header: str | None = None
    application_id_pattern: str | None = None


@dataclass(slots=True)
class Words:
    """`direction`: who writes mails of such a kind, where the rule that told the kind knows."""

    is_answer: bool
    kind: Kind = "other"
    direction: Direction | None = None
    has_relay_url: bool = False
    relay_token: str | None = None
    application_id: str | None = None


def read_words(message: Message, texts: list[Text], subject: str, questions: Questions) -> Words:
    """The subject of an answer is the other's and tells no kind."""
    words = Words(is_answer=message.is_reply or ANSWER.match(subject) is not None)
    rule = None
    if questions.application_id_header is not None:
        words.application_id = message.text(questions.application_id_header.lower().encode()) or None
    if questions.application_id_pattern is not None:
        words.application_id = words.application_id or _find_id(questions.application_id_pattern, subject)
    for text in texts or [Text("")]:
        tells_kind = rule is None and not (text.repeats and len(texts[0].text) >= TELLING_LENGTH)
        lowered = text.text.lower() if questions.relay and words.relay_token is None else ""
        may_link = any(pattern.host in lowered for pattern in questions.relay)
        tells_id = questions.application_id_pattern is not None and words.application_id is None
        if not (tells_kind or may_link or tells_id):
            continue
        own_words, links = take_own_words(text, is_answer=words.is_answer)
        if tells_kind:
            rule = questions.rules.classify("" if words.is_answer else subject, own_words)
        if may_link:
            found, words.relay_token = find_relay(own_words, links, questions.relay)
            words.has_relay_url = words.has_relay_url or found
        if questions.application_id_pattern is not None and words.application_id is None:
            words.application_id = _find_id(questions.application_id_pattern, own_words)
    if rule is not None:
        words.kind, words.direction = rule.kind, rule.direction
    return words


def take_own_words(text: Text, *, is_answer: bool) -> tuple[str, list[str]]:
    """The text its sender wrote, and the targets of the links in it."""
    words, links = read_html(text.text) if text.is_html else (text.text, [])
    if text.is_flowed:
        words = unfold_flowed(words, deletes_space=text.deletes_space)
    own_words = cut_quoted(words, is_reply=is_answer)
    # Of HTML that quotes by a line of text only, no link's place is known: it counts where it can also be read.
    return own_words, links if own_words == words else [link for link in links if link in own_words]


def _find_id(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found is not None else None
