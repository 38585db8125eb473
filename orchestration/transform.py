"""dbt, called in process: one parse for a run, then one build a phase on the same manifest.

A dbt command line of its own costs about 5 CPU-seconds before any SQL runs (imports 1.4, parse 3 to 4.4);
in process with the manifest handed over, each further build costs only its nodes.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.core import discover
from connectors.entities import ENTITIES
from connectors.errors import TsunaguError
from connectors.machine import explain_words, find_resource_error
from connectors.settings import Home, find_home, load_home
from orchestration.warehouse import connect

PROJECT_DIR = Path(__file__).resolve().parents[1] / "dbt_project"
# What a phase builds: (select, exclude). The graph itself says where a phase ends: at the tables that Python writes.
PHASES = {
    "staging": ("*", "source:identity+ source:ops.label_folds+ source:relay+"),
    "core": ("source:identity+ source:ops.label_folds+", "source:relay+"),
    "relay": ("source:relay+", ""),
}


@dataclass(frozen=True)
class NodeResult:
    """One node of a dbt build. `status`: success, pass, warn, fail, error, skipped; `failures`: rows of a test."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str | None

    @property
    def name(self) -> str:
        """The model's or the test's name, without package and hash."""
        return self.unique_id.split(".")[2]


class Dbt:
    """The dbt project bound to one home. Not for use by two threads: dbt keeps global state."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._parsed: Any = None
        # A log that cannot be written (a full disk) is no reason to print tracebacks over what a person has to read.
        logging.raiseExceptions = False
        os.environ["TSUNAGU_WAREHOUSE"] = str(home.warehouse)
        os.environ["TSUNAGU_SPILL"] = str(home.state / "spill")
        os.environ["TSUNAGU_MEMORY_LIMIT"] = home.limits.memory_limit or ""
        os.environ["TSUNAGU_THREADS"] = str(home.limits.threads or "")

    @property
    def target(self) -> Path:
        return self.home.state / "dbt"

    def parse(self) -> dict[str, Any]:
        """The manifest as dbt writes it. Raises TsunaguError with dbt's own words where a model is wrong."""
        from dbt_common.utils.encoding import JSONEncoder

        result = self._invoke(["parse"])
        self._parsed = result.result
        # Not read back from manifest.json: another process may be in the midst of writing it.
        return json.loads(json.dumps(result.result.writable_manifest().to_dict(omit_none=False), cls=JSONEncoder))

    def build(self, phase: str) -> list[NodeResult]:
        """Build the nodes of a phase with their data tests, in dependency order.

        A failing test or model does not raise: the caller reads the statuses. Unit tests belong to `make test`.
        """
        if self._parsed is None:
            self.parse()
        select, exclude = phase_nodes(phase, self.home)
        result = self._invoke(
            [
                *("build", "--select", *select.split(), *(("--exclude", *exclude.split()) if exclude else ())),
                # A test runs in the phase that builds the last of its models.
                *("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"),
            ],
            may_fail=True,
        )
        return [
            NodeResult(
                unique_id=item.node.unique_id,
                status=str(item.status),
                seconds=item.execution_time,
                failures=item.failures,
                message=item.message,
            )
            for item in result.result.results
        ]

    def write_docs(self, page: Path) -> None:
        """dbt's documentation as one HTML file that needs no network: every model, column, test, exposure and the
        lineage, with the tables as they are in the warehouse. It holds no row. Raises as `parse` does."""
        from orchestration.column_notes import describe_columns  # it brings the template's writer, which no run needs

        if self._parsed is None:
            self.parse()
        manifest: Any = self._parsed
        if self.home.warehouse.exists():
            with connect(self.home, read_only=True) as connection:
                describe_columns(manifest, connection)
            # dbt makes the page of what lies here, and writes it of itself only when it parses.
            manifest.write(str(self.target / "manifest.json"))
        self._invoke(["docs", "generate", "--static", "--no-compile"])
        beside = page.with_name(f"{page.name}.next")
        # Seeds name the folder they lie in: where this machine keeps the project is nobody's business.
        text = (self.target / "static_index.html").read_text(encoding="utf-8")
        beside.write_text(text.replace(str(PROJECT_DIR), PROJECT_DIR.name), encoding="utf-8")
        beside.replace(page)

    def _invoke(self, arguments: list[str], *, may_fail: bool = False) -> Any:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        variables = {
            "timezone": self.home.company.timezone,
            "fiscal_year_start": self.home.company.fiscal_year_start,
            "connectors_of_entity": find_staging(self.home),
        }
        common = [
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(self.target), "--log-path", str(self.home.logs / "dbt")),
            *("--vars", json.dumps(variables), "--quiet", "--no-use-colors", "--no-version-check"),
            *("--log-level", "none", "--log-level-file", "info"),
        ]
        # dbt writes the process's own words into run_results.json; of a forgotten person they hold the address.
        words, sys.argv = sys.argv, ["dbt", arguments[0]]
        try:
            result = dbtRunner(manifest=self._parsed).invoke([*arguments, *common])
        finally:
            sys.argv = words
            # dbt-duckdb keeps the file open for the life of the process; the next phase opens it itself.
            if DuckDBConnectionManager._ENV is not None:
                DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager.close_all_connections()
        if isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if result.exception is not None:
            trouble = find_resource_error(result.exception) or explain_words(str(result.exception), str(self.target))
            if trouble is not None:
                raise trouble
        if result.exception is not None or (result.result is None and not result.success):
            raise TsunaguError(f"dbt {arguments[0]} failed: {result.exception}", where=str(PROJECT_DIR))
        if not result.success and not may_fail:
            raise TsunaguError(f"dbt {arguments[0]} failed", where=str(PROJECT_DIR), mend=f"read {self.home.logs}/dbt")
        return result


