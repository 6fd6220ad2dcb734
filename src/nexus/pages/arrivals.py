"""A content on its way into a change: parsed before the hub is locked, stored with the change, in one transaction and so by
one write to the disk."""

from dataclasses import dataclass
from functools import cached_property

from nexus.base.transactions import in_transaction
from nexus.pages import blobs, documents
from nexus.pages.blobs import Content
from nexus.pages.models import Blob
from nexus.pages.parsing import Parsed, parse_bounded
from nexus.pages.paths import is_page_name
from nexus.pages.sensitive import RULES, count_in
from nexus.statements.single import insert_one


@dataclass(frozen=True)
class Arrival:
    """A content, and what it says when it will be a page's; `is_known`: it is stored and parsed already."""

    content: Content
    parsed: Parsed | None
    is_known: bool

    @cached_property
    def suspects(self) -> int:
        """How much of it seems not to be for everybody (nexus.pages.sensitive)."""
        return count_in(self.content.data or b"")

    @property
    def hash(self) -> str:
        return self.content.hash

    @property
    def title(self) -> str | None:
        """What the text calls itself, "" for nothing; None when it was not parsed here."""
        return None if self.parsed is None else documents.cut_title(self.parsed)


def arrival(path: str, content: bytes | Content) -> Arrival:
    """`content` as it is to be at `path`, parsed when it will be a page; nothing of it is in the database yet.

    At most one statement. Raises Limited, and StorageFull when there is no room.
    """
    ready = content if isinstance(content, Content) else blobs.content_of(content)
    blobs.check_room()
    if not (is_page_name(path) and ready.is_text and ready.data is not None):
        return Arrival(ready, None, is_known=False)
    if documents.is_present(ready.hash):
        return Arrival(ready, None, is_known=True)
    return Arrival(ready, parse_bounded(ready.data), is_known=False)


@in_transaction
def store(arriving: Arrival) -> None:
    """Stores it without a change that names it. Such rows are harmless, and swept by `nexus doctor --deep --repair`."""
    store_along(arriving)


def store_along(arriving: Arrival) -> None:
    """Stores it, with its parse, in the transaction that is under way; at most two statements."""
    if arriving.is_known:
        return
    content = arriving.content
    # Another process storing the same is no conflict.
    insert_one(
        Blob(
            hash=content.hash, size=content.size, is_text=content.is_text, data=content.data, rules=RULES,
            suspects=arriving.suspects,
        ),
        unless_there=True,
    )  # fmt: skip
    if arriving.parsed is not None:
        insert_one(documents.row(content.hash, arriving.parsed), unless_there=True)
