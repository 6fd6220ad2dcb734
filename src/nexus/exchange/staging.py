"""The long first half of an import: everything a source holds is stored by content and parsed, a batch at a time, while
the hub stays as it is. Killed at any moment it leaves contents without a page, which do no harm and are found again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from nexus.base.errors import Invalid, Limited, shown
from nexus.base.sentences import NOTHING, Sentence
from nexus.exchange.limits import Budget
from nexus.exchange.report import Noted, Outcome
from nexus.exchange.sources import EntryRefused, File, Refused, Source
from nexus.exchange.unicode_text import converted_from_utf16, why_no_page
from nexus.markdown import MAX_BYTES
from nexus.pages import blobs, documents
from nexus.pages.blobs import Content
from nexus.pages.paths import ancestors, checked_path, is_page_name

#: Up to so many new texts are parsed here; for more, processes are started.
INLINE_TEXTS = 16
_BATCH_FILES = 200
_BATCH_BYTES = 4_000_000

#: Called after each file with how many there were, their bytes, and how much of the source was read (0 to 1, or None).
type Progress = Callable[[int, int, float | None], None]


@dataclass(slots=True)
class Staged:
    """What a source holds: the stored content for each path of the hub, in the source's order."""

    files: dict[str, str] = field(default_factory=dict)
    #: Folders that stand above any of `files`.
    folders: set[str] = field(default_factory=set)
    #: What could not be read this time, files and folders: what is at or below it is not known to be gone.
    unread: set[str] = field(default_factory=set)
    #: Paths whose content was purged from the hub, each with that content; `files` has what stands for it.
    purged: dict[str, str] = field(default_factory=dict)
    #: Which of the contents seem to hold what not everybody should read.
    suspicious: set[str] = field(default_factory=set)

    def is_gone(self, path: str) -> bool:
        """Whether the source is known not to hold `path` any more. One that holds nothing at all says nothing."""
        known = bool(self.files) and path not in self.files
        return known and self.unread.isdisjoint([*ancestors(path), path])


def stage(
    source: Source, prefix: str, budget: Budget, outcome: Outcome, *, progress: Progress, convert_utf16: bool
) -> Staged:
    """Stores all of `source` below `prefix` ("" or a folder of the hub). What is not taken goes into `outcome`.

    Raises what the source and the storage raise; then nothing of the hub has changed.
    """
    staged = Staged()
    contents = _contents(source, prefix, budget, outcome, staged, convert_utf16=convert_utf16)
    texts = _new_texts(_reported(contents, source, progress), staged)
    first = list(islice(texts, INLINE_TEXTS + 1))
    if len(first) <= INLINE_TEXTS:
        documents.ensure(first)
    else:
        documents.ensure_many((c.hash, c.data) for c in chain(first, texts) if c.data is not None)
    return staged


def placed(prefix: str, path: str) -> str:
    """A source's path in the hub."""
    return f"{prefix}/{path}" if prefix else path


def _contents(
    source: Source, prefix: str, budget: Budget, outcome: Outcome, staged: Staged, *, convert_utf16: bool
) -> Iterator[tuple[str, Content]]:
    for entry in source.entries(budget):
        if any(segment.casefold() == ".git" for segment in entry.path.split("/")):
            continue
        path = placed(prefix, entry.path)
        reason = _refused_path(path, staged) or (entry.reason if isinstance(entry, Refused) else NOTHING)
        if isinstance(entry, File) and not reason:
            try:
                content = _taken(path, entry.chunks, outcome, convert_utf16=convert_utf16)
            except EntryRefused as error:
                reason = error.reason
            except Limited as error:
                if error.code != "file_too_large":
                    raise
                reason = error.message
            else:
                staged.files[path] = content.hash
                staged.folders.update(ancestors(path))
                yield path, content
                continue
        staged.unread.add(path)
        outcome.refused.append(Noted(shown(path, 1024) or "", reason))


def _refused_path(path: str, staged: Staged) -> Sentence | None:
    """Why there can be no file at `path`; None when there can."""
    try:
        checked_path(path)
    except Invalid as error:
        return error.message
    if path in staged.files:
        return Sentence("the source has it twice")
    if path in staged.folders or any(folder in staged.files for folder in ancestors(path)):
        return Sentence("the source has a file where it has a folder")
    return None


def _taken(path: str, chunks: Iterator[bytes], outcome: Outcome, *, convert_utf16: bool) -> Content:
    """The content that `chunks` make; one that could be a page but is not is said so, or converted when asked."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) > MAX_BYTES:
            break
    else:
        return _small(path, head, outcome, convert_utf16=convert_utf16)
    content = blobs.content_from(chain([head], chunks))
    if is_page_name(path):
        outcome.kept_as_file.append(Noted(path, _too_long(content.size)))
    return content


def _too_long(size: int) -> Sentence:
    return Sentence("it has %(size)s bytes; a page has at most %(most)s", size=f"{size:,}", most=f"{MAX_BYTES:,}")


def _small(path: str, data: bytes, outcome: Outcome, *, convert_utf16: bool) -> Content:
    if is_page_name(path) and not blobs.is_text(data):
        text = converted_from_utf16(data) if convert_utf16 else None
        if text is not None and len(text) <= MAX_BYTES:
            outcome.converted.append(path)
            return blobs.content_of(text)
        outcome.kept_as_file.append(Noted(path, why_no_page(data)))
    return blobs.content_of(data)


def _reported(
    contents: Iterable[tuple[str, Content]], source: Source, progress: Progress
) -> Iterator[tuple[str, Content]]:
    volume = 0
    for number, (path, content) in enumerate(contents, 1):
        volume += content.size
        yield path, content
        progress(number, volume, source.done())


def _new_texts(contents: Iterator[tuple[str, Content]], staged: Staged) -> Iterator[Content]:
    """Stores the contents as they come, and yields the texts of pages that were not parsed yet."""
    for batch in _batches(contents):
        staged.suspicious |= blobs.store(content for _, content in batch)
        pages = {content.hash: content for path, content in batch if content.is_text and is_page_name(path)}
        known = documents.present(pages)
        yield from (content for name, content in pages.items() if name not in known)


def _batches(contents: Iterator[tuple[str, Content]]) -> Iterator[list[tuple[str, Content]]]:
    batch: list[tuple[str, Content]] = []
    volume = 0
    for path, content in contents:
        batch.append((path, content))
        volume += len(content.data or b"")
        if len(batch) >= _BATCH_FILES or volume >= _BATCH_BYTES:
            yield batch
            batch, volume = [], 0
    if batch:
        yield batch
