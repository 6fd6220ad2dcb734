"""A hub as one JSON document, written and read a page at a time: each page is a line of its own, so that neither side
ever holds all of it, and any JSON reader understands it."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from nexus.base.errors import Invalid
from nexus.base.ids import content_hash
from nexus.base.sentences import Sentence
from nexus.exchange.limits import Budget
from nexus.exchange.sources import Entry, File, Refused

_FIRST_LINE = 10_000


def lines(hub: str, title: str, pages: Iterable[tuple[str, str, bytes, bool]]) -> Iterator[bytes]:
    """The document `{"hub", "title", "pages": [...]}` for (path, hash, content, whether it is text)."""
    yield (json.dumps({"hub": hub, "title": title, "pages": []}, ensure_ascii=False)[: -len("]}")] + "\n").encode()
    separator = ""
    for path, digest, data, is_text in pages:
        content = {"text": data.decode("utf-8")} if is_text else {"base64": base64.b64encode(data).decode("ascii")}
        page = json.dumps({"path": path, **content, "hash": digest}, ensure_ascii=False)
        yield f"{separator}{page}".encode()
        separator = ",\n"
    yield b"\n]}\n"


def is_export(path: Path) -> bool:
    """Whether a .json file begins as ours do; any other is a file like all others."""
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline(_FIRST_LINE) + b"]}")
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and list(first) == ["hub", "title", "pages"]


class JsonExport:
    """A file that `nexus export --format json` wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = f"file:{path.resolve()}"
        self.label = path.name
        self._size = path.stat().st_size
        self._read = 0

    def entries(self, budget: Budget) -> Iterator[Entry]:
        """Its pages. Raises Invalid("bad_archive") when it is damaged; Limited."""
        longest = 3 * budget.limits.file_bytes + 100_000  # a file as base64, a text as escapes
        with self.path.open("rb") as file:
            self._read = len(file.readline(_FIRST_LINE))
            while (line := _line(file, longest)) != b"]}":
                self._read += len(line) + 1
                budget.take_file()
                yield _page(line, budget)

    def done(self) -> float | None:
        return self._read / self._size if self._size else None


def _line(file: BinaryIO, longest: int) -> bytes:
    line = file.readline(longest)
    if not line.endswith(b"\n"):
        raise _damaged(Sentence("A line is too long, or the last one was cut."))
    return line.rstrip(b"\n").removesuffix(b",")


def _page(line: bytes, budget: Budget) -> Entry:
    try:
        page: Any = json.loads(line)
        path, digest = page["path"], page["hash"]
        data = page["text"].encode("utf-8") if "text" in page else base64.b64decode(page["base64"], validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise _damaged(Sentence("A line is no page.")) from error
    if not isinstance(path, str):
        raise _damaged(Sentence("A path is no text."))
    budget.take_bytes(len(data))
    if content_hash(data) != digest:
        return Refused(path, Sentence("its content is not what its hash says"))
    return File(path, iter([data]))


def _damaged(why: Sentence) -> Invalid:
    return Invalid(
        Sentence("The export is damaged. %(why)s", why=why),
        code="bad_archive",
        field="source",
        remedy=Sentence("Make it again by `nexus export`."),
    )
