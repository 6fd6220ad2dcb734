"""What an import would bring, looked at without storing anything: for somebody who has no account yet."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from nexus.base.errors import Invalid, Limited
from nexus.base.sentences import Sentence
from nexus.exchange.limits import Budget, Limits
from nexus.exchange.sources import EntryRefused, File, open_source
from nexus.exchange.unicode_text import why_no_page
from nexus.markdown import MAX_BYTES, Document, parse
from nexus.pages.blobs import is_text
from nexus.pages.parsing import INLINE_BYTES, parse_many
from nexus.pages.paths import checked_path, is_page_name, name_of

#: What one look may cost: files, bytes in all and of one file, seconds of reading.
LIMITS = Limits(files=5_000, total_bytes=30_000_000, file_bytes=10_000_000, seconds=20)
#: How many pages of a source are listed, and how many bytes of them are parsed; the README first.
MAX_PAGES = 200
MAX_PARSED = MAX_BYTES


class OtherPage(NamedTuple):
    """A page beside the one that is shown: how many entries of each kind it holds; None when it was not looked at."""

    path: str
    title: str
    found: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A text with what was found in it, and the pages that came with it."""

    path: str
    text: str
    document: Document
    others: tuple[OtherPage, ...] = ()
    #: Pages that are there beyond MAX_PAGES.
    is_cut: bool = False


def preview_text(data: bytes, name: str = "README.md") -> Preview:
    """A single text. Raises Invalid("invalid_text") for what is none, Limited("text_too_large")."""
    if len(data) > MAX_BYTES:
        raise Limited(
            Sentence("A page may have 2 MB."),
            code="text_too_large",
            field="text",
            remedy=Sentence("Show a part of it."),
        )
    if not is_text(data):
        raise Invalid(
            Sentence("That is no text: %(why)s.", why=why_no_page(data)),
            code="invalid_text",
            field="file",
            remedy=Sentence("Save it as UTF-8."),
        )
    ((_, document),) = _parsed([(name, data)])
    return Preview(name, data.decode("utf-8"), document)


def preview_source(source: str | Path) -> Preview:
    """The README of an archive or repository, and its other pages. Raises what reading it raises; Invalid("no_page")."""
    pages = _pages(source)
    order = sorted(pages, key=_weight)
    if not order:
        raise Invalid(
            Sentence("There is no Markdown page in it."),
            code="no_page",
            field="source",
            remedy=Sentence("Give one that holds a README.md."),
        )
    looked_at = dict(_parsed((path, pages[path]) for path in _within(order, pages)))
    first, *rest = order[:MAX_PAGES]
    others = tuple(_other(path, looked_at.get(path)) for path in sorted(rest))
    return Preview(first, pages[first].decode("utf-8"), looked_at[first], others, len(order) > MAX_PAGES)


def _pages(source: str | Path) -> dict[str, bytes]:
    """The pages of a source by path, in memory; LIMITS bound them all together."""
    budget = Budget(LIMITS)
    pages: dict[str, bytes] = {}
    for entry in open_source(source).entries(budget):
        if not isinstance(entry, File) or not is_page_name(entry.path):
            continue
        try:
            checked_path(entry.path)
            data = b"".join(_bounded(entry.chunks))
        except (EntryRefused, Invalid):
            continue
        if len(data) <= MAX_BYTES and is_text(data):
            pages.setdefault(entry.path, data)
    return pages


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise EntryRefused(Sentence("it is larger than a page may be"))
        yield chunk


def _weight(path: str) -> tuple[bool, int, str]:
    """READMEs first, those at the top before those in folders."""
    return not name_of(path).lower().startswith("readme."), path.count("/"), path


def _within(order: list[str], pages: dict[str, bytes]) -> Iterator[str]:
    """As many of the first as MAX_PARSED bytes hold, and one in any case."""
    left = MAX_PARSED
    for number, path in enumerate(order[:MAX_PAGES]):
        left -= len(pages[path])
        if number and left < 0:
            return
        yield path


def _parsed(texts: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Document]]:
    """The documents. A short text alone is parsed here, all else in processes that are killed on time: its own, so that
    nobody who saves a page waits for somebody who is only looking."""
    texts = iter(texts)
    first = list(next(([each] for each in texts), []))
    rest = list(texts)
    if not rest and first and len(first[0][1]) <= INLINE_BYTES:
        yield first[0][0], parse(first[0][1].decode("utf-8"))
        return
    for path, (_, data) in parse_many(chain(first, rest)):
        yield path, Document.from_json(data)


def _other(path: str, document: Document | None) -> OtherPage:
    if document is None:
        return OtherPage(path, name_of(path), None)
    counts = Counter[str](entry.kind for entry in document.entries)
    return OtherPage(path, document.title or name_of(path), dict(counts))
