"""Which kind of mail is it? Phrases in a rule file, tried in order; the first rule that holds decides.

Phrases and mails are both brought to one spelling before they are compared (full width and half width, 頂く and
いただく, 御 and ご, 添う and 沿う, line breaks inside a sentence), so that a rule file lists wordings, not spellings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.errors import SettingsError
from connectors.yaml_lines import explain, read_yaml

Kind = Literal["acknowledgement", "application_notice", "scheduling", "rejection", "offer", "other"]
Direction = Literal["inbound", "outbound"]

SHIPPED_RULES = Path(__file__).parents[1] / "profiles" / "mail" / "kinds.yml"
# A gap stays inside a sentence; no sentence seen in such mails puts more between the two halves of a phrase.
GAP = "[^。]{0,60}?"
SPELLINGS = (
    ("頂", "いただ"), ("戴", "いただ"), ("致", "いた"), ("下さ", "くださ"), ("御", "ご"), ("添", "そ"), ("沿", "そ"),
    ("副え", "そえ"), ("出来", "でき"), ("有難", "ありがと"), ("有り難", "ありがと"), ("まことに", "誠に"),
    ("事", "こと"), ("申上げ", "申し上げ"), ("受け付け", "受付"), ("受付け", "受付"), ("是非", "ぜひ"),
    ("無い", "ない"), ("無く", "なく"), ("良い", "よい"), ("宜しい", "よろしい"), ("’", "'"),
)  # fmt: skip
WHITE = re.compile(r"\s+")
# Japanese is wrapped anywhere; between Latin words a blank means something.
BLANK_BESIDE_JAPANESE = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
MAX_MATCHED_CHARACTERS = 20_000  # a mail that says it later says it to nobody


class KindRule(BaseModel):
    """One rule: it holds where a `subject` phrase stands in the subject or a `body` phrase in the text, one of `with`
    (if any) in either, and none of `unless`. In a phrase ` .. ` stands for up to 60 characters of the same sentence.
    `direction`: who writes such a mail, for files that do not tell their own side."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(min_length=1)
    kind: Kind
    subject: list[str] = []
    body: list[str] = []
    also: list[str] = Field(default=[], alias="with")
    unless: list[str] = []
    direction: Direction | None = None

    @field_validator("subject", "body", "also", "unless")
    @classmethod
    def _is_long_enough(cls, phrases: list[str]) -> list[str]:
        for phrase in phrases:
            if len(fold_text(phrase.replace("..", ""))) < 2:
                raise ValueError(f"the phrase {phrase!r} has fewer than two letters and would stand in any mail")
        return phrases


class KindFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: list[KindRule]


# A phrase's longest piece, and the expression for the whole where it has gaps: the plain search answers no for nearly
# every phrase and mail, a hundred times faster than an expression would.
_Phrase = tuple[str, re.Pattern[str] | None]


@dataclass(frozen=True, slots=True)
class _Rule:
    rule: KindRule
    subject: tuple[_Phrase, ...]
    body: tuple[_Phrase, ...]
    also: tuple[_Phrase, ...]
    unless: tuple[_Phrase, ...]

    def holds(self, subject: str, body: str) -> bool:
        if not (_any(self.subject, subject) or _any(self.body, body)):
            return False
        if self.also and not (_any(self.also, subject) or _any(self.also, body)):
            return False
        return not (_any(self.unless, subject) or _any(self.unless, body))


@dataclass(frozen=True)
class KindRules:
    rules: tuple[_Rule, ...]

    def classify(self, subject: str, body: str) -> KindRule | None:
        """The first rule that holds, or None: the kind is then `other`. Both texts are the sender's own words."""
        subject, body = fold_text(subject), fold_text(body[:MAX_MATCHED_CHARACTERS])
        return next((rule.rule for rule in self.rules if rule.holds(subject, body)), None)


def fold_text(text: str) -> str:
    """One spelling of what may be written in several; used for comparing only."""
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold()
    text = BLANK_BESIDE_JAPANESE.sub("", WHITE.sub(" ", text)).strip()
    for written, folded in SPELLINGS:
        text = text.replace(written, folded)
    return text


def load_rules(own: Path | None = None) -> KindRules:
    """The shipped rules, after those of the user's own file; one of the same name replaces the shipped one in place.

    Raises SettingsError with every mistake of the user's file by line.
    """
    stamp = None if own is None or not own.is_file() else own.stat().st_mtime_ns
    return _load_rules(own, stamp)


@lru_cache(maxsize=8)
def _load_rules(own: Path | None, stamp: int | None) -> KindRules:
    shipped = {rule.name: rule for rule in _read_rules(SHIPPED_RULES)}
    mine = [] if own is None else _read_rules(own)
    for rule in mine:
        if rule.name in shipped:
            shipped[rule.name] = rule
    first = [rule for rule in mine if shipped.get(rule.name) is not rule]
    return compile_rules([*first, *shipped.values()])


def compile_rules(rules: Iterable[KindRule]) -> KindRules:
    return KindRules(
        tuple(
            _Rule(rule, _compile(rule.subject), _compile(rule.body), _compile(rule.also), _compile(rule.unless))
            for rule in rules
        )
    )


def _read_rules(path: Path) -> list[KindRule]:
    document = read_yaml(path)
    mistakes: list[str] = []
    parsed = explain(KindFile, document.data, document, mistakes)
    if parsed is None:
        raise SettingsError("\n".join(mistakes), mend=f"the shipped rules show the form: {SHIPPED_RULES}")
    return parsed.rules


def _compile(phrases: Sequence[str]) -> tuple[_Phrase, ...]:
    found: list[_Phrase] = []
    for phrase in phrases:
        pieces = tuple(fold_text(piece) for piece in phrase.split("..") if fold_text(piece))
        expression = re.compile(GAP.join(map(re.escape, pieces))) if len(pieces) > 1 else None
        found.append((max(pieces, key=len), expression))
    return tuple(found)


def _any(phrases: tuple[_Phrase, ...], text: str) -> bool:
    for piece, expression in phrases:  # a plain loop: any() over a generator costs more than most searches
        if piece in text and (expression is None or expression.search(text) is not None):
            return True
    return False
