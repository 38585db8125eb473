"""What a table is: a template by its name and header, else the profile whose header it has."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.entities import ENTITIES, Entity
from connectors.errors import ProfileError
from connectors.formats.text import fold_header, strip_unit
from connectors.tables.profile import LoadedProfile

# _20260930, -2026-09-30, _20260930_1530, " (1)" of a browser, " - コピー" of Windows
SUFFIX = re.compile(
    r"""(?:[\s_.\-]*\(\d+\)
       |\s*-\s*(?:コピー|copy)
       |[\s_.\-]+\d{4}[-_.]?\d{2}[-_.]?\d{2}(?:[t_\-\s]?\d{2}[-_.:]?\d{2}(?:[-_.:]?\d{2})?)?)$""",
    re.VERBOSE,
)
HELPFUL = 0.5  # a helpful header's share of its weight: two of them make up for one required header, never replace it
SHOWN = 3


@dataclass(frozen=True)
class Fit:
    """How far a profile fits a header. `missing`: required headers not there, each with the nearest that is."""

    loaded: LoadedProfile
    matched: int
    required: int
    score: float
    missing: tuple[tuple[str, str | None], ...]

    @property
    def fits(self) -> bool:
        return not self.missing

    def tell(self) -> str:
        """`airwork 5 of 6; missing 応募ID (nearest: 応募NO)`"""
        lacks = ", ".join(f"{name} (nearest: {near})" if near else name for name, near in self.missing)
        return f"{self.loaded.name} {self.matched} of {self.required}" + (f"; missing {lacks}" if lacks else "")


def find_entity(name: str) -> Entity | None:
    """The entity that a file's stem or a sheet's name means, dates and copy marks at its end left aside."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    while (shorter := SUFFIX.sub("", text)) != text:
        text = shorter
    return ENTITIES.get(re.sub(r"[\s\-]+", "_", text))


def is_template(entity: Entity, header: Iterable[str]) -> bool:
    """Whether the header speaks the template's language: a key field, or half of the columns are fields."""
    folded = {fold_header(name) for name in header}
    hits = folded & set(entity.fields)
    return bool(hits & set(entity.key)) or 2 * len(hits) >= len(folded) > 0


def measure_fit(loaded: LoadedProfile, header: Sequence[str]) -> Fit:
    folded = {fold_header(name) for name in header}
    folded |= {strip_unit(name) for name in folded}
    recognise, spellings = loaded.profile.recognise, loaded.profile.spellings
    there = [r for r in recognise.required if not folded.isdisjoint(spellings(r.header))]
    helpful = [r for r in recognise.helpful if not folded.isdisjoint(spellings(r.header))]
    missing = tuple((r.header[0], _nearest(r.header, header)) for r in recognise.required if r not in there)
    score = sum(r.weight for r in there) + HELPFUL * sum(r.weight for r in helpful)
    return Fit(loaded, len(there), len(recognise.required), score, missing)


def rank_profiles(profiles: Iterable[LoadedProfile], header: Sequence[str]) -> list[Fit]:
    """Best first: what fits, by score, the user's own before shipped ones; then what fits nearly, by its share."""
    fits = [measure_fit(loaded, header) for loaded in profiles]
    return sorted(
        fits,
        key=lambda fit: (
            not fit.fits,
            -fit.score if fit.fits else -fit.matched / fit.required,
            not fit.loaded.is_own,
            -fit.score,
            fit.loaded.name,
        ),
    )


def choose_profile(ranked: Sequence[Fit], where: str) -> Fit:
    """The best of those that fit; at least one does. Raises ProfileError where two fit alike."""
    best = ranked[0]
    alike = [f for f in ranked if f.fits and f.score == best.score and f.loaded.is_own == best.loaded.is_own]
    if len(alike) > 1:
        raise ProfileError(
            f"{len(alike)} profiles fit alike: {', '.join(fit.tell() for fit in alike)}",
            where=where,
            mend=f"name one in tsunagu.yml, for example profile: {best.loaded.name}",
        )
    return best


def tell_nearest(ranked: Sequence[Fit], header: Sequence[str]) -> str:
    """Why no profile fits: the nearest, how far they fit, and the header found. A row of which no profile knows a word
    may be a person's: it is told with its width alone."""
    nearest = "".join(f"\n  {fit.tell()}" for fit in ranked[:SHOWN] if fit.matched) or " none shares a header"
    is_header = any(fit.matched for fit in ranked)
    found = (
        ", ".join(header[:30]) if is_header else f"{len(header)} columns under unknown headers; tsunagu inspect shows"
    )
    return f"no profile fits; the nearest:{nearest}\n  found: {found}"


def _nearest(names: Iterable[str], header: Sequence[str]) -> str | None:
    close = [match for name in names for match in difflib.get_close_matches(name, header, n=1, cutoff=0.5)]
    return close[0] if close else None
