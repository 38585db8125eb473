"""The story as people keep it in Excel: media costs, interview evaluations, the roster, the agency's lists."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

import xlsxwriter

from data.make_sample.mails import RELAY_FROM, invited, token_of
from data.make_sample.people import Person, to_full_width, to_hiragana, to_wareki
from data.make_sample.story import END, LAST_DAY, SHOPS, Application, Story

# Month's price of a posting with tax, in yen; the last is a contract for a year, paid in April.
POSTINGS = {
    "Indeed": 88_000,
    "求人ボックス": 44_000,
    "タウンワーク": 66_000,
    "リクナビNEXT": 330_000,
    "マイナビ転職": 275_000,
}
YEARLY = (("ビズリーチ", "年間プラン", 1_320_000), ("自社HP", "採用サイト保守", 396_000))
INTERVIEWERS = {
    "営業部": ("青木", "川上"),
    "商品本部": ("平野",),
    "管理本部": ("黒田", "星"),
    "製造部": ("大塚",),
    "人事部": ("早川", "三宅", "西"),
}
CRITERIA = ("専門性", "コミュニケーション", "志望度", "カルチャーフィット")


class Sheet:
    """A workbook in memory whose bytes depend on its cells alone."""

    def __init__(self, name: str) -> None:
        self.bytes = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.bytes, {"in_memory": True})
        self.book.set_properties({"created": END})
        self.sheet = self.book.add_worksheet(name)
        self.day = self.book.add_format({"num_format": "yyyy/m/d"})
        self.yen = self.book.add_format({"num_format": "#,##0"})
        self.row = 0

    def write(self, *cells: object) -> None:
        for column, cell in enumerate(cells):
            if isinstance(cell, date | datetime):
                self.sheet.write_datetime(self.row, column, datetime(cell.year, cell.month, cell.day), self.day)
            elif isinstance(cell, int):
                self.sheet.write_number(self.row, column, cell, self.yen)
            elif cell is not None:
                self.sheet.write_string(self.row, column, str(cell))
        self.row += 1

    def finish(self) -> bytes:
        self.book.close()
        return self.bytes.getvalue()


def write_costs(random: Random) -> bytes:
    """A title row above the header, amounts with tax, a contract over a year, a sum at the foot."""
    sheet = Sheet("媒体費用")
    sheet.write("2025年度・2026年度上期　求人媒体費用（税込）")
    sheet.write()
    sheet.write("店舗名", "報告者", "求人媒体", "商品名", "求人費(税込)", "連載開始", "連載終了", "退職理由等、備考")
    total = 0
    for month in _months():
        last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        for medium, price in POSTINGS.items():
            amount = price + random.randrange(-4, 5) * 1_100
            shop = random.choice(SHOPS)[1] if price < 100_000 else "本社"
            sheet.write(shop, "人事部", medium, "月額", amount, month, last)
            total += amount
    for start in (date(2025, 4, 1), date(2026, 4, 1)):
        for medium, product, amount in YEARLY:
            end = start.replace(year=start.year + 1) - timedelta(days=1)
            sheet.write("本社", "人事部", medium, product, amount, start, end, "年間契約・４月一括払い")
            total += amount
    sheet.write("合計", None, None, None, total)
    return sheet.finish()


def _months() -> list[date]:
    return [date(2025 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(18)]


def write_evaluations(random: Random, story: Story) -> bytes:
    """One line an interview and interviewer, a column a criterion; one cell is an Excel error."""
    sheet = Sheet("面接評価")
    sheet.write("面接評価シート（人事部 取扱注意）")
    sheet.write("応募ID", "選考段階", "面接官", "面接官部署", "面接日", *CRITERIA, "合否", "コメント")
    names = {"interview_1": "一次面接", "interview_2": "二次面接", "interview_final": "最終面接"}
    lines = 0
    for application in story.hq:
        assert application.job is not None
        panel = INTERVIEWERS[application.job.department] + INTERVIEWERS["人事部"]
        stages = [(stage, at) for stage, at in application.stages if stage in names]
        for place, (stage, held) in enumerate(stages):
            passed = place < len(stages) - 1 or application.outcome in ("hired", "offer_declined")
            for interviewer in random.sample(panel, 2 if stage != "interview_final" else 1):
                strict = -1 if interviewer in ("黒田", "星") else 0
                scores: list[object] = [
                    max(1, min(5, round(random.gauss(3.8 if passed else 2.7, 0.8)) + strict)) for _ in CRITERIA
                ]
                lines += 1
                if lines == 40:
                    scores[0] = "#REF!"
                home = next(name for name, members in INTERVIEWERS.items() if interviewer in members)
                verdict = "合格" if passed else "不合格"
                sheet.write(application.application_id, names[stage], interviewer, home, held, *scores, verdict)
    return sheet.finish()


@dataclass(frozen=True)
class Hire:
    person: Person
    department: str
    hired: date
    left: date | None
    how: str
    application: Application | None


def write_roster(random: Random, story: Story) -> bytes:
    """Wareki birthdays, full-width numbers, hires with and without their application's id, leavers, a second spell."""
    sheet = Sheet("社員名簿")
    sheet.write("社員名簿　令和8年9月30日現在")
    sheet.write("社員番号", "氏名", "ふりがな", "生年月日", "部署", "入社日", "退職日", "退職区分", "応募ID")
    for number, (code, hire) in enumerate(staff(random, story).items(), start=1):
        wareki = number % 3 == 0
        sheet.write(
            to_full_width(code) if number % 7 == 0 else code,
            hire.person.name,
            to_hiragana(hire.person.kana),
            to_wareki(hire.person.birth) if wareki else hire.person.birth,
            hire.department,
            hire.hired,
            hire.left or ("在籍" if number % 5 == 0 else None),
            hire.how,
            hire.application.application_id if hire.application and number % 4 else None,
        )
        if hire.how == "自己都合" and number % 11 == 0 and hire.left and hire.left < date(2026, 5, 1):
            again = hire.left + timedelta(days=90)  # came back: a second spell, no second hire
            sheet.write(
                code, hire.person.name, to_hiragana(hire.person.kana), hire.person.birth, hire.department, again
            )
    sheet.write("合計", None, None, None, None, None, None, None, None)
    return sheet.finish()


