"""Who is really asking: `X-Forwarded-*` is believed from the proxies that are named, and from nobody else."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

type Network = IPv4Network | IPv6Network
type Scope = dict[str, Any]

#: What only a trusted proxy may say. None of them reaches the application: what they tell is in `client` and `scheme`.
FORWARDED = frozenset({
    b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port",
    b"x-forwarded-server", b"x-forwarded-prefix", b"x-real-ip",
})  # fmt: skip
REQUEST_ID = b"x-request-id"


def networks(raw: str) -> list[Network]:
    """The networks that `raw` lists, separated by commas. Raises ValueError."""
    return [ip_network(part.strip(), strict=False) for part in raw.split(",") if part.strip()]


def unproxied(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """`scope` (ASGI, HTTP or WebSocket) as if its client had come directly.

    From a trusted peer, `client` becomes the last address of X-Forwarded-For that is no trusted proxy itself, and
    `scheme` what X-Forwarded-Proto says. Names with an underscore are dropped from everybody: in CGI's spelling
    `X_Forwarded_For` and `X-Forwarded-For` are one (CVE-2026-3902). `X-Request-ID` stays from a trusted peer only.
    """
    headers = [(name.lower(), value) for name, value in scope["headers"] if b"_" not in name]
    client = scope.get("client") or ("", 0)
    scheme = scope["scheme"]
    if believed := is_trusted(client[0], trusted):
        chain = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        client = (first_untrusted(client[0], chain, trusted), 0) if chain else client
        scheme = _scheme(scope, headers)
    dropped = FORWARDED if believed else FORWARDED | {REQUEST_ID}
    return {
        **scope,
        "client": client,
        "scheme": scheme,
        "headers": [header for header in headers if header[0] not in dropped],
    }


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Whether `address` lies in one of the networks; what is no address does not. IPv4 in IPv6 counts as IPv4."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in trusted)


def first_untrusted(peer: str, chain: str, trusted: Sequence[Network]) -> str:
    """Where X-Forwarded-For `chain` leaves the trusted proxies, read from the right: everything left of that address
    was written by the client itself. What is no address ends the reading."""
    nearest = peer
    for entry in reversed(chain.split(",")):
        try:
            nearest = str(ip_address(entry.strip()))
        except ValueError:
            return nearest
        if not is_trusted(nearest, trusted):
            return nearest
    return nearest


def _scheme(scope: Scope, headers: list[tuple[bytes, bytes]]) -> str:
    said = [value for name, value in headers if name == b"x-forwarded-proto"]
    last = said[-1].rpartition(b",")[2].strip().lower() if said else b""
    secure, plain = ("wss", "ws") if scope["type"] == "websocket" else ("https", "http")
    return secure if last in {b"https", b"wss"} else plain if last in {b"http", b"ws"} else str(scope["scheme"])
