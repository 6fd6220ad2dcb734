"""Parsing in processes: the same documents, in order, whatever one text does."""

import os
import signal
from pathlib import Path

import pytest

from nexus.markdown import Document, parse, unparsed
from nexus.pages import parsing
from nexus.pages.parsing import Parsed, ParserProcess, parse_bounded, parse_many

TEXTS = [(str(n), f"# Title {n}\r\n\nText *{n}* é 🌍\n".encode()) for n in range(150)]


@pytest.fixture
def process():
    made = ParserProcess()
    yield made
    made.stop()


def test_many_come_back_in_order_and_equal():
    assert list(parse_many(TEXTS)) == [(name, Parsed.of(parse(data.decode()))) for name, data in TEXTS]


def test_none_is_no_work():
    assert list(parse_many([])) == []


def test_long_text_is_parsed_out_of_process():
    text = "word " * 20_000
    assert len(text) > parsing.INLINE_BYTES
    assert parse_bounded(text.encode()) == Parsed.of(parse(text))


def test_a_killed_process_costs_one_batch_and_is_started_again(process):
    first = process.parse([b"# one"])
    os.kill(process._process.pid, signal.SIGKILL)
    process._process.wait()
    assert process.parse([b"# one"])[0] in (first[0], Parsed.of(unparsed("# one")))
    assert process.parse([b"# one"]) == first


def test_a_text_over_its_budget_is_shown_as_written_and_spares_the_others(process, monkeypatch):
    process.parse([b"warm"])
    slow = ("> " * 90 + "[a](b) `c` *d* " * 400 + "\n\n") * 10
    monkeypatch.setattr(parsing, "BUDGET", 0.0005)
    parsed = process.parse([slow.encode()])
    assert Document.from_json(parsed[0].data).warnings == ("unparsed",)
    assert Document.from_json(parsed[0].data).plain == slow
    monkeypatch.setattr(parsing, "BUDGET", 20.0)
    assert process.parse([b"# fine"]) == [Parsed.of(parse("# fine"))]


def test_abandoned_iteration_leaves_no_process():
    before = parsers()
    parsed = parse_many(TEXTS)
    next(parsed)
    assert parsers() > before
    parsed.close()
    assert parsers() == before


def parsers() -> set[int]:
    """The parser processes that this one started and that are there."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and "parser_worker" in status.with_name("cmdline").read_text():
                found.add(int(status.parent.name))
        except OSError:  # it ended while we looked
            continue
    return found
