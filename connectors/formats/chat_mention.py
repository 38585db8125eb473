"""Whom does a chat message speak of? Ids and links of applications, and names that carry an honorific.

A name is taken as it stands before the honorific; whether it is an applicant's is told where the applicants are known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

HAN = "\u3400-\u9fff\uf900-\ufaff々〆ヵヶ"
KANA = "ぁ-んァ-ヴー"
HONORIFICS = ("さん", "様", "さま", "氏", "くん", "君", "ちゃん", "殿")
LONGEST = 16


@dataclass(frozen=True)
class Mentions:
    """What to look for. `links` and `pattern` have one group each, around the application's id."""

    honorifics: Sequence[str] = HONORIFICS
    links: tuple[re.Pattern[str], ...] = ()
    pattern: re.Pattern[str] | None = None

    def find_ids(self, text: str) -> list[str]:
        """The applications that the text names by link or id, each once, in order."""
        expressions = [*self.links, *([self.pattern] if self.pattern is not None else [])]
        return list(dict.fromkeys(found.group(1) for each in expressions for found in each.finditer(text)))

    def find_names(self, text: str) -> list[str]:
        """What stands before an honorific, without knowing where a name begins: `面接した見本太郎`, `見本 太郎`."""
        return list(dict.fromkeys(match.group(1) for match in _names(tuple(self.honorifics)).finditer(text)))


def compile_link(pattern: str) -> re.Pattern[str]:
    """A URL with one `*` where the application's id stands, as an expression with that group."""
    before, _, after = pattern.partition("*")
    return re.compile(f"{re.escape(before)}([A-Za-z0-9_-]+){re.escape(after)}")


def _names(honorifics: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"(?<!@)((?:[{HAN}{KANA}]{{1,{LONGEST}}}?[ \u3000]?[{HAN}{KANA}]{{1,{LONGEST}}}?"
        rf"|[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'-]+){{1,2}}))[ \u3000]?(?:{'|'.join(map(re.escape, honorifics))})"
    )
