"""What the standard tests need to know of an API's fake server. tests/fakes/NAME.py of a connector NAME defines one
`vendor`; that alone gives the connector the standard tests."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.core import discover


@dataclass(frozen=True)
class Vendor:
    """`make()` is the fake with 60 records of `first`, the resource whose list ends in `path`; it has `api`, `page`
    (the most records of a page) and `change(key, **fields)`. `settings(base)`: the source's for a server at `base`."""

    name: str
    make: Callable[[], Any]
    first: str
    path: str
    settings: Callable[[str], dict[str, Any]]
    secrets: tuple[str, ...]


def api_connectors() -> list[str]:
    return [name for name, connector in discover().items() if connector.api is not None]


def find_vendors() -> list[Vendor]:
    """Those of all connectors that have one."""
    names = [f"tests.fakes.{name}" for name in api_connectors()]
    return [importlib.import_module(name).vendor for name in names if importlib.util.find_spec(name) is not None]
