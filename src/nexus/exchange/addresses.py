"""Which addresses of the internet an import or a webhook may reach, checked on the address that is really connected to.

A name says nothing: it may have a public address and a private one, change between the check and the connection (DNS
rebinding), or be led elsewhere by a redirect. So each connection resolves once, checks every answer, and connects to a
checked address; TLS still proves the name. Knows no settings and no database: it also runs in `git_worker`.
"""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util import connection as sockets

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: The addresses of a host at a port, as the system's resolver has them.
type Resolve = Callable[[str, int], Iterable[str]]

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291 §2.4: all that is public in IPv6
#: Networks that are not the public internet although `is_global` says so in some version of Python, or that hide
#: another address inside.
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared address space, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "240.0.0.0/4",  # reserved, RFC 1112
        "2001::/23",  # Teredo (RFC 4380), ORCHID and other protocol assignments
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)
#: A name by RFC 1123 §2.1 whose last label begins with a letter; else a resolver might read it as an address (127.1).
_HOST = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)


class Reach:
    """What may be reached: public addresses, and the networks an operator allowed; only at some ports."""

    def __init__(
        self, allowed: Sequence[str] = (), ports: Sequence[int] = (443,), *, plain_in_allowed: bool = False
    ) -> None:
        """plain_in_allowed: within the allowed networks http does, too."""
        self.allowed = [ipaddress.ip_network(network) for network in allowed]
        self.ports = frozenset(ports)
        self.schemes = {"https", "http"} if plain_in_allowed and allowed else {"https"}

    def permits(self, address: str, scheme: str = "https") -> bool:
        """Whether a connection to this address (as a resolver or a socket writes it) is fine."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:  # also an IPv6 scope, which only local addresses have
            return False
        if any(ip in network for network in self.allowed):
            return True
        return scheme == "https" and _is_public(ip)

    def checked_url(self, url: str) -> SplitResult:
        """The parts of an address that may be asked for: https, no credentials, a plain host name or a canonical IP
        address, a port that is allowed. Whether its addresses are public is checked when it is connected to.

        Raises Invalid("bad_address").
        """
        if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
            raise _bad(Sentence("It has characters that no address has."), url)
        try:
            parts = urlsplit(url)
            port = port_of(parts)
        except ValueError as error:
            raise _bad(Sentence("It cannot be read (%(error)s).", error=error), url) from error
        if parts.scheme not in self.schemes:
            raise _bad(Sentence("Only https is fetched."), url)
        if "@" in parts.netloc:
            raise _bad(Sentence("It carries a name or password, which would be stored and shown."), "")
        if port not in self.ports:
            raise _bad(Sentence("Port %(port)s is not fetched from.", port=port), url)
        _check_host(parts.hostname or "", parts.netloc, url)
        return parts


def port_of(parts: SplitResult) -> int:
    """The port of an address. Raises ValueError when it is none."""
    if parts.port is None:
        return 80 if parts.scheme == "http" else 443
    return parts.port


def _is_public(ip: Address) -> bool:
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:  # also every way to write an IPv4 address, NAT64 among them
        return False
    refused = ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local or ip.is_private
    return ip.is_global and not refused and not any(ip in n for n in _REFUSED if n.version == ip.version)


def _check_host(host: str, netloc: str, url: str) -> None:
    if netloc.startswith("["):
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise _bad(Sentence("Its host is no IPv6 address."), url) from None
        return
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise _bad(Sentence("Its host is no IPv4 address."), url) from None
        return
    if not _HOST.fullmatch(host):
        raise _bad(Sentence("Its host is no host name."), url)


def _bad(why: Sentence, url: str) -> Invalid:
    return Invalid(
        Sentence("That address is not fetched. %(why)s", why=why), code="bad_address", field="source", value=url or None,
        remedy=Sentence("Give a public address such as https://example.org/notes.git."),
    )  # fmt: skip


class AddressRefused(urllib3.exceptions.HTTPError):
    """The host has an address that may not be reached; nothing was connected to."""

    why = Sentence("Its host has an address that is not public.")


def resolved(host: str, port: int) -> list[str]:
    """The addresses the system's resolver has for `host`."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class CheckedConnection(HTTPSConnection):
    """A connection to one of a host's addresses, all of which were checked first."""

    reach: Reach
    resolve: Resolve

    def _new_conn(self) -> socket.socket:
        try:
            addresses = list(dict.fromkeys(self.resolve(self._dns_host, self.port or 443)))
        except socket.gaierror as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error
        if not addresses or not all(self.reach.permits(address) for address in addresses):
            # One private address among public ones is an attempt, or a mistake that would become one.
            raise AddressRefused(AddressRefused.why)
        failed: OSError | None = None
        for address in addresses:
            try:
                return sockets.create_connection(
                    (address, self.port or 443), self.timeout, socket_options=self.socket_options
                )
            except OSError as error:
                failed = error
        raise urllib3.exceptions.NewConnectionError(self, f"No connection: {failed}") from failed


class CheckedPool(urllib3.PoolManager):
    """A pool that speaks https only, to what `reach` permits. It takes no proxy from the environment and follows no
    redirect by itself."""

    def __init__(self, reach: Reach, *, timeout: float, resolve: Resolve = resolved) -> None:
        super().__init__(
            num_pools=4,
            retries=False,
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
            ssl_context=ssl.create_default_context(),
        )
        self.reach = reach

        class Connection(CheckedConnection):
            pass

        class Pool(HTTPSConnectionPool):
            pass

        Connection.reach, Connection.resolve = reach, staticmethod(resolve)
        Pool.ConnectionCls = Connection

        self.pool_classes_by_scheme = {"https": Pool}

    # Narrower than its parent, which would follow redirects when asked to.
    def urlopen(self, method: str, url: str, redirect: bool = False, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]  # noqa: ARG002
        """One request to a checked address; a redirect is the answer, not followed."""
        self.reach.checked_url(url)
        return super().urlopen(method, url, redirect=False, **kw)
