"""A mail's text without the text it answers: `>` lines, Gmail's and Outlook's attributions, forwarded blocks.

What a person wrote decides what a mail is; a rejection quoted in a candidate's thanks rejects nobody a second time.
"""

from __future__ import annotations

import re

FORWARD = re.compile(
    r"[-_*=─━ ]{2,}+(?:Original Message|Original Appointment|Forwarded message|Forwarded by|Reply Message|"
    r"元のメッセージ|元のメール|オリジナルメッセージ|転送メッセージ|転送されたメッセージ|転送メール|原文)"
    r"|Begin forwarded message\s*:",
    re.I,
)
# "On Tue, Mar 11, 2025 at 9:00 AM Taro <taro@example.com> wrote:" and the like, one line, or two where it was wrapped.
WROTE = re.compile(
    r"(?:On\s.{6,300}\bwrote|Le\s.{6,300}\ba écrit|Am\s.{6,300}\bschrieb.{0,100}|.{0,200}@.{0,100}\bwrote)\s*[:：]\s*$",
    re.S,
)
WROTE_JA = re.compile(r"(?:のメール|のメッセージ|は書きました|が書きました|wrote)\s?[:：」]?$")
# An address and a colon at the end, as Gmail puts it in Japanese; the date is asked for apart.
ADDRESS_COLON = re.compile(r"\S@\S.{0,100}[:：]$")
DAY = re.compile(r"\d{4}[年/-] ?\d{1,2}[月/-] ?\d{1,2}")
CLOCK = re.compile(r"\d{1,2}:\d{2}")
LONGEST_ATTRIBUTION = 300
BLOCK_START = re.compile(r"\*?(?:From|差出人|送信者)\*?\s*[:：]", re.I)
BLOCK_LINE = re.compile(r"\*?(?:Sent|Date|To|Cc|Subject|送信日時|送信済み|日時|日付|宛先|件名|受信者)\*?\s*[:：]", re.I)
RULE = re.compile(r"[-_*=─━\s]+")
SUSPECT = re.compile(r"[>＞]|[-_*=─━]{2}|Begin f|[:：]|のメール|のメッセージ|書きました")


def unfold_flowed(text: str, *, deletes_space: bool) -> str:
    """RFC 3676: soft line breaks joined, space stuffing undone; a quoted line stays a quoted line."""
    joined: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_soft = content.endswith(" ") and content != "-- "
        if is_soft and deletes_space:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            joined[-1] += content
        else:
            joined.append(">" * depth + (" " if depth else "") + content)
        open_depth = depth if is_soft else None
    return "\n".join(joined)


def cut_quoted(text: str, *, is_reply: bool) -> str:
    """The lines that the sender wrote. `is_reply`: it answers a mail, so a full-width ＞ quotes as well."""
    if not SUSPECT.search(text):
        return text
    lines = text.split("\n")
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        first = line[:1]
        if first == ">" or (first == "＞" and is_reply and not line.startswith("＞＞")):
            index += 1
            continue
        if first and first in "-_*=─━B" and FORWARD.match(line):
            break
        if line and (line[-1] in ":：ル」たジ" or first == "O"):
            attribution = _measure_attribution(lines, index)
            if attribution:
                index += attribution
                if _next_text(lines, index)[:1] not in (">", "＞"):
                    break  # quoted without marks: all that follows is the other's
                continue
        if first and first in "*FfＦ差送" and BLOCK_START.match(line) and _is_block(lines, index):
            while kept and RULE.fullmatch(kept[-1]):
                kept.pop()
            break
        kept.append(lines[index])
        index += 1
    return "\n".join(kept)


def _measure_attribution(lines: list[str], index: int) -> int:
    """How many lines from `index` on say who wrote what follows; 0 where they do not."""
    line = lines[index].strip()
    if len(line) > LONGEST_ATTRIBUTION:
        return 0
    if WROTE.match(line):
        return 1
    if line.startswith("On "):  # wrapped over two or three lines
        for count in (2, 3):
            joined = " ".join(part.strip() for part in lines[index : index + count])
            if len(joined) <= 2 * LONGEST_ATTRIBUTION and WROTE.match(joined):
                return count
    is_dated = DAY.search(line) is not None
    if is_dated and ADDRESS_COLON.search(line):
        return 1
    if WROTE_JA.search(line):
        is_quote = _next_text(lines, index + 1)[:1] in (">", "＞")
        return 1 if is_quote or is_dated or CLOCK.search(line) else 0
    return 0


def _next_text(lines: list[str], index: int) -> str:
    return next((line.strip() for line in lines[index : index + 4] if line.strip()), "")


def _is_block(lines: list[str], index: int) -> bool:
    following = [line.strip() for line in lines[index + 1 : index + 10] if line.strip()][:5]
    return sum(BLOCK_LINE.match(line) is not None for line in following) >= 2
