"""The files of a new connector for an API, written from connectors/kit/templates; no existing file is touched."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from connectors.errors import UsageError

TEMPLATES = Path(__file__).with_name("templates")
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
ENTITIES = ("jobs", "candidates", "applications", "application_reasons", "stage_events")


def places(name: str) -> dict[str, str]:
    """Each new file's path in the checkout → its template."""
    staging = f"dbt_project/models/staging/{name}"
    return {
        f"connectors/sources/{name}.py": "source.py.txt",
        **{f"{staging}/stg_{name}__{entity}.sql": f"{entity}.sql.txt" for entity in ENTITIES},
        f"{staging}/{name}.yml": "staging.yml.txt",
        f"{staging}/{name}.unit.yml": "unit.yml.txt",
        f"tests/fixtures/{name}/applications.json": "applications.json.txt",
        f"tests/fakes/{name}.py": "fake.py.txt",
        f"tests/connectors/test_api_{name}.py": "test.py.txt",
    }


def write_connector(checkout: Path, name: str) -> list[Path]:
    """Write the files and return them. Raises UsageError where the name cannot be one, the checkout is none (an
    installed package has no tests and no models), or a file of that name exists already: then nothing is written."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or "__" in name:
        raise UsageError(
            f"{name!r} cannot name a connector: it becomes a module and a part of table names",
            mend="use lower-case letters, digits and single _, starting with a letter, for example my_ats",
        )
    check_checkout(checkout)
    files = {checkout / place: TEMPLATES / template for place, template in places(name).items()}
    taken = [place for place in files if place.exists()]
    if taken:
        raise UsageError(
            f"{taken[0].relative_to(checkout)} exists already",
            mend=f"choose another name, or go on with it: tsunagu connector test {name}",
        )
    title = "".join(part.capitalize() for part in name.split("_"))
    for place, template in files.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        place.write_text(text.replace("__name__", name).replace("__Name__", title), encoding="utf-8")
    return list(files)


def check_checkout(checkout: Path) -> None:
    """Raises UsageError where the folder holds no sources of Tsunagu with their tests."""
    for folder in ("connectors/sources", "dbt_project/models/staging", "tests/fakes"):
        if not (checkout / folder).is_dir():
            raise UsageError(
                f"no folder {folder} in {checkout}: a connector is written in a checkout of Tsunagu",
                mend="clone the repository, run make test once, and call .venv/bin/tsunagu there",
            )
