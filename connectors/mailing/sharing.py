"""The mails of a file read in order, by several processes where the file is large.

A process more takes a second to start and gets its mails over a pipe: of 300 MB (20,700 mails, 6.2 CPU seconds in one
process) the first keeps 2.2 seconds of cutting and sending, and the others share 8.2. So it pays for large files only.
Workers are started afresh (`spawn`): a fork of a process in which polars and DuckDB run threads may hang.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from connectors.formats.mail_box import RawMessage
from connectors.formats.mail_words import Questions
from connectors.mailing.reading import Reading, read_mails

LARGE_BYTES = 256 << 20
# What goes to a process at a time: bounded in bytes, since a mail may be 32 MB, and in mails, since many are small.
CHUNK_BYTES, CHUNK_MAILS = 4 << 20, 500


def read_in_order(messages: Iterator[RawMessage], questions: Questions, size: int) -> Iterator[Reading]:
    """Every mail read, in the order of the file. `size`: the file's, in bytes. Memory: a few chunks for each core."""
    workers = count_cores()
    if size < LARGE_BYTES or workers < 2:
        for message in messages:
            yield from read_mails((message,), questions)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        waiting: deque[Future[list[Reading]]] = deque()
        for chunk in _cut(messages):
            waiting.append(pool.submit(read_mails, chunk, questions))
            if len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cut(messages: Iterator[RawMessage]) -> Iterator[list[RawMessage]]:
    chunk: list[RawMessage] = []
    held = 0
    for message in messages:
        chunk.append(message)
        held += len(message.data)
        if held >= CHUNK_BYTES or len(chunk) >= CHUNK_MAILS:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
