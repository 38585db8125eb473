"""What a person sees while a run works: a spinner and counts on a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Reporter:
    """Collects how long each phase took, and shows it. `console` None: silent (scheduled runs, tests)."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}
        self.failure: tuple[str, BaseException] | None = None
        self._progress: Progress | None = None
        self._task = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time one phase of the run and show that it is under way."""
        started = time.perf_counter()
        self._begin(name)
        try:
            with self.watch(name):
                yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            self._end(name, spent)

    @contextmanager
    def watch(self, name: str) -> Iterator[None]:
        """Keep the first error and where it rose, for the record of the run: Dagster tells it after the run's end."""
        try:
            yield
        except BaseException as error:
            self.failure = self.failure or (name, error)
            raise

    def detail(self, text: str) -> None:
        """What the phase is at: a file's name, a model's; shown on a terminal only. Any thread may call it."""
        progress, task = self._progress, self._task
        if progress is not None and task is not None and task in progress.task_ids:
            progress.update(task, detail=text)

    def say(self, text: str) -> None:
        """A line that stays, on a terminal and elsewhere."""
        if self.console is not None:
            self.console.print(text, markup=False, highlight=False)

    def _begin(self, name: str) -> None:
        if self.console is None or not self.console.is_terminal:
            return
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<28}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=self.console,
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(name, total=None, detail="")

    def _end(self, name: str, spent: float) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        self.say(f"{name:<28} {spent:6.1f} s")
