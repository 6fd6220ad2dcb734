"""True erasure: an owner takes a file, or a passage such as a leaked key, out of a hub for good (docs/purging.md).

What is found is taken out of every version, and one change says who did it and where, never what it was. It is the one
deed of a hub that cannot be taken back.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BinaryField, F, Func, IntegerField, Q, QuerySet, Value

from nexus.accounts.actor import Actor
from nexus.base import shared
from nexus.base.errors import Invalid, Limited, Throttled
from nexus.base.ids import content_hash
from nexus.base.sentences import Sentence
from nexus.hubs import caching, purges
from nexus.hubs.access import Capability, hub_for
from nexus.hubs.models import Hub
from nexus.pages import blobs, documents
from nexus.pages.changes import Draft, Notes, write_change
from nexus.pages.erasing import MARK, TELLING, cut, erase, forget, naming
from nexus.pages.history import page_once_at
from nexus.pages.invariants import unnamed_blobs
from nexus.pages.models import Blob, Change, ChangeKind, Kind, Version

#: Characters of a passage: a shorter one would be found in words that it has nothing to do with.
SHORTEST, LONGEST = 6, 10_000
#: The most contents that one purge changes, and places that are told of it.
MAX_CONTENTS, MAX_PLACES = 5_000, 50
#: Bytes of files that are no text which one search reads.
MAX_FILE_BYTES = 500_000_000
#: How often one may look, or purge, in a minute.
LOOKS = 20
#: Characters of the line that a place shows.
LINE = 160


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, or stood: a path, the line (from 1; None: the whole file), and how that line will read."""

    path: str
    line: int | None = None
    text: str = ""


@dataclass(slots=True)
class Found:
    """What a purge takes out: of how many versions, pages and messages, and the first places; and what it cannot.

    left: paths that say it themselves, and files that are no text and hold it: each is purged as a file.
    unread: how many further files that are no text were not looked through, since that would take long.
    copies: other paths of the hub at which what a file says stands or stood; each is purged on its own.
    """

    versions: int = 0
    pages: int = 0
    messages: int = 0
    places: list[Place] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unread: int = 0
    copies: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As every door tells it."""
        return {
            "versions": self.versions, "pages": self.pages, "messages": self.messages, "left": self.left,
            "places": [{"path": place.path, "line": place.line, "text": place.text} for place in self.places],
            "copies": self.copies, "unread": self.unread,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged, and the change that says so."""

    change: Change
    found: Found


def look_for(actor: Actor, hub: str, *, path: str = "", passage: str = "") -> Found:
    """What `purge` with the same arguments would take out; nothing is changed. Raises what `purge` raises."""
    place = hub_for(actor, hub, Capability.PAGE_PURGE)
    _take_turn(actor)
    return _searched(actor, place, path, passage).found


def _take_turn(actor: Actor) -> None:
    """A passage is looked for in all that a hub ever held, so that it is not looked for often. Raises Throttled."""
    if actor.is_signed_in and shared.count(f"purges {actor.user_key}", 60) > LOOKS:
        raise Throttled(
            Sentence("That was often in a short time."), remedy=Sentence("Try again in a minute."), retry_after=60
        )


def purge(actor: Actor, hub: str, *, path: str = "", passage: str = "", confirm: str = "") -> Purged:
    """Takes the page or file that is, or was last, at `path`, or `passage` wherever it stands in the hub, out of every
    version of it, of its index, caches, packed exports and, when one is restored, out of older backups.

    passage: SHORTEST to LONGEST characters, compared as they are; a line end is any line end. confirm: the hub's address
    once more, since nothing brings it back. A file is deleted beside; a passage leaves "[purged]" where it was.
    Raises NotFound, Denied, Invalid (confirm, path, passage, "nothing_found"), Limited, Throttled.
    """
    place = hub_for(actor, hub, Capability.PAGE_PURGE)
    if confirm != place.slug:
        raise Invalid(
            Sentence("That is not the address of this hub."), field="confirm", value=confirm,
            remedy=Sentence("Write its address to say that it is this one you mean."),
        )  # fmt: skip
    _take_turn(actor)
    _prepare(_searched(actor, place, path, passage))  # the long part, before others wait
    found = Found()

    def fill(draft: Draft) -> None:
        nonlocal found
        search = _searched(actor, draft.hub, path, passage)
        found = search.found
        purges.keep(draft.hub.pk, search.what)
        pages = erase(draft.hub.pk, search.what)
        if passage:
            forget(unnamed_blobs().filter(_holds(_needle(passage)), is_text=True).values_list("hash", flat=True))
        draft.hub.refresh_from_db(fields=["byte_count", "purges"])
        # Of a message alone, the change that it was about says so: in the log everything is about some page.
        for page in draft.pages(pages or _about(search.what)).values():
            draft.purge(page, live=not path)
        transaction.on_commit(caching.forget_everywhere, robust=True)

    message = "Purged this file" if path else "Purged a passage"
    change = write_change(actor, place.pk, Capability.PAGE_PURGE, fill, Notes(message, ChangeKind.PURGE))
    assert change is not None  # noqa: S101  a purge is written down though nothing differs from now on
    return Purged(change, found)


