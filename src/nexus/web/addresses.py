"""Addresses of what a page lists by the hundred: made without Django's resolver, which takes longer than the row's query."""

from urllib.parse import quote

#: What a path may hold unescaped in an address (RFC 3986 §3.3), as Django's own `reverse` leaves it.
_SAFE = "/~:@!$&'()*+,;="


def page_address(hub: str, path: str) -> str:
    """The address of a page, file or folder; of the hub itself for the path ""."""
    return f"/{hub}/pages/{quote(path, safe=_SAFE)}" if path else f"/{hub}/"


def raw_address(hub: str, path: str) -> str:
    """The address of the bytes at a path."""
    return f"/{hub}/raw/{quote(path, safe=_SAFE)}"