def staff(random: Random, story: Story) -> dict[str, Hire]:
    """Employee number → hire: forty who were there before, then everybody who has joined since."""
    hires = [_hire(random, a) for a in story.all if a.outcome == "hired" and a.joined and a.joined <= LAST_DAY]
    veterans = [
        Hire(person, "製造部", date(2010 + n % 14, 4, 1), None, "", None) for n, person in enumerate(story.people[-40:])
    ]
    return {f"E{number:05d}": hire for number, hire in enumerate([*veterans, *hires], start=1)}


def _hire(random: Random, application: Application) -> Hire:
    assert application.joined is not None
    shop = application.shop[1] if application.shop else None
    stay = random.expovariate(1 / (700 if shop else 2600))
    left = application.joined + timedelta(days=int(stay))
    how = random.choices(("自己都合", "会社都合", "契約満了", ""), (7, 1, 2, 1))[0]
    if left > LAST_DAY:
        left, how = None, ""
    department = shop or (application.job.department if application.job else "")
    return Hire(application.person, department, application.joined, left, how, application)


def registrants(random: Random, story: Story) -> list[Application]:
    """Who registered through the line in the rejection mail: about one in twelve of those invited."""
    asked = [a for a in story.all if invited(a) and a.closed and a.closed < END - timedelta(days=10)]
    return sorted(random.sample(asked, len(asked) // 12), key=lambda a: (a.closed, a.application_id))


def write_registrations(random: Random, story: Story) -> bytes:
    """By token, by address or by its hash; pending, doubled and invalid ones; two whom nobody knows."""
    sheet = Sheet("登録者")
    sheet.write(
        "登録番号", "登録日時", "紹介コード", "メールアドレス", "メールハッシュ", "状態", "状態更新日", "他社内定"
    )
    for number, application in enumerate(registrants(random, story), start=1):
        assert application.closed is not None
        at = application.closed + timedelta(days=2 + number % 5, hours=number % 12)
        email = application.person.email.upper() if number % 6 == 0 else application.person.email
        hashed = hashlib.sha256(application.person.email.lower().encode()).hexdigest()
        state = {5: "確認中", 9: "無効"}.get(number % 13, "有効")
        sheet.write(
            f"R{number:04d}",
            at.strftime("%Y/%m/%d %H:%M"),
            token_of(application) if number % 3 else None,
            email if number % 3 == 0 and number % 2 else None,
            hashed if number % 3 == 0 and number % 2 == 0 else None,
            state,
            (at + timedelta(days=3)).strftime("%Y/%m/%d"),
            "有" if number % 8 == 0 else None,
        )
        if number % 15 == 0:
            later = (at + timedelta(days=6)).strftime("%Y/%m/%d %H:%M")
            sheet.write(f"R{number:04d}-2", later, token_of(application), None, None, "有効")
    sheet.write("R9001", "2026/02/03 11:20", "smunknown0001", None, None, "有効", "2026/02/05")
    sheet.write("R9002", "2026/03/09 09:05", None, "nobody@example.com", None, "確認中")
    return sheet.finish()


def write_slots(story: Story) -> bytes:
    """One free hire slot used, for a hire of the second year."""
    hire = next(a for a in story.hq if a.outcome == "hired" and a.closed and a.closed > datetime(2026, 4, 1))
    assert hire.job is not None and hire.closed is not None and hire.closed > RELAY_FROM
    sheet = Sheet("枠利用")
    sheet.write("枠番号", "利用日", "応募ID", "求人ID")
    sheet.write("SLOT-1", hire.closed.strftime("%Y/%m/%d"), hire.application_id, hire.job.job_id)
    return sheet.finish()
