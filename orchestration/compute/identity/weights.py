"""The settings of linkage by likeness: what is compared, what each agreement weighs, and from where on it links.

Weights are of Fellegi and Sunter (1969): m is how often a level holds between two records of one person, u between
records of two; a level adds log2(m/u) bits, and one that names a frequency log2(m/(frequency · rest)) instead, so 佐藤
weighs less than 勅使河原, and a birth date that all have says little. m and u are rounded estimates of what changes
between two records of one person and of what strangers share by chance; training.py brings m to the records at hand.
On 20,000 invented Japanese records with duplicates planted, names by real frequency, the strong keys alone find pairs
at precision 1.000, recall 0.824; with likeness 0.999 and 0.999 (tests/compute/test_identity_likeness.py holds it).
Never a link in the two golden companies and in random companies of 6,000 applications, whose strong keys say it all.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.compute.identity.blocking import BLOCKS


@dataclass(frozen=True)
class Level:
    """`condition` is DuckDB SQL over columns _l and _r; `agrees`: 1 a key that agrees, 0.5 one that nearly does, less
    than 0 one that contradicts, between 0 and 0.5 what makes no key; `frequency`: the column whose tf_ takes the place
    of u, times `rest`, how often strangers who are equal there hold the level, or how many times as often they hold it;
    `least_u`: only where that is more than u; `is_set`: by a person, so that training leaves it."""

    name: str
    condition: str
    m: float
    u: float
    agrees: float = 0.0
    frequency: str | None = None
    rest: float = 1.0
    least_u: bool = False
    is_set: bool = False


@dataclass(frozen=True)
class Comparison:
    """Levels from the strongest to the weakest; a pair holds the first one that is true, `missing` before all."""

    name: str
    missing: str
    levels: tuple[Level, ...]


def _either_null(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


def _equal(column: str, other: str | None = None) -> str:
    return f"{column}_l = {other or column}_r" + (f" or {other}_l = {column}_r" if other else "")


FULL_KANJI = f"({_equal('kanji')} or {_equal('kanji', 'kanji_swapped')})"
FULL_READING = f"({_equal('reading')} or {_equal('reading', 'reading_swapped')})"
GIVEN_EQUAL = (
    "(kanji_given_l = kanji_given_r or given_l = given_r or given_l = family_r or family_l = given_r"
    " or kanji_given_l = kanji_family_r or kanji_family_l = kanji_given_r)"
)
FAMILY_EQUAL = "(kanji_family_l = kanji_family_r or family_l = family_r)"
NO_FAMILY = "(coalesce(family_l, kanji_family_l) is null or coalesce(family_r, kanji_family_r) is null)"
NO_GIVEN = "(coalesce(given_l, kanji_given_l) is null or coalesce(given_r, kanji_given_r) is null)"


def _similar(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


NAME = Comparison(
    "name",
    "(kanji_l is null and reading_l is null) or (kanji_r is null and reading_r is null)"
    " or ((kanji_l is null or kanji_r is null) and (reading_l is null or reading_r is null))",
    (
        Level(
            "the whole name",
            f"({FULL_KANJI} and coalesce({FULL_READING}, true)) or ({FULL_READING} and coalesce({FULL_KANJI}, true))",
            0.72,
            1e-5,
            agrees=1,
            frequency="name",
        ),
        # 裕子 is Yuko and Hiroko, Yuko 裕子 and 優子: as often two people as one, so another two keys must agree.
        Level("one spelling of the name", f"{FULL_KANJI} or {FULL_READING}", 0.07, 2e-5, agrees=0.25, frequency="name"),
        # Of strangers with one given name 0.1 to 1.4 % have nearly one family name; of those with one family name 0.02
        # to 0.5 % nearly one given name, 7 to 18 % one like it (four sets); relatives more often: 2 % and 12 %.
        Level(
            "the given name, and nearly the family name",
            f"{GIVEN_EQUAL} and ({_similar('family', 0.88)})",
            0.04,
            4e-5,
            agrees=0.5,
            frequency="given",
            rest=0.02,
        ),
        Level(
            "the family name, and nearly the given name",
            # Where kanji and reading of the given name both differ, they are twins' (和也, 和真), not a slip.
            f"{FAMILY_EQUAL} and ({_similar('given', 0.88)}) and (kanji_given_l is null or kanji_given_r is null)",
            0.04,
            8e-5,
            agrees=0.5,
            frequency="family",
            rest=0.02,
        ),
        Level(
            "the given name, the family name not told",
            f"{GIVEN_EQUAL} and {NO_FAMILY}",
            0.03,
            2e-3,
            agrees=0.5,
            frequency="given",
        ),
        # A marriage, or two customers of one agency who are both called Yuko: with it another two keys must agree.
        Level("the given name", GIVEN_EQUAL, 0.06, 2e-3, agrees=0.25, frequency="given"),
        Level(
            "the family name, the given name not told",
            f"{FAMILY_EQUAL} and {NO_GIVEN}",
            0.02,
            4e-3,
            agrees=0.5,
            frequency="family",
        ),
        # Typed by hand in Latin letters, with no kanji or kana to say what was meant: neither a key nor against one.
        # fake_1000 gains 0.005 of F1, Febrl 1 0.007, invented historical records 0.02; the Japanese lose nothing.
        Level(
            "the family name, and a given name like it",
            f"{FAMILY_EQUAL} and {_similar('latin_given', 0.6)}",
            0.01,
            1e-3,
            frequency="family",
            rest=0.12,
        ),
        # Twins share a birth date and a phone.
        Level("the family name", FAMILY_EQUAL, 0.02, 4e-3, agrees=-2, frequency="family"),
        Level("nearly the name", "damerau_levenshtein(reading_l, reading_r) <= 1", 0.03, 1e-5),
        Level("too little of the name", f"{NO_FAMILY} or {NO_GIVEN}", 0.02, 0.5, agrees=-0.5),
        Level("nothing of the name", "else", 0.02, 0.99, agrees=-1),
    ),
)
BIRTH = Comparison(
    "birth",
    _either_null("birth"),
    (
        # 1 January stands for an unknown day: it makes no two years alike, and where half the dates are of it, hundreds
        # share one. Blind to the two, 1,078 of 85,433 links of invented historical records are false, else 27.
        Level("the birth date", "birth_l = birth_r", 0.86, 6e-5, agrees=1, frequency="birth", least_u=True),
        Level(
            "nearly the birth date",
            "damerau_levenshtein(birth_l, birth_r) <= 1 or (birth_day_l = birth_day_r and birth_day_l <> '01-01') or"
            " birth_l = substr(birth_r, 1, 5) || substr(birth_r, 9, 2) || '-' || substr(birth_r, 6, 2)",
            0.12,
            2e-3,
            agrees=0.5,
            frequency="birth",
            rest=33,
            least_u=True,
        ),
        # One part of three read wrong, or 1901-01-01 for a year alone.
        Level(
            "the year of birth and a part",
            "birth_year_l = birth_year_r and (substr(birth_l, 6, 2) = substr(birth_r, 6, 2) or"
            " substr(birth_l, 9) = substr(birth_r, 9) or birth_day_l = '01-01' or birth_day_r = '01-01')",
            0.01,
            3e-3,
            agrees=0.5,
        ),
        Level("the year of birth", "birth_year_l = birth_year_r", 0.002, 0.017, agrees=-0.25),
        Level("another birth date", "else", 0.008, 0.978, agrees=-0.5),
    ),
)
EMAIL = Comparison(
    "email",
    _either_null("email"),
    (
        Level("the e-mail address", "email_l = email_r", 0.6, 2e-6, agrees=1),
        Level(
            "the e-mail address but its domain", "local_l = local_r and length(local_l) >= 6", 0.04, 1e-4, agrees=0.5
        ),
        Level(
            "nearly the e-mail address", f"{_similar('local', 0.92)} and length(local_l) >= 6", 0.16, 1e-3, agrees=0.5
        ),
        Level("another e-mail address", "else", 0.2, 0.999),
    ),
)
PHONE = Comparison(
    "phone",
    _either_null("phone"),
    (
        Level("the phone number", "phone_l = phone_r", 0.65, 2e-6, agrees=1),
        Level(
            "nearly the phone number",
            "length(phone_l) >= 7 and damerau_levenshtein(phone_l, phone_r) <= 1",
            0.15,
            5e-6,
            agrees=0.5,
        ),
        Level("another phone number", "else", 0.2, 0.999),
    ),
)
# A place without a number (東京都, London) is no key: many live there.
NUMBERED = "regexp_matches(address_l, '[0-9一二三四五六七八九十]')"
ADDRESS = Comparison(
    "address",
    _either_null("address"),
    (
        Level("the address", f"address_l = address_r and {NUMBERED}", 0.5, 1e-4, agrees=1, frequency="address"),
        Level("the place", "address_l = address_r", 0.1, 5e-2, agrees=0.25, frequency="address"),
        Level("nearly the address", f"{_similar('address', 0.92)} and {NUMBERED}", 0.2, 2e-3, agrees=0.5),
        Level("another address", "else", 0.2, 0.948),
    ),
)


@dataclass(frozen=True)
class Likeness:
    """Settings of linkage by likeness. Weights are in bits.

    Measured with them, without any label used: fake_1000 of Splink (name, birth date, address; 1,000 records) precision
    1.000, F1 0.746 (Splink with its example settings 0.680); Febrl 1 (name, birth date, a number) 1.000 and 0.958
    (0.922), without the number 1.000 and 0.826; 20,000 and 100,000 invented Japanese records 0.999 and 0.999, 0.995 and
    0.997. Weak: 51,316 invented historical records, ten a person, half the birth dates of 1 January, a surname missing
    in nine: 0.996 and 0.729 with the postcode as address (Splink 0.848 at its best threshold, 0.806 at this one), for
    what has only a name is linked to nobody, and twins are kept apart.
    """

    comparisons: tuple[Comparison, ...] = (NAME, BIRTH, EMAIL, PHONE, ADDRESS)
    blocks: tuple[tuple[str, ...], ...] = BLOCKS
    # The share of pairs that are one person: of n records each has `twins` others on average, so it falls as records
    # grow: 4e-6 at 100,000. Fixed at that, fake_1000 loses 0.13 of F1. Few records are no reason to believe more than
    # `prior_atmost`.
    twins: float = 0.2
    prior_atmost: float = 4e-4
    link_probability: float = 0.95
    review_probability: float = 0.3
    # Two keys must agree, wholly or nearly. What nearly agrees is half a key, what contradicts takes away, and half a
    # key must be left. With 1 instead fake_1000 and Febrl 1 lose 0.03 of F1; the invented Japanese gain nothing.
    alike_keys: int = 2
    agreeing_keys: float = 0.5
    # Where a person so formed would hold a contradicted pair, links below this are not made. Without any of them
    # fake_1000 loses 0.18 of F1, and the Japanese gain no precision.
    certain_probability: float = 0.95
    # An address or number of more records is an agency's or an office's and is compared no more.
    carriers: int = 10

    def prior(self, records: int) -> float:
        """The share of the pairs of so many records that are one person."""
        return min(self.prior_atmost, 2 * self.twins / max(records, 1))
