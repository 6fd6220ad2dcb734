"""Who is really asking: `X-Forwarded-*` is believed from the proxies that are named, and from nobody else."""

import re
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
_FROM_NOBODY = FORWARDED | {REQUEST_ID}

#: The key of scope and WSGI environment that says whether a request is local. No header can set it: theirs begin HTTP_.
LOCAL = "nexus.is_local"
#: Beginnings of what something between a browser and us adds, in CGI's spelling too.
_ON_THE_WAY = (b"x-forwarded", b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"x-original-", b"cf-connecting-ip")
_LOCAL_HOST = re.compile(rb"(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?")


def networks(raw: str) -> list[Network]:
    """The networks that `raw` lists, separated by commas. Raises ValueError."""
    return [ip_network(part.strip(), strict=False) for part in raw.split(",") if part.strip()]


def unproxied(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """`scope` (ASGI, HTTP or WebSocket) as if its client had come directly.

    From a trusted peer, `client` becomes the last address of X-Forwarded-For that is no trusted proxy itself, and
    `scheme` what X-Forwarded-Proto says. Names with an underscore are dropped from everybody: in CGI's spelling
    `X_Forwarded_For` and `X-Forwarded-For` are one (CVE-2026-3902). `X-Request-ID` stays from a trusted peer only.
    """
    client = scope.get("client") or ("", 0)
    scheme = scope["scheme"]
    dropped = _FROM_NOBODY
    if is_trusted(client[0], trusted):
        headers = [(name.lower(), value) for name, value in scope["headers"] if b"_" not in name]
        chain = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        client = (first_untrusted(client[0], chain, trusted), 0) if chain else client
        scheme = _scheme(scope, headers)
        dropped = FORWARDED
    left = [
        (told, value) for name, value in scope["headers"] if (told := name.lower()) not in dropped and b"_" not in told
    ]
    return {**scope, "client": client, "scheme": scheme, "headers": left}


def is_local(scope: Scope, bound_to: str, trusted: Sequence[Network]) -> bool:
    """Whether whoever asks sits at this machine: the server listens on 127.0.0.1 and nowhere else (`bound_to`), expects
    no proxy, was asked directly from there by HTTP/1.1 or newer, and by a name of this machine.

    `scope` is as it came in: `unproxied` drops the headers that tell. A name of this machine in Host keeps out pages of
    other sites whose name was made to lead here (DNS rebinding). A proxy on this machine that hides that it is one, and
    changes Host, is not seen: docs/deployment.md says not to serve a sample that way.
    """
    # 1.0 is what some proxies speak that say nothing else; no browser does.
    if bound_to != "127.0.0.1" or trusted or scope.get("http_version") == "1.0":
        return False
    peer = (scope.get("client") or ("", 0))[0]
    if peer != "127.0.0.1" and not is_trusted(peer, _LOOPBACK):
        return False
    names = [name.lower().replace(b"_", b"-") for name, _ in scope["headers"]]
    hosts = [value.lower() for name, (_, value) in zip(names, scope["headers"], strict=True) if name == b"host"]
    return (
        not any(name.startswith(_ON_THE_WAY) for name in names)
        and len(hosts) == 1
        and _LOCAL_HOST.fullmatch(hosts[0]) is not None
    )


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Whether `address` lies in one of the networks; what is no address does not. IPv4 in IPv6 counts as IPv4."""
    if not trusted:
        return False
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in trusted)


_LOOPBACK = networks("127.0.0.0/8, ::1")


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
