"""The review of dependencies, which `make check` runs, refuses what it should."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / ".ci" / "review_dependencies.py"
SPEC = importlib.util.spec_from_file_location("review_dependencies", PROGRAM)
assert SPEC is not None and SPEC.loader is not None
REVIEW = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(REVIEW)
LOCK = "some-thing==1.0 \\\n    --hash=sha256:00\n"


def install(folder: Path, version: str, licence: str) -> PathDistribution:
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Some.Thing\nVersion: {version}\n{licence}\n")
    return PathDistribution(folder)


@pytest.mark.parametrize(
    ("version", "licence", "says"),
    [
        ("1.0", "License: MIT", []),
        ("1.0", "Classifier: License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", None),
        ("1.0", "License-Expression: LGPL-3.0-or-later", []),
        ("1.0", "License-Expression: AGPL-3.0-only", None),
        ("1.0", "License: Proprietary", None),
        ("1.1", "License: MIT", ["some-thing: 1.1 is installed, the lock says 1.0"]),
    ],
)
def test_licences_and_versions_are_held_against_the_lock(
    tmp_path: Path, version: str, licence: str, says: list[str] | None
) -> None:
    wrong = REVIEW.review(LOCK, [install(tmp_path / "some.dist-info", version, licence)])
    if says is None and "LGPL" not in licence:
        assert len(wrong) == 1 and "allowed: permissive or LGPL" in wrong[0]
    else:
        assert wrong == (says or [])


def test_a_lock_without_hashes_or_with_an_address_is_refused() -> None:
    assert REVIEW.review("some-thing==1.0\n", []) == ["some-thing: no hash in the lock"]
    assert REVIEW.review(LOCK + "other>=2 \\\n", []) == ["not pinned to one version: other>=2 \\"]
    assert REVIEW.review("# https://example.com\n" + LOCK, []) == ["the lock names an address"]
