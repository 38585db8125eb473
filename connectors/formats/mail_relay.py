"""The relay URL in a mail: is it there, and which token does it carry?

A pattern is a URL with at most one `*` where the token stands. Mail software escapes, wraps and rewrites URLs; a token
is taken only where it is whole.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from functools import lru_cache

TOKEN = r"((?:[A-Za-z0-9_-]|%[0-9A-Fa-f]{2})+)"
# After the token: the end, white space, punctuation or Japanese text. `.` and a letter would be more of another token.
TOKEN_END = r"(?![A-Za-z0-9_%-]|[.~+=:@!$'*,/|]+[A-Za-z0-9])"
BRACKETED = re.compile(r"<\s*(?:URL:\s*)?https?://[^<>]{1,2000}>", re.I)
INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")
WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class RelayPattern:
    host: str  # lower-case; a text without it cannot match, which most mails are told by
    expression: re.Pattern[str]


@lru_cache(maxsize=8)
def compile_patterns(patterns: tuple[str, ...]) -> tuple[RelayPattern, ...]:
    return tuple(_compile_pattern(pattern) for pattern in dict.fromkeys(patterns))


def find_relay(text: str, links: list[str], patterns: tuple[RelayPattern, ...]) -> tuple[bool, str | None]:
    """Whether one of the URLs stands in the text or among the links, and the first token found.

    A URL whose token is blank (a template nobody filled in) is none; one whose token holds other characters than
    letters, digits, `-`, `_` and percent escapes is there, without a token.
    """
    found = False
    for source in (text, "\n".join(links)):
        if not source or not patterns:
            continue
        lowered = source.lower()
        for pattern in patterns:
            if pattern.host not in lowered:
                continue
            for reading in _read_again(source):
                is_there, token = _match(reading, pattern)
                if token is not None:
                    return True, token
                found = found or is_there
    return found, None


def _compile_pattern(pattern: str) -> RelayPattern:
    parts = urllib.parse.urlsplit(pattern)
    scheme_and_host = f"{parts.scheme}://{parts.netloc}"
    before, star, after = pattern[len(scheme_and_host) :].partition("*")
    # Hard wrapping breaks a URL at any place; inside the fixed part a line break can mean nothing else.
    expression = f"(?i:{_escape(scheme_and_host)})" + _escape(before)
    if star and after:
        expression += TOKEN + _escape(after)
    elif star:
        # A token of other characters is none, but the URL is there.
        expression += f"(?:{TOKEN}{TOKEN_END}|(?=[A-Za-z0-9_%-]))"
    else:
        expression += r"(?![A-Za-z0-9_%-])"
    return RelayPattern(parts.netloc.lower(), re.compile(expression))


def _escape(literal: str) -> str:
    return r"(?:\r?\n)?".join(re.escape(character) for character in literal)


def _read_again(source: str) -> tuple[str, ...]:
    """The text as it stands, then as it reads once escapes, wraps in <…> and rewriting gateways are undone."""
    mended = source.translate(INVISIBLE).replace("&amp;", "&")
    mended = BRACKETED.sub(lambda match: WHITE.sub("", match.group(0)), mended)
    if "%3a%2f%2f" in mended.lower():
        return mended, urllib.parse.unquote(mended)
    return (mended,)


def _match(text: str, pattern: RelayPattern) -> tuple[bool, str | None]:
    found = False
    for match in pattern.expression.finditer(text):
        found = True
        if pattern.expression.groups and match.group(1) is not None:
            return True, urllib.parse.unquote(match.group(1))
    return found, None