def _about(what: dict[str, Any]) -> list[UUID]:
    return list(Version.objects.filter(change__in=what["messages"]).order_by("pk").values_list("page", flat=True)[:1])


@dataclass(slots=True)
class _Search:
    """What was found, as people are told and as the ledger has it."""

    found: Found
    what: dict[str, Any]


def _searched(actor: Actor, hub: Hub, path: str, passage: str) -> _Search:
    if bool(path) == bool(passage):
        raise Invalid(
            Sentence("A purge is of one file or one passage."),
            field="path",
            remedy=Sentence("Give `path` or `passage`."),
        )
    if path:
        return _file(actor, hub, path)
    passage = passage.strip()
    if not _is_text(passage):
        raise Invalid(
            Sentence("That is no text."),
            field="passage",
            remedy=Sentence("Give it in UTF-8 without NUL, as it stands."),
        )
    if not len(_needle(passage)) >= SHORTEST or len(passage) > LONGEST:
        raise Invalid(
            Sentence("A passage has %(least)s to %(most)s characters on one line of it.", least=SHORTEST, most=LONGEST),
            field="passage", remedy=Sentence("Give the whole key, or a longer part of the text."),
        )  # fmt: skip
    return _passage(hub, passage)


def _is_text(passage: str) -> bool:
    try:
        return blobs.is_text(passage.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _file(actor: Actor, hub: Hub, path: str) -> _Search:
    page = page_once_at(actor, hub.slug, path)
    versions = Version.objects.filter(page=page)
    said = set(versions.filter(blob__size__gte=TELLING).values_list("blob", flat=True))
    others = Version.objects.filter(page__hub=hub, blob__in=said).exclude(page=page)
    copies = others.order_by("path").values_list("path", flat=True).distinct()[:MAX_PLACES]
    paths = versions.order_by("path").values_list("path", flat=True).distinct()[:MAX_PLACES]
    found = Found(versions.count(), 1, 0, [Place(each) for each in paths], copies=list(copies))
    return _Search(found, {"page": str(page.pk), "until": page.head.number})


# --- A passage ------------------------------------------------------------------------------------------------------


class _Position(Func):
    """Where bytes stand in a column of bytes, from 1; 0: nowhere. Each database has its own word for it."""

    output_field = IntegerField()
    template, arg_joiner = "INSTR(%(expressions)s)", ", "

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        column, needle = self.source_expressions
        return Func(needle, column, template="POSITION(%(expressions)s)", arg_joiner=" IN ").as_sql(
            compiler, connection
        )


def _holds(needle: str) -> Any:
    return Q(pk__in=Blob.objects.alias(at=_Position(F("data"), _bytes(needle))).filter(at__gt=0).values("pk"))


def _bytes(text: str) -> Value:
    return Value(text.encode(), output_field=BinaryField())


def _needle(passage: str) -> str:
    """The longest line of a passage: what a database looks for, whatever the line ends are."""
    return max(re.split(r"[\r\n]+", passage), key=len).strip()


def _pattern(passage: str) -> re.Pattern[bytes]:
    lines = re.split(r"\r\n?|\n", passage)
    return re.compile(rb"(?:\r\n?|\n)".join(re.escape(line.encode()) for line in lines))


def _passage(hub: Hub, passage: str) -> _Search:
    pattern, needle = _pattern(passage), _needle(passage)
    named = reduce(or_, (Q(pk__in=rows.values("blob")) for rows in naming(hub.pk)))
    texts = Blob.objects.filter(named, _holds(needle), is_text=True).order_by("pk")
    contents: dict[str, list[tuple[int, int]]] = {}
    lines: dict[str, tuple[int, str]] = {}
    for blob in texts.iterator(chunk_size=10):
        data = blobs.read(blob)
        if ranges := [match.span() for match in pattern.finditer(data)]:
            contents[blob.hash] = ranges
            lines[blob.hash] = _line(data, ranges)
        _check_number(len(contents))
    messages = _messages(hub, pattern, needle)
    versions = Version.objects.filter(page__hub=hub, blob__in=contents)
    found = Found(versions.count(), versions.values("page").distinct().count(), len(messages))
    found.places = list(_places(versions, lines))
    files, found.unread = _files(hub, named, pattern)
    found.left = [*_paths(hub, needle), *files][:MAX_PLACES]
    if not contents and not messages:
        raise Invalid(
            _nothing(), code="nothing_found", field="passage",
            remedy=Sentence("Files that are no text, and names: %(left)s.", left=", ".join(found.left)) if found.left
            else Sentence("Copy it as it stands in the text, Markdown and all."),
        )  # fmt: skip
    return _Search(found, {"contents": contents, "messages": messages})


def _check_number(number: int) -> None:
    if number > MAX_CONTENTS:
        raise Limited(
            Sentence("That stands in more than %(most)s texts.", most=MAX_CONTENTS), code="too_many_found",
            field="passage", remedy=Sentence("Give a longer passage."),
        )  # fmt: skip


def _nothing() -> Sentence:
    return Sentence("No version of any page says that, and no text file.")


def _line(data: bytes, ranges: list[tuple[int, int]]) -> tuple[int, str]:
    """The number of the line with the first of `ranges`, and how it reads when they are cut out."""
    start = data.rfind(b"\n", 0, ranges[0][0]) + 1
    at = ranges[0][0]
    shown = (data[start:at] + MARK + data[ranges[0][1] :].partition(b"\n")[0] if len(ranges) == 1
             else cut(data, ranges)[start:].partition(b"\n")[0])  # fmt: skip
    return data.count(b"\n", 0, at) + 1, shown.decode(errors="replace").strip()[:LINE]


def _places(versions: QuerySet[Version], lines: dict[str, tuple[int, str]]) -> Iterator[Place]:
    seen: set[tuple[str, int, str]] = set()
    rows = versions.order_by("path", "-number").values_list("path", "blob")
    for path, blob in rows.iterator(chunk_size=500):
        place = (path, *lines[blob])
        if place not in seen:
            seen.add(place)
            yield Place(*place)
        if len(seen) == MAX_PLACES:
            return


def _messages(hub: Hub, pattern: re.Pattern[bytes], needle: str) -> dict[str, tuple[str, list[tuple[int, int]]]]:
    found = {}
    said = Change.objects.filter(hub=hub, message__contains=needle).values_list("pk", "message")
    for pk, text in said.iterator():
        data = text.encode()
        if ranges := [match.span() for match in pattern.finditer(data)]:
            found[str(pk)] = content_hash(data), ranges
        _check_number(len(found))
    return found


def _paths(hub: Hub, needle: str) -> list[str]:
    """Paths that say it: they are what a purge leaves."""
    rows = Version.objects.filter(page__hub=hub, path__contains=needle).order_by("path").values_list("path", flat=True)
    return [path for path in rows.distinct()[:MAX_PLACES] if needle in path]


def _files(hub: Hub, named: Q, pattern: re.Pattern[bytes]) -> tuple[list[str], int]:
    """Paths of files that are no text and hold it, the small ones looked through first, and how many were not. Nothing is
    cut out of these."""
    holding, unread, left = [], 0, MAX_FILE_BYTES
    for blob in Blob.objects.filter(named, is_text=False).order_by("size", "pk").iterator(chunk_size=500):
        left -= blob.size
        if left < 0:
            unread += 1
        elif _is_in(blobs.chunks_of(blob), pattern):
            holding.append(blob.pk)
    rows = Version.objects.filter(page__hub=hub, blob__in=holding[:MAX_PLACES]).order_by("path")
    return list(rows.values_list("path", flat=True).distinct()[:MAX_PLACES]), unread


def _is_in(chunks: Iterable[bytes], pattern: re.Pattern[bytes]) -> bool:
    before = b""
    for chunk in chunks:
        if pattern.search(before + chunk):
            return True
        before = chunk[-4 * LONGEST :]
    return False


def _prepare(search: _Search) -> None:
    """Stores and parses what will stand for the contents: texts that nothing names yet do no harm."""
    pages = set(
        Version.objects.filter(blob__in=search.what.get("contents", {}), kind=Kind.PAGE).values_list("blob", flat=True)
    )
    texts: list[str] = []
    for name, ranges in search.what.get("contents", {}).items():
        for old in Blob.objects.filter(hash=name):
            new = blobs.content_of(cut(blobs.read(old), ranges))
            blobs.store([new])
            if name in pages:
                texts.append(new.hash)
    documents.ensure_pages(texts)
