"""An application notice of a medium → who applied, for what and when.

Media write a mail an application, each in a layout of its own: labels with marks before them (◇氏名：…, [氏名] …,
■氏名 ＝＞ …, * **名前**: …), with blanks inside (氏　名：), on a line of their own (【お名前】), a line of CSV under
its header, or JSON. What they share are the labels, so those are looked for, wherever a layout may put them.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from connectors.formats.mail_header import ADDRESS
from connectors.formats.moments import read_moment

# field → the labels it has, after NFKC, lower case, without blanks and what stands in brackets at the end.
LABELS = {
    "full_name": (
        "氏名 名前 お名前 ご氏名 応募者名 応募者氏名 応募者のお名前 応募者 候補者名 候補者 氏名漢字 "
        "applicant_name applicantname name fullname full_name candidate candidatename applicant"
    ),
    "family_name": "姓 姓漢字 last_name lastname family_name",
    "given_name": "名 名漢字 first_name firstname given_name",
    "kana": (
        "フリガナ ふりがな カナ 氏名ふりがな お名前ふりがな 氏名カナ カナ氏名 氏名フリガナ 名前フリガナ お名前フリガナ "
        "よみがな 読み仮名 応募者名カナ kana name_kana applicant_kana"
    ),
    "email": (
        "メールアドレス メール eメール e-mail email mail メアド eメールアドレス pcメールアドレス "
        "応募者メールアドレス applicant_email mailaddress mail_address email_address"
    ),
    "phone": (
        "電話番号 電話 tel 携帯電話 携帯番号 携帯電話番号 連絡先 ご連絡先 連絡先電話番号 お電話番号 "
        "応募者電話番号 phone applicant_phone phone_number telephone mobile"
    ),
    "birth_date": "生年月日 誕生日 birthday birth_date date_of_birth",
    "job_title": (
        "応募求人 応募職種 求人名 求人名称 求人タイトル 応募ポジション 募集職種 求人 応募先 応募先求人 "
        "仕事名 お仕事名 原稿名 職種 ポジション job job_title position"
    ),
    "applied_at": (
        "応募日時 応募日 応募受付日時 受付日時 受付日 エントリー日時 エントリー日 応募時刻 応募受付日 "
        "applied_at applied_on application_date"
    ),
    "channel_label": "応募媒体 媒体 媒体名 応募経路 掲載媒体 経由媒体 掲載サイト 応募サイト media source channel",
}
FIELD_OF = {label: field for field, labels in LABELS.items() for label in labels.split()}
MARKS = " \t　◇◆■□●○・*＊※▼▽▶►▷☆★◎〇>＞|-–—_#✓✔"
OPEN, CLOSE = "[［【〔<＜「『(（", "]］】〕>＞」』)）"
BRACKETED = re.compile(rf"[{re.escape(OPEN)}]\s*([^{re.escape(OPEN + CLOSE)}\n]{{1,20}}?)\s*[{re.escape(CLOSE)}]")
PARTED = re.compile(r"^(.{1,24}?)\s*(?:[:：]|[=＝][>＞]|→|⇒|\t|[|｜])\s*(.*)$")
NOTE = re.compile(r"[（(\[【].*$")
BLANKS = re.compile(r"\s+")
PHONE = re.compile(r"\+?\d[\d\-ー－‐–() ]{7,18}\d")
KANA_BEHIND = re.compile(r"^(.+?)\s*[（(]\s*([ぁ-んァ-ヶー・\s]{2,40})\s*[)）]$")
IDEOGRAPH = re.compile(r"[一-龥々]")
AGE = re.compile(r"\s*[（(]\s*\d{2}\s*(?:歳|才)?[^)）]*[)）]$")
HONORIFIC = re.compile(r"\s*(?:様|さま|さん|殿|氏)$")
NO_NAME = re.compile(r"[\d@。、！!？?:：/\\]|https?|ございます|ください|について")
LONGEST_NAME = 40
LONGEST_ROW = 80


@dataclass(frozen=True, slots=True)
class Notice:
    """Every value as the mail has it, trimmed; birth_date and applied_at canonical (YYYY-MM-DD[THH:MM:SS])."""

    full_name: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    kana: str | None = None
    email: str | None = None
    phone: str | None = None
    birth_date: str | None = None
    job_title: str | None = None
    applied_at: str | None = None
    channel_label: str | None = None

    @property
    def tells_who(self) -> bool:
        return any((self.full_name, self.family_name, self.email, self.phone))


def read_notice(text: str) -> Notice:
    """What the text says under labels known here; of a label that comes twice the first value counts."""
    found: dict[str, str] = {}
    for field, value in _list_values(text):
        if not field or field in found:
            continue
        read = _READERS.get(field, _read_text)(value)
        if read is None:
            continue
        behind = KANA_BEHIND.match(read) if field in ("full_name", "kana") else None
        if behind is not None:
            found["full_name"] = behind.group(1)
            found.setdefault("kana", behind.group(2).strip())
        elif field == "kana" and IDEOGRAPH.search(read):
            found.setdefault("full_name", read)  # 氏名（フリガナ）：山田 太郎
        else:
            found[field] = read
    return Notice(**found)


def _list_values(text: str) -> Iterator[tuple[str, str]]:
    yield from _read_json(text)
    lines = text.split("\n")
    yield from _read_delimited(lines)
    pairs = list(_pair(lines))
    for place, (field, value) in enumerate(pairs):
        if field is None:
            continue
        if not value and place + 1 < len(pairs) and pairs[place + 1][0] is None:
            value = pairs[place + 1][1]
        if value:
            yield field, value


def _pair(lines: Iterable[str]) -> Iterator[tuple[str | None, str]]:
    """(field, what stands behind its label) of every line that has text; None for a line without a known label."""
    for line in lines:
        for piece in _cut_line(line):
            bare = piece.strip().strip(MARKS).replace("**", "")
            if not bare:
                continue
            bracketed = BRACKETED.match(piece.strip().lstrip("".join(set(MARKS) - set(OPEN))))
            if bracketed is not None and (field := find_field(bracketed.group(1))) is not None:
                rest = piece.strip().lstrip("".join(set(MARKS) - set(OPEN)))[bracketed.end() :]
                yield field, rest.strip().lstrip(":：=＝>＞ ").strip()
                continue
            parted = PARTED.match(bare)
            if parted is not None:
                # Another's label: its value is no name that stands alone.
                yield find_field(parted.group(1)) or "", parted.group(2).strip()
            else:
                yield _part_by_blank(bare)


def _part_by_blank(line: str) -> tuple[str | None, str]:
    """A line without any sign between label and value, as the cells of a table row come; the label may have blanks."""
    words = line.split()
    for count in range(1, min(len(words), 6) + 1):
        field = find_field("".join(words[:count])) if len(line) <= LONGEST_ROW else None
        if field is not None:
            return field, " ".join(words[count:])
    return None, line


def _cut_line(line: str) -> list[str]:
    """A line in which several labels stand, one piece a label."""
    starts = [match.start() for match in BRACKETED.finditer(line) if find_field(match.group(1)) is not None]
    if len(starts) > 1:
        return [line[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    pieces = re.split(r"[|｜]|\s/\s", line)
    parted = [PARTED.match(piece.strip(MARKS)) for piece in pieces]
    if len(pieces) > 1 and sum(match is not None and find_field(match[1]) is not None for match in parted) > 1:
        return pieces
    return [line]


def find_field(label: str) -> str | None:
    """The field that a label is for, however it is decorated."""
    plain = unicodedata.normalize("NFKC", label).lower()
    known = FIELD_OF.get(BLANKS.sub("", plain.strip(MARKS + OPEN + CLOSE)))
    if known is not None:
        return known
    squeezed = BLANKS.sub("", plain)
    if "カナ" in squeezed or "ガナ" in squeezed or "ふりがな" in squeezed:
        return FIELD_OF.get(re.sub(r"[()\[\]・/]", "", squeezed).strip(MARKS))
    return FIELD_OF.get(NOTE.sub("", squeezed).strip(MARKS))


def _read_json(text: str) -> Iterator[tuple[str, str]]:
    start = text.find("{")
    if start < 0 or text[:start].strip():
        return
    try:
        document, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return
    yield from _walk_json(document, 0)


def _walk_json(document: object, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(document, dict) or depth > 4:
        return
    for name, value in document.items():
        field = find_field(str(name))
        if isinstance(value, dict):
            yield from _walk_json(value, depth + 1)
        elif field is not None and isinstance(value, str | int):
            yield field, str(value)


def _read_delimited(lines: list[str]) -> Iterator[tuple[str, str]]:
    """A header of at least two known labels and the line under it, parted by commas or tabs."""
    filled = [line for line in lines if line.strip()]
    for header, line in pairwise(filled):
        for delimiter in ("\t", ","):
            if delimiter not in header or delimiter not in line:
                continue
            names, values = (
                next(csv.reader([header], delimiter=delimiter)),
                next(csv.reader([line], delimiter=delimiter)),
            )
            fields = [find_field(name) for name in names]
            if len(names) == len(values) and len({*fields} - {None}) >= 2:
                yield from (
                    (field, value.strip())
                    for field, value in zip(fields, values, strict=True)
                    if field is not None and value.strip()
                )
                return


def _read_text(value: str) -> str | None:
    value = value.strip().strip('"').strip()
    if len(value) > 2 and value[0] in OPEN and value[-1] in CLOSE:
        value = value[1:-1].strip()
    return value[:200] or None


def _read_name(value: str) -> str | None:
    name = _read_text(value)
    name = None if name is None else HONORIFIC.sub("", AGE.sub("", name))
    if not name or len(name) > LONGEST_NAME or NO_NAME.search(name):
        return None
    return name


def _read_email(value: str) -> str | None:
    found = ADDRESS.search(value.replace("mailto:", " "))
    return found.group(0).strip(".") if found else None


def _read_phone(value: str) -> str | None:
    found = PHONE.search(unicodedata.normalize("NFKC", value))
    return found.group(0) if found else None


def _read_day(value: str) -> str | None:
    moment = _read_at(value)
    return None if moment is None else moment[:10]


def _read_at(value: str) -> str | None:
    text = re.sub(r"\s*[（(][^)）]*[)）]\s*", " ", value).strip()
    for candidate in (text, " ".join(text.split()[:2]), text.split()[0] if text.split() else ""):
        if candidate and (moment := read_moment(candidate)) is not None:
            return moment
    return None


_READERS = {
    "full_name": _read_name,
    "family_name": _read_name,
    "given_name": _read_name,
    "kana": _read_name,
    "email": _read_email,
    "phone": _read_phone,
    "birth_date": _read_day,
    "applied_at": _read_at,
}
