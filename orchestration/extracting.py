"""The API sources of a run, fetched at the same time: one thread a source, each within its own rate limit.

Fetching waits on the network and touches no database; loading stays with the one writer, a source at a time. A source
that cannot be fetched fails when it is its turn to load, by itself and by name.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from connectors import load
from connectors.core import Run
from connectors.extraction import Extraction
from connectors.loading.session import naming
from connectors.settings import Home, Source
from orchestration.warehouse import connect


class Fetches:
    """What is being fetched. The threads are daemons: a run that is stopped does not wait for an API to answer, and
    what was fetched lies in the spool for the next run."""

    def __init__(self) -> None:
        self._waiting: dict[str, Future[Extraction]] = {}
        self._named: set[str] = set()
        self._begun: list[Extraction] = []

    def begin(
        self,
        home: Home,
        sources: Iterable[Source],
        run_of: Callable[[Home, Source], Run],
        full_refresh: bool,
        on_progress: Callable[[str], None],
    ) -> None:
        """Start a thread for each source that is an API and never had one: one that was taken is loaded by now."""
        new = [each for each in sources if each.connector.api is not None and each.name not in self._named]
        if not new:
            return
        self._named |= {each.name for each in new}
        with connect(home) as connection:
            for source in new:
                future = self._waiting[source.name] = Future()
                try:
                    with naming(source.name):
                        run = run_of(home, source)
                        extraction = load.begin_extraction(connection, source.connector, run, full_refresh=full_refresh)
                except Exception as error:
                    future.set_exception(error)
                    continue
                self._begun.append(extraction)
                threading.Thread(
                    target=_fetch, args=(extraction, future, on_progress), name=f"fetch {source.name}", daemon=True
                ).start()

    def take(self, source: str) -> Extraction | None:
        """Wait until a source is fetched; None where it was never begun, or taken before. Raises what the fetching
        raised."""
        future = self._waiting.pop(source, None)
        return None if future is None else future.result()

    def stop(self) -> None:
        """Fetch no page more."""
        for extraction in self._begun:
            extraction.stopped.set()


def _fetch(extraction: Extraction, future: "Future[Any]", on_progress: Callable[[str], None]) -> None:
    try:
        with naming(extraction.run.source):
            extraction.fetch(on_progress)
    except BaseException as error:  # handed to the one who waits
        future.set_exception(error)
    else:
        future.set_result(extraction)
