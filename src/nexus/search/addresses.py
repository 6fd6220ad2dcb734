"""Where things are read in a browser: what every door names. Made without Django's resolver, which takes longer than the
query of the row that is listed."""

from urllib.parse import quote
from uuid import UUID

from django.utils.text import slugify

from nexus.search.results import Result

#: The chapter of each kind of entry, as it stands in addresses.
CHAPTERS = {
    "technology": "technologies", "concept": "concepts", "challenge": "challenges", "practice": "practices",
    "project": "projects",
}  # fmt: skip

#: What a path may hold unescaped in an address (RFC 3986 §3.3), as Django's own `reverse` leaves it.
_SAFE = "/~:@!$&'()*+,;="
#: Characters of a title in an address: enough to be recognised.
_SLUG_LENGTH = 60


def hub_address(hub: str) -> str:
    """The address of a hub's overview."""
    return f"/{hub}/"


def page_address(hub: str, path: str) -> str:
    """The address of a page, file or folder; of the hub itself for the path ""."""
    return f"/{hub}/pages/{quote(path, safe=_SAFE)}" if path else f"/{hub}/"


def raw_address(hub: str, path: str) -> str:
    """The address of the bytes at a path."""
    return f"/{hub}/raw/{quote(path, safe=_SAFE)}"


def history_address(hub: str, path: str) -> str:
    """The address of what was at a path over time."""
    return f"/{hub}/history/{quote(path, safe=_SAFE)}"


def blame_address(hub: str, path: str) -> str:
    """The address of a text with who wrote each of its lines."""
    return f"/{hub}/blame/{quote(path, safe=_SAFE)}"


def version_address(hub: str, version: UUID | str) -> str:
    """The permanent address of a version: it stays wherever the page goes."""
    return f"/{hub}/versions/{version}"


def change_address(hub: str, seq: int) -> str:
    """The address of a change."""
    return f"/{hub}/changes/{seq}"


def entry_address(hub: str, kind: str, entry: UUID | str, title: str) -> str:
    """The address of something found: its id decides, the words are for people."""
    words = slugify(title[: 4 * _SLUG_LENGTH])[:_SLUG_LENGTH].strip("-")
    return f"/{hub}/{CHAPTERS[kind]}/{entry}{f'-{words}' if words else ''}"


def found_address(hub: str, kind: str, start: int, path: str) -> str:
    """Where what a page says at a byte offset is found: it leads on to the entry's own address."""
    return f"/{hub}/found/{kind}/{start}/{quote(path, safe=_SAFE)}"


def topic_address(slug: str, hub: str = "") -> str:
    """The address of a topic, in a hub or across all."""
    return f"{f'/{hub}' if hub else ''}/topics/{quote(slug)}"


def person_address(handle: str, hub: str = "") -> str:
    """The address of a person, in a hub or across all."""
    return f"{f'/{hub}' if hub else ''}/people/{handle}"


def result_address(result: Result) -> str:
    """Where something that was found is read."""
    match result.type:
        case "entry":
            return entry_address(result.hub, result.kind, result.id, result.title.text)
        case "topic":
            return topic_address(result.id)
        case "person":
            return person_address(result.id)
        case _:
            return page_address(result.hub, result.path)
