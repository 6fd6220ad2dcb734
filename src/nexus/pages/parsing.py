"""Parsing that cannot stall its caller: long texts and imports are parsed by processes that are killed on time."""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from nexus.markdown import Document, parse, unparsed
from nexus.pages.parser_worker import receive, send

#: Up to this many bytes a text is parsed in the calling thread (measured worst case: below a second).
INLINE_BYTES = 50_000
#: How long one text may take in a parser process, in seconds; then it is shown as it was written, without markup.
BUDGET = 20.0
PROCESSES = 2
#: Texts sent to a process at once, and the bytes after which a batch is full.
BATCH_TEXTS = 32
BATCH_BYTES = 200_000
PIPE_BUFFER = 1024 * 1024


class Parsed(NamedTuple):
    """A document on its way to being stored: its title, and Document.to_json()."""

    title: str | None
    data: str

    @classmethod
    def of(cls, document: Document) -> "Parsed":
        return cls(document.title, document.to_json())


class ParserProcess:
    """One `nexus.pages.parser_worker`, started when first needed and again after it was killed. Not thread-safe."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def parse(self, texts: Sequence[bytes]) -> list[Parsed]:
        """The documents of UTF-8 texts, in order; `markdown.unparsed(text)` for one that cannot be had within BUDGET."""
        answers = self._ask(texts)
        if answers is None and len(texts) > 1:  # one of them spoilt the batch: find out which
            answers = [(self._ask([text]) or [b""])[0] for text in texts]
        return [_parsed(text, answer) for text, answer in zip(texts, answers or [b""], strict=True)]

    def stop(self) -> None:
        """Ends the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, texts: Sequence[bytes]) -> list[bytes] | None:
        """The answers to one batch; None when the process had to be killed, for its time or its memory."""
        process = self._process = self._process or subprocess.Popen(
            [sys.executable, "-m", "nexus.pages.parser_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=PIPE_BUFFER,
            env={k: v for k, v in os.environ.items() if k in {"PATH", "PYTHONPATH", "LANG", "LC_ALL"}},
        )
        assert process.stdin is not None  # noqa: S101  both are pipes
        assert process.stdout is not None  # noqa: S101  both are pipes
        answers = None
        try:
            send(process.stdin, texts)
            # Each answer is read whole before the next batch is sent, so nothing waits in a buffer that select cannot see.
            if select.select([process.stdout], [], [], BUDGET)[0]:
                answers = receive(process.stdout)
        except OSError:
            pass
        if answers is None:
            self.stop()
        return answers


def _parsed(text: bytes, answer: bytes) -> Parsed:
    if not answer:
        return Parsed.of(unparsed(text.decode("utf-8")))
    title, _, document = answer.partition(b"\n")
    return Parsed(json.loads(title), document.decode("utf-8"))


_long_texts = ParserProcess()
_one_at_a_time = threading.Lock()
atexit.register(_long_texts.stop)


def parse_bounded(data: bytes) -> Parsed:
    """The document of the UTF-8 text `data`, without ever holding the interpreter for long."""
    if len(data) <= INLINE_BYTES:
        return Parsed.of(parse(data.decode("utf-8")))
    with _one_at_a_time:
        return _long_texts.parse([data])[0]


def _batches(texts: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    size = 0
    for name, data in texts:
        batch.append((name, data))
        size += len(data)
        if len(batch) >= BATCH_TEXTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def parse_many(texts: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Parsed]]:
    """(name, document) for each (name, UTF-8 text), in order, parsed by PROCESSES processes; reads ahead a few batches
    only, so memory does not grow with the number of texts."""
    workers = threading.local()
    started: list[ParserProcess] = []

    def parse_batch(batch: list[tuple[str, bytes]]) -> list[tuple[str, Parsed]]:
        if not hasattr(workers, "parser"):
            workers.parser = ParserProcess()
            started.append(workers.parser)
        names, texts = zip(*batch, strict=True)
        return list(zip(names, workers.parser.parse(texts), strict=True))

    try:
        with ThreadPoolExecutor(PROCESSES) as pool:
            waiting = []
            for batch in _batches(texts):
                waiting.append(pool.submit(parse_batch, batch))
                if len(waiting) > 2 * PROCESSES:
                    yield from waiting.pop(0).result()
            for future in waiting:
                yield from future.result()
    finally:
        for parser in started:
            parser.stop()
