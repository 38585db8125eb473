"""The settings of linkage by likeness as a home has them: the measured ones, and what its tsunagu.yml says instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connectors.errors import SettingsError
from connectors.linkage import Weight
from connectors.settings import SETTINGS_FILE, Home
from connectors.yaml_lines import nearest
from orchestration.compute.identity import Likeness
from orchestration.compute.identity.weights import Comparison


def read_likeness(home: Home) -> Likeness:
    """Raises SettingsError for a comparison or a level that there is not, and for a review above the link."""
    said, likeness = home.linkage, Likeness()
    _insist(home, "identity.weights", said.weights, [comparison.name for comparison in likeness.comparisons])
    given = {
        "link_probability": said.link_probability,
        "review_probability": said.review_probability,
        "agreeing_keys": said.agreeing_keys,
        "carriers": said.shared_by,
    }
    likeness = replace(
        likeness,
        comparisons=tuple(_weigh(home, one, said.weights.get(one.name, {})) for one in likeness.comparisons),
        **{name: value for name, value in given.items() if value is not None},
    )
    if likeness.review_probability > likeness.link_probability:
        raise SettingsError(
            f"identity: review_probability {likeness.review_probability} is above link_probability"
            f" {likeness.link_probability}",
            where=str(home.root / SETTINGS_FILE),
            mend="pairs between the two are shown for review: make the first the smaller",
        )
    return likeness


def _weigh(home: Home, comparison: Comparison, weights: dict[str, Weight]) -> Comparison:
    _insist(home, f"identity.weights.{comparison.name}", weights, [level.name for level in comparison.levels])
    levels = tuple(
        replace(level, m=weights[level.name].m, u=weights[level.name].u, is_set=True)
        if level.name in weights
        else level
        for level in comparison.levels
    )
    return replace(comparison, levels=levels)


def _insist(home: Home, key: str, found: Iterable[str], known: list[str]) -> None:
    for name in found:
        if name not in known:
            raise SettingsError(
                f"{key}: there is no {name!r}{nearest(name, known)}; there are: {' | '.join(known)}",
                where=str(home.root / SETTINGS_FILE),
                mend="name one of them, or drop the line",
            )
