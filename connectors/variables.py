"""${VARIABLES} of tsunagu.yml, from the environment and the home's .env."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.yaml_lines import LinedYaml

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fill_variables(document: LinedYaml, variables: Mapping[str, str], mistakes: list[str]) -> Any:
    """The document with every variable replaced; one that is not set is a mistake, told with its line."""

    def fill(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        for name in VARIABLE.findall(value):
            if not variables.get(name):
                key = ".".join(map(str, path))
                env = document.path.parent / ".env"
                mistakes.append(
                    f"{document.at(*path)}: {key}: the variable {name} is not set. Looked at the environment and {env}"
                    f"\n→ export {name}=…, or write the line {name}=… into {env}"
                )
        return VARIABLE.sub(lambda match: variables.get(match.group(1), ""), value)

    return fill(document.data, ())
