"""Addresses of what a page lists by the hundred: made without Django's resolver, which takes longer than the row's query."""

from urllib.parse import quote

from django.utils.text import slugify

from nexus.search.results import Result

#: What a path may hold unescaped in an address (RFC 3986 §3.3), as Django's own `reverse` leaves it.
_SAFE = "/~:@!$&'()*+,;="


def page_address(hub: str, path: str) -> str:
    """The address of a page, file or folder; of the hub itself for the path ""."""
    return f"/{hub}/pages/{quote(path, safe=_SAFE)}" if path else f"/{hub}/"


def raw_address(hub: str, path: str) -> str:
    """The address of the bytes at a path."""
    return f"/{hub}/raw/{quote(path, safe=_SAFE)}"


#: Where the entries of each kind stand: their chapter.
CHAPTER_ADDRESSES = {
    "technology": "technologies",
    "concept": "concepts",
    "challenge": "challenges",
    "practice": "practices",
    "project": "projects",
}
#: Characters of a title that its address repeats.
_SLUG = 60


def entry_address(hub: str, kind: str, entry_id: object, title: str) -> str:
    """The address of an entry in its hub's chapter; the words of its title are for people, only the id counts."""
    words = slugify(title[: 4 * _SLUG])[:_SLUG].strip("-")
    return f"/{hub}/{CHAPTER_ADDRESSES[kind]}/{entry_id}{f'-{words}' if words else ''}"


def topic_address(slug: str, hub: str = "") -> str:
    """The address of a topic, across hubs or in one."""
    return f"/{hub}/topics/{quote(slug, safe=_SAFE)}" if hub else f"/topics/{quote(slug, safe=_SAFE)}"


def person_address(handle: str, hub: str = "") -> str:
    """The address of a person, across hubs or in one."""
    return f"/{hub}/people/{handle}" if hub else f"/people/{handle}"


def found_address(result: Result) -> str:
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
