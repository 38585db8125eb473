"""Jobs, channels, reasons and costs, with their labels as people write them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.companies.writing import Row

# Each channel in the writings of which folding must make one.
CHANNELS = (
    ("ＭｅｄｉａＺｑ Ａ", "mediazq a", "MEDIAZQ　Ａ", "MediaZq  A", "Zq旧メディア"),
    ("ﾎﾞｰﾄﾞ乙Ｘ", "ボード 乙 X", "ボード乙Ｘ ", "ボード乙x"),
    ("（株）　ゼット紹介", "㈱ゼット紹介", "(株)ゼット紹介"),
    ("ｽｶｳﾄ 丁", "スカウト丁"),
    ("Ｚｑフェア№９", "ZQ フェア No9"),
    ("zq紹介プログラム", "ＺＱ紹介プログラム"),
    ("ﾃﾞｭｱﾙ Straße", "デュアルSTRASSE"),
    ("", "　", " "),
)
ONLY_COSTS = ("ＺＱ ゼロ 広告", "zqゼロ広告")
REASONS = {
    "company": (
        ("ｽﾞﾚ（条件）", "ズレ(条件)"),
        ("理由⑤", "理由5"),
        ("理由甲　ａ", "理由甲 Ａ"),
        ("Ｚｑ Skill Gap", "zq skillgap"),
    ),
    "candidate": (("Zq 待遇", "zq待遇", "Zq給与"), ("家庭ノ事情z", "家庭ノ事情ｚ"), ("他社zq", "他社Ｚｑ")),
}
FAMILIES = ("fam_a", "fam_b ", "Fam Ｃ ｄ", "職種丙", "　職種丙", "")
DEPARTMENTS = ("dept_a", "dept_b", "部門丙", " Dept　Ｄ", "")
HIRING_TYPES = ("new_graduate", "mid_career", "part_time", "other", "")
# The company's own aliases: vocabulary, label, key. Each key is what another label of ours folds to.
LABELS = (
    ("channel", "ZQ旧メディア", "mediazqa"),
    ("reason", "ｚｑ給与", "zq待遇"),
    ("stage", "Zq面談", "interview_1"),
    ("status", "Zq見送り", "rejected"),
    ("status", "ｚｑ辞退", "withdrawn"),
    ("status", "Zq重複", "duplicate"),
)
STATUS_LABELS = {"rejected": "ZQ 見送り", "withdrawn": "Zq辞退", "duplicate": "ｚｑ重複"}


def list_jobs(count: int, start: date, random: Random) -> list[Row]:
    return [
        {
            "job_id": f"J{number:03d}",
            "title": f"募集{number}",
            "job_family": random.choice(FAMILIES),
            "department": random.choice(DEPARTMENTS),
            "hiring_type": random.choice(HIRING_TYPES),
            "status": "open",
            "opened_date": start + timedelta(days=random.randrange(200)),
            "openings": random.randrange(1, 4),
        }
        for number in range(1, count + 1)
    ]


def list_reasons(application_id: str, outcome: str, random: Random) -> list[Row]:
    """None to four reasons: alike but for width, blank, with gaps in the ordinals, of either party."""
    if outcome not in ("rejected", "withdrawn", "offer_declined") or random.random() < 0.12:
        return []
    party = "company" if outcome == "rejected" else "candidate"
    count = random.choice((1, 1, 1, 2, 2, 3, 4))
    is_blank = random.random() < 0.06
    ordinals = sorted(random.sample(range(1, 7), count))
    rows = [
        {
            "application_id": application_id,
            "ordinal": ordinal,
            "reason_label": random.choice((" ", "", "　"))
            if is_blank
            else random.choice(random.choice(REASONS[party])),
            "party": party if random.random() < 0.9 else random.choice(("neither", "unknown")),
            "reason_text": "面接メモ",
        }
        for ordinal in ordinals
    ]
    if len(rows) > 1 and random.random() < 0.15:
        random.choice(rows)["reason_label"] = " "
    random.shuffle(rows)
    return rows


def list_costs(start: date, applied: list[str], hired: list[str], lost: str, random: Random) -> list[Row]:
    """Adverts over days, months and years, some beyond the end; fees and refunds of hires; some of any application."""
    rows: list[Row] = []
    for labels in (*CHANNELS[:-1], ONLY_COSTS, ("",)):
        for _ in range(random.randrange(2, 7)):
            begins = start + timedelta(days=random.randrange(700))
            days = random.choice((0, 0, 2, 30, 90, 200, 400, 800))
            kind = random.choice(("fixed", "tool", "internal", "per_application"))
            rows.append(_cost(random.choice(labels), kind, begins, begins + timedelta(days=days), random))
            if random.random() < 0.12:
                rows[-1]["application_id"] = random.choice((lost, *random.sample(applied, 2)))
    for application_id in hired:
        if random.random() < 0.5:
            rows.append(_fee("success_fee", application_id, start, random))
            if random.random() < 0.3:
                rows.append(_fee("refund", application_id, start, random))
    rows.append(_fee("refund", None, start, random))
    for number, row in enumerate(rows, 1):
        row["cost_id"] = f"K{number:05d}"
    return rows


def _fee(kind: str, application_id: str | None, start: date, random: Random) -> Row:
    day = start + timedelta(days=random.randrange(700))
    label = random.choice(random.choice(CHANNELS))
    return _cost(label, kind, day, day, random) | {"application_id": application_id}


def _cost(label: str, kind: str, begins: date, ends: date, random: Random) -> Row:
    amount = random.randrange(10_000, 1_000_000)
    return {
        "channel_label": label,
        "kind": kind,
        "period_start_date": begins,
        "period_end_date": ends,
        "amount": amount + 0.25 if random.random() < 0.1 else amount,
    }
