"""One written number, in any form that Japanese files use, to plain decimal text."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

MYRIADS = {"": 1, "千": 10**3, "百万": 10**6, "万": 10**4, "億": 10**8, "兆": 10**12}
# What may stand behind a number without changing it. 85% is 85: the scale of a score is told by score_max, not by a
# sign.
UNITS = (
    "円|%|名様?|人|件|回|点|枠|個|社|位|歳|才|年|日|ヶ月|か月|カ月|ヵ月|時間|分|ポイント|pt|pts|point|points|yen|jpy"
)
NUMBER = re.compile(
    rf"""(?P<open>\()?\s*
    (?P<sign>[-+△▲▼])?\s*(?:¥|\\|JPY\s?)?\s*(?P<sign2>[-+△▲▼])?\s*
    (?P<parts>(?:(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,2}})?(?:\s*(?:百万|千|万|億|兆))?
        (?:\s*(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?\s*(?:百万|千|万|億|兆)?)*)
    \s*(?P<unit>{UNITS})?\s*(?P<close>\))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
PART = re.compile(r"([\d,]*\.?\d*(?:[eE][+-]?\d{1,2})?)\s*(百万|千|万|億|兆|)\s*", re.ASCII)
# Beyond these the column types of the model cannot hold it: BIGINT, and DECIMAL(18,2).
LARGEST = {"n": Decimal(2**63 - 1), "yen": Decimal(10**16) - 1, "num": Decimal(10**30)}

TRUE = frozenset("true 1 yes y on t ○ 〇 ◯ ● ◎ ✓ ✔ ☑ レ 有 有り あり はい 済 済み 可 該当 対象".split())
FALSE = frozenset("false 0 no n off f × ✕ ✖ ✗ x 無 無し なし いいえ 未 不可 非該当 対象外 ☐".split())


def read_number(text: str, kind: str) -> str | None:
    """Plain decimal text (`-?\\d+(\\.\\d+)?`) for kind n, num or yen; None where it is no such number.

    None too for `1,5` (a decimal comma, or a slip), a range, an approximation, another currency, or, for n, a fraction.
    """
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    found = NUMBER.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["sign"] and found["sign2"]):
        return None
    if found["unit"] == "%" and kind != "num":
        return None
    value = _add_up(found["parts"])
    if value is None or value > LARGEST[kind]:
        return None
    if (found["sign"] or found["sign2"] or "+") != "+" or found["open"]:
        value = -value
    if kind == "n" and value != value.to_integral_value():
        return None
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def read_flag(text: str) -> str | None:
    """`true` or `false`; None where it is neither."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    if folded in TRUE:
        return "true"
    return "false" if folded in FALSE else None


def _add_up(text: str) -> Decimal | None:
    """1億2,000万 → 120000000: the multipliers must fall from left to right."""
    total, last, position = Decimal(0), None, 0
    while position < len(text):
        part = PART.match(text, position)
        if part is None or not part[1]:
            return None
        multiplier = MYRIADS[part[2]]
        if last is not None and multiplier >= last:
            return None
        try:
            total += Decimal(part[1].replace(",", "")) * multiplier
        except InvalidOperation:
            return None
        last, position = multiplier, part.end()
    return total
