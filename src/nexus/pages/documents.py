"""Stored parses: each text is parsed once per parser version, when it is written; reading only loads."""

from collections.abc import Collection, Iterable, Iterator
from itertools import batched

from django.db.models import Case, OuterRef, Q, QuerySet, SmallIntegerField, Subquery, When

from nexus.base.ids import text_key
from nexus.markdown import PARSER_VERSION, Document
from nexus.pages.blobs import Content
from nexus.pages.inserting import insert_many
from nexus.pages.models import Blob, StoredDocument
from nexus.pages.parsing import Parsed, parse_bounded, parse_many
from nexus.statements.prepared import Prepared

#: Up to so many texts are parsed where they are asked for; for more, processes are started.
INLINE = 16


def document_key(blob_hash: str, parser: str = PARSER_VERSION) -> str:
    """The primary key of the document of a blob by a parser version."""
    return text_key(f"{blob_hash} {parser}")


def ensure(contents: Iterable[Content]) -> None:
    """Parses and stores the text contents that this parser has not parsed yet. Their blobs must be stored."""
    texts = {c.hash: c.data for c in contents if c.data is not None}
    known = present(texts)
    _store((name, parse_bounded(data)) for name, data in texts.items() if name not in known)


def ensure_stored(hashes: Iterable[str]) -> None:
    """Parses and stores the text blobs called so, one by one."""
    for blob in Blob.objects.filter(hash__in=list(hashes)).iterator(chunk_size=1):
        if blob.data is not None:
            _store([(blob.hash, parse_bounded(bytes(blob.data)))])


def ensure_pages(hashes: Collection[str]) -> None:
    """Parses and stores those of the text blobs called so that this parser has not parsed yet; many by several processes."""
    missing = [name for some in batched(hashes, 500, strict=False) for name in set(some) - present(some)]
    if len(missing) <= INLINE:
        ensure_stored(missing)
        return
    rows = (
        blob
        for some in batched(missing, 100, strict=False)
        for blob in Blob.objects.filter(hash__in=some, is_text=True)
    )
    ensure_many((blob.hash, bytes(blob.data)) for blob in rows if blob.data is not None)


def ensure_many(texts: Iterable[tuple[str, bytes]]) -> None:
    """`ensure` for very many: (blob hash, UTF-8 text) pairs that are known to be missing, by several processes."""
    _store(parse_many(texts))


def present(hashes: Iterable[str]) -> set[str]:
    """Which of the blobs (at most some hundred) this parser has parsed."""
    keys = {document_key(h): h for h in hashes}
    return {keys[key] for key in StoredDocument.objects.filter(key__in=keys).values_list("key", flat=True)}


def is_present(blob_hash: str) -> bool:
    """Whether this parser has parsed the blob; one statement."""
    return _present.first(key=document_key(blob_hash)) is not None


_present = Prepared(lambda *, key: StoredDocument.objects.filter(key=key).values_list("key"), key=str)


def row(blob_hash: str, parsed: Parsed) -> StoredDocument:
    """The row, not yet stored, of what this parser made of a blob."""
    return StoredDocument(
        key=document_key(blob_hash), blob_id=blob_hash, parser=PARSER_VERSION, title=cut_title(parsed), data=parsed.data
    )


def cut_title(parsed: Parsed) -> str:
    """The title as it is stored: "" for none, at most 300 characters."""
    return (parsed.title or "")[:300]


def missing(parser: str = PARSER_VERSION) -> QuerySet[Blob]:
    """The text blobs of pages that `parser` has not parsed."""
    done = StoredDocument.objects.filter(parser=parser).values("blob_id")
    return Blob.objects.filter(Q(versions__kind="page"), is_text=True).exclude(hash__in=done).distinct()


def titles(hashes: Iterable[str]) -> dict[str, str]:
    """The titles that the texts (at most some hundred) give themselves, by hash; the newest parse speaks."""
    rows = (
        StoredDocument.objects.filter(blob__in=list(hashes))
        .order_by("stored_at")
        .values_list("blob_id", "parser", "title")
    )
    found = {blob: title for blob, parser, title in rows if parser != PARSER_VERSION}
    return found | {blob: title for blob, parser, title in rows if parser == PARSER_VERSION}


def documents(hashes: Iterable[str]) -> dict[str, Document]:
    """The documents of the blobs by hash; those of an older parser where this one has not come by yet."""
    return {name: Document.from_json(data) for name, data in _newest_data(hashes).items()}


def _newest_data(hashes: Iterable[str]) -> dict[str, str]:
    rows = StoredDocument.objects.filter(blob_id__in=set(hashes)).order_by("stored_at")
    stored = rows.values_list("blob_id", "parser", "data")
    newest = {blob: data for blob, parser, data in stored if parser != PARSER_VERSION}
    return newest | {blob: data for blob, parser, data in stored if parser == PARSER_VERSION}


def plain_texts(hashes: Iterable[str]) -> dict[str, str]:
    """What the texts say without their markup, by hash; as `documents`, of which it is a part."""
    return {name: Document.plain_of(data) for name, data in _newest_data(hashes).items()}


def newest(blob_field: str) -> Subquery:
    """The stored JSON of a blob's document as a column: by the current parser, else the newest there is."""
    rows = StoredDocument.objects.filter(blob=OuterRef(blob_field))
    current_first = Case(When(parser=PARSER_VERSION, then=0), default=1, output_field=SmallIntegerField())
    return Subquery(rows.order_by(current_first, "-stored_at").values("data")[:1])


def _store(parsed: Iterable[tuple[str, Parsed]]) -> None:
    for batch in _batches(parsed, 200):
        insert_many(StoredDocument, batch, ignore_conflicts=True)


def _batches(texts: Iterable[tuple[str, Parsed]], size: int) -> Iterator[list[StoredDocument]]:
    batch: list[StoredDocument] = []
    volume = 0
    for name, parsed in texts:
        batch.append(row(name, parsed))
        volume += len(parsed.data)
        if len(batch) >= size or volume > 4_000_000:  # MariaDB takes 16 MB a statement by default
            yield batch
            batch, volume = [], 0
    if batch:
        yield batch
