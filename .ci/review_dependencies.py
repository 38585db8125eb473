"""Dependencies held against what this project takes, offline: `make check` runs it.

Every line of requirements.lock is one version with hashes; what is installed is what the lock says; every licence is
permissive or LGPL, or named below with its reason. What is known of their security is asked for over the network:
`uvx pip-audit --require-hashes --disable-pip -r requirements.lock`.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
ALLOWED = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|CNRI-Python|Zlib|CC0|Unlicense|HPND|LGPL|Lesser)"
)
# Refused by the pattern or saying nothing in their metadata, each looked at by hand.
LOOKED_AT = {
    "certifi": "MPL-2.0: a list of certificates, used as it is",
    "hypothesis": "MPL-2.0: for tests only, used as it is",
    "pathspec": "MPL-2.0: pulled by dbt and sqlfluff, used as it is",
    "text-unidecode": "Artistic or GPL, at the taker's choice: Artistic; pulled by dbt",
    "tqdm": "MPL-2.0 and MIT: pulled by sqlfluff, used as it is",
}


def name_licence(package: Distribution) -> str:
    """The SPDX expression, else the classifiers, else the first line of the free text."""
    told = package.metadata
    classifiers = [c.rpartition("::")[2].strip() for c in told.get_all("Classifier") or [] if c.startswith("License")]
    return told.get("License-Expression") or ", ".join(classifiers) or (told.get("License") or "").split("\n")[0]


def fold(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def review(lock: str, installed: list[Distribution]) -> list[str]:
    """What is wrong, a line each."""
    wrong = []
    pinned: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\S)", lock):
        found = PINNED.match(entry)
        if found is None:
            if entry.strip() and not entry.startswith("#"):
                wrong.append(f"not pinned to one version: {entry.splitlines()[0]}")
            continue
        if "--hash=sha256:" not in entry:
            wrong.append(f"{found[1]}: no hash in the lock")
        pinned.setdefault(fold(found[1]), set()).add(found[2])
    if "://" in lock:
        wrong.append("the lock names an address")
    for package in installed:
        name = fold(package.metadata["Name"])
        if name not in pinned:
            continue  # this project itself, and what a person added to the environment
        if package.version not in pinned[name]:
            wrong.append(f"{name}: {package.version} is installed, the lock says {', '.join(pinned[name])}")
        licence = name_licence(package)
        if name not in LOOKED_AT and (
            not ALLOWED.search(licence) or re.search(r"(?<!L)GPL|(?<!Lesser )General Public", licence)
        ):
            wrong.append(f"{name}: licence {licence or 'not told'!r}; allowed: permissive or LGPL")
    return wrong


def main() -> int:
    wrong = review(LOCK.read_text("utf-8"), list(distributions()))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