def phase_nodes(phase: str, home: Home) -> tuple[str, str]:
    """dbt's --select and --exclude of a phase: staging of connectors that the home does not use is left out."""
    select, exclude = PHASES[phase]
    return select, " ".join([exclude, *(f"path:models/staging/{name}" for name in unused_staging(home))]).strip()


def unused_staging(home: Home) -> list[str]:
    """API connectors with a staging folder that no source of the home has: each costs a run about a second. Those of
    files stay; the template's emits every entity, so that each union has a part."""
    files = {name for name, connector in discover().items() if connector.api is None}
    used = files | {source.connector.name for source in home.sources.values()}
    return sorted({connector for connectors in find_staging().values() for connector in connectors} - used)


def find_staging(home: Home | None = None) -> dict[str, list[str]]:
    """entity → connectors whose staging folder emits it (`home`: of those in use), by the files' names: adding a
    connector edits no list."""
    emitting: dict[str, list[str]] = {entity: [] for entity in ENTITIES}
    for path in sorted((PROJECT_DIR / "models" / "staging").glob("*/stg_*__*.sql")):
        connector, entity = path.stem.removeprefix("stg_").split("__", 1)
        if entity in emitting:
            emitting[entity].append(connector)
    if home is None:
        return emitting
    unused = unused_staging(home)
    return {entity: [name for name in names if name not in unused] for entity, names in emitting.items()}


def main(arguments: list[str]) -> int:
    """`python -m orchestration.transform parse`: the models parse, and nothing in them is deprecated."""
    if arguments != ["parse"]:
        print("usage: python -m orchestration.transform parse", file=sys.stderr)
        return 2
    from dbt.cli.main import dbtRunner

    home = load_home(find_home())
    Dbt(home)
    result = dbtRunner().invoke(
        [
            *("parse", "--no-partial-parse", "--warn-error-options", '{"error": ["Deprecations"]}'),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(home.state / "dbt-check"), "--log-path", str(home.logs / "dbt")),
        ]
    )
    return 0 if result.success else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
