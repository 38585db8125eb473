"""Invented people: names with readings, birth dates, addresses under example domains, unassigned phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY = (
    ("佐藤", "サトウ", "sato"), ("鈴木", "スズキ", "suzuki"), ("髙橋", "タカハシ", "takahashi"),
    ("田中", "タナカ", "tanaka"), ("伊藤", "イトウ", "ito"), ("渡邊", "ワタナベ", "watanabe"),
    ("山本", "ヤマモト", "yamamoto"), ("中村", "ナカムラ", "nakamura"), ("小林", "コバヤシ", "kobayashi"),
    ("加藤", "カトウ", "kato"), ("吉田", "ヨシダ", "yoshida"), ("山﨑", "ヤマザキ", "yamazaki"),
    ("齋藤", "サイトウ", "saito"), ("松本", "マツモト", "matsumoto"), ("井上", "イノウエ", "inoue"),
    ("木村", "キムラ", "kimura"), ("清水", "シミズ", "shimizu"), ("林", "ハヤシ", "hayashi"),
    ("森", "モリ", "mori"), ("阿部", "アベ", "abe"), ("池田", "イケダ", "ikeda"), ("橋本", "ハシモト", "hashimoto"),
    ("石川", "イシカワ", "ishikawa"), ("前田", "マエダ", "maeda"), ("藤田", "フジタ", "fujita"),
    ("岡田", "オカダ", "okada"), ("長谷川", "ハセガワ", "hasegawa"), ("村上", "ムラカミ", "murakami"),
    ("近藤", "コンドウ", "kondo"), ("遠藤", "エンドウ", "endo"), ("勅使河原", "テシガワラ", "teshigawara"),
    ("東海林", "ショウジ", "shoji"), ("栁田", "ヤナギダ", "yanagida"), ("𠮷野", "ヨシノ", "yoshino"),
)  # fmt: skip
GIVEN = (
    ("太郎", "タロウ", "taro"), ("花子", "ハナコ", "hanako"), ("健一", "ケンイチ", "kenichi"),
    ("美咲", "ミサキ", "misaki"),
    ("大輔", "ダイスケ", "daisuke"), ("葵", "アオイ", "aoi"), ("翔太", "ショウタ", "shota"), ("結衣", "ユイ", "yui"),
    ("蓮", "レン", "ren"), ("陽菜", "ヒナ", "hina"), ("拓也", "タクヤ", "takuya"), ("さくら", "サクラ", "sakura"),
    ("直樹", "ナオキ", "naoki"), ("彩", "アヤ", "aya"), ("悠斗", "ユウト", "yuto"), ("真由美", "マユミ", "mayumi"),
    ("誠", "マコト", "makoto"), ("恵", "メグミ", "megumi"), ("亮", "リョウ", "ryo"), ("千尋", "チヒロ", "chihiro"),
    ("隆", "タカシ", "takashi"), ("由紀", "ユキ", "yuki"), ("航", "ワタル", "wataru"), ("楓", "カエデ", "kaede"),
    ("和也", "カズヤ", "kazuya"), ("遥", "ハルカ", "haruka"), ("博", "ヒロシ", "hiroshi"), ("莉子", "リコ", "riko"),
)  # fmt: skip
# The agency sends its own address for every candidate it brings: it must never make them one person.
AGENCY_ADDRESS = "entry@agency.example.co.jp"


@dataclass(frozen=True)
class Person:
    number: int
    family: str
    given: str
    family_kana: str
    given_kana: str
    email: str
    phone: str
    birth: date

    @property
    def name(self) -> str:
        return f"{self.family}　{self.given}"

    @property
    def kana(self) -> str:
        return f"{self.family_kana}　{self.given_kana}"


def invent_people(random: Random, count: int) -> list[Person]:
    """`count` people, no two with the same name, reading and birth date. 1 in 40 shares a family's phone."""
    people: list[Person] = []
    for number in range(1, count + 1):
        family, given = random.choice(FAMILY), random.choice(GIVEN)
        birth = date(1965, 1, 1) + timedelta(days=random.randrange(41 * 365))
        phone = f"090-0000-{number:04d}"
        if people and random.random() < 0.025:
            phone = people[-1].phone
        people.append(
            Person(
                number=number,
                family=family[0],
                given=given[0],
                family_kana=family[1],
                given_kana=given[1],
                email=f"{given[2]}.{family[2]}{number}@{random.choice(('example.com', 'example.co.jp'))}",
                phone=phone,
                birth=birth,
            )
        )
    return people


def to_hiragana(katakana: str) -> str:
    """Katakana → hiragana; the long mark and spaces stay."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in katakana)


def to_wareki(day: date) -> str:
    """昭和64年1月7日 was the last day of Shōwa, 平成31年4月30日 the last of Heisei."""
    for start, era, first in ((date(2019, 5, 1), "令和", 2018), (date(1989, 1, 8), "平成", 1988)):
        if day >= start:
            year = day.year - first
            return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"昭和{day.year - 1925}年{day.month}月{day.day}日"


def to_full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
